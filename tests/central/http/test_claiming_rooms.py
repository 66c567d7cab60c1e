"""A room that only a box, the authority or a roster knows is entered by the province's IT, never by a school's."""

import base64
from typing import Any

import httpx
import pytest

from central.registers import box_records, box_register, place_register
from models.enrollment import BoxState
from models.fleet import BoxRecord
from models.identifiers import BoxId, RoomId
from models.staff import Role
from tests.builders.front_desk import SAME_SITE, Reception
from tests.builders.places import build_places

ROSTER, BOX, RECORDED, RECORDED_AS_OURS, FREE = "P101", "B-1", "R-1", "R-2", "DK-999"
UNPLACED = (ROSTER, BOX, RECORDED, RECORDED_AS_OURS)


def _record(change: int, room: str, school: str) -> BoxRecord:
    empty: dict[str, Any] = dict.fromkeys(BoxRecord.__struct_fields__)
    known = {"change": change, "box_id": BoxId(f"box-{change}"), "room_id": RoomId(room), "room_name": "P"}
    return BoxRecord(**empty | known | {"school_id": school, "state": BoxState.CERTIFIED})


@pytest.fixture
def desk(reception: Reception) -> Reception:
    """P101 and P102 stand in a roster of the centre; nothing of all this has a place yet."""
    with reception.centre.database.writing() as connection:
        build_places(connection)
        box_register.register_box(connection, BoxId("box-9"), RoomId(BOX), b"k" * 32, reception.centre.clock.now())
        box_records.put(connection, _record(1, RECORDED, "XX"))
        box_records.put(connection, _record(2, RECORDED_AS_OURS, "DK"))
    return reception


def _add(client: httpx.Client, room: str, name: str = "Phòng") -> httpx.Response:
    content = {"room_id": room, "room_name": name, "reason": "thử"}
    return client.post("/places/DK/rooms", json=content, headers=SAME_SITE)


def _send(client: httpx.Client, *rooms: str) -> httpx.Response:
    rows = "".join(f"DK;Trường THCS Đồng Khởi;Xã Bát Xát;Phòng {room};{room}\n" for room in rooms)
    content = f"Mã trường;Tên trường;Xã/phường;Tên phòng;Mã phòng\n{rows}".encode()
    told = {"file": base64.b64encode(content).decode(), "commit": True, "reason": "thử"}
    return client.post("/imports/places", json=told, headers=SAME_SITE)


def _placed(desk: Reception) -> set[str]:
    with desk.centre.database.reading() as connection:
        return {str(room.room_id) for room in place_register.rooms_of(connection, "DK", None)}


@pytest.mark.parametrize("room", UNPLACED)
def test_a_schools_staff_cannot_claim_a_room_that_is_already_used(desk: Reception, room: str) -> None:
    school = desk.visit(Role.IT, school="DK", accept="application/json")
    refused = _add(school, room)
    assert refused.status_code == 409
    assert "the province's IT staff must enter the room" in refused.json()["detail"]
    assert room not in _placed(desk)
    assert school.get("/boxes/box-9").status_code == 404


def test_a_schools_file_cannot_claim_them_either_and_its_other_rows_are_stored(desk: Reception) -> None:
    sent = _send(desk.visit(Role.IT, school="DK"), *UNPLACED, FREE)
    assert sent.status_code == 200
    assert sent.text.count("the province&#39;s IT must enter it") == len(UNPLACED)
    assert _placed(desk) == {"DK-101", "DK-102", FREE}


def test_a_schools_staff_enter_free_codes_and_rename_their_own_rooms_with_a_box(desk: Reception) -> None:
    school = desk.visit(Role.IT, school="DK")
    with desk.centre.database.writing() as connection:
        now = desk.centre.clock.now()
        box_register.register_box(connection, BoxId("box-8"), RoomId("DK-101"), b"k" * 32, now)
    assert _add(school, FREE).status_code == 201
    assert _add(school, "DK-101", "Tên mới").status_code == 201
    assert _send(school, "DK-101").status_code == 200


def test_the_province_gives_such_a_room_to_its_school_which_sees_the_box_from_then_on(desk: Reception) -> None:
    province, school = desk.visit(Role.IT), desk.visit(Role.IT, school="DK")
    assert _add(province, BOX).status_code == 201
    assert _send(province, *UNPLACED).status_code == 200
    assert set(UNPLACED) <= _placed(desk)
    assert school.get("/boxes/box-9").status_code == 200


def test_the_school_in_the_authoritys_record_opens_nothing(desk: Reception) -> None:
    with desk.centre.database.reading() as connection:
        assert box_records.list_all(connection, "DK") == []
