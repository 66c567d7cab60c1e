"""The map adds up in the store what `box_states` says of each room; both say the same, on both databases."""

from collections import Counter

import msgspec

from benchmarks.province import NOW, make_province
from central.database import Database
from central.it_office.box_states import RoomBoxState, boxes_by_room
from central.it_office.place_views import view_province, view_school
from central.registers import box_records, box_register, place_register
from models.enrollment import BoxState
from models.identifiers import BoxId, RoomId


def test_the_map_says_of_every_room_what_its_boxes_say(store: Database) -> None:
    make_province(store, 15)
    with store.writing() as connection:
        box_register.register_box(connection, BoxId("box-second"), RoomId("LC001-P101"), bytes(32), NOW)
        place_register.add_or_change_room(
            connection, room_id="LC002-P102", school_id="LC002", room_name="102", is_smart=False, at=NOW
        )
        record = box_records.find(connection, "box-000002")
        assert record is not None
        never_registered = msgspec.structs.replace(
            record, box_id=BoxId("box-out"), room_id=RoomId("LC002-P102"), state=BoxState.REVOKED
        )
        box_records.put(connection, never_registered)
    with store.reading() as connection:
        told = view_province(connection, None, NOW)
        boxes = boxes_by_room(connection, None, NOW)
        rooms = place_register.list_rooms(connection, None)
        school = view_school(connection, "LC002", None, NOW)
    one_by_one = Counter(boxes[room.room_id][0].state if room.room_id in boxes else RoomBoxState.NONE for room in rooms)
    assert {state: count for state, count in told.states.items() if count} == dict(one_by_one)
    assert len(one_by_one) > 2
    assert told.record.held == 15 * 125
    assert school is not None
    tile = next(one for tiles in told.communes.values() for one in tiles if one.school.school_id == "LC002")
    assert dict(tile.states) == dict(Counter(room.state for room in school.rooms))
    assert (tile.equipment.held, tile.equipment.percent) == (school.record.held, school.record.percent)
