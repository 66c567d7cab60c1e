"""Places as IT staff look at them: the province as tiles of schools, a school as tiles of rooms, one room.

Reads the registers in the caller's transaction; every figure is of that instant. Not here: how it looks (`pages`).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.it_office.box_list import silence_at
from central.it_office.box_states import BEST_FIRST, RoomBox, RoomBoxState, boxes_by_room
from central.it_office.digital_record import DigitalRecord, digital_record
from central.registers import box_search, equipment_counts, place_register
from central.registers.equipment_counts import NOTHING, EquipmentCount, KindCount
from central.registers.place_register import Room, School, Scope

_WORST_FIRST: Final = (
    RoomBoxState.TROUBLE,
    RoomBoxState.SILENT,
    RoomBoxState.NEVER_HEARD,
    RoomBoxState.REVOKED,
    RoomBoxState.NONE,
    RoomBoxState.READY,
)


class RoomTile(msgspec.Struct, frozen=True, kw_only=True):
    """One room of a school: its box's state and its devices."""

    room: Room
    boxes: tuple[RoomBox, ...]
    devices: int
    record: DigitalRecord

    @property
    def state(self) -> RoomBoxState:
        """The state of the best box."""
        return self.boxes[0].state if self.boxes else RoomBoxState.NONE


class SchoolTile(msgspec.Struct, frozen=True, kw_only=True):
    """One school: how many rooms stand in which state, and its equipment."""

    school: School
    states: Mapping[RoomBoxState, int]
    equipment: EquipmentCount

    @property
    def rooms(self) -> int:
        """How many rooms it has."""
        return sum(self.states.values())

    @property
    def best_first(self) -> list[tuple[RoomBoxState, int]]:
        """The states that any room is in, with how many."""
        return sorted(self.states.items(), key=lambda one: BEST_FIRST.index(one[0]))

    @property
    def worst(self) -> RoomBoxState:
        """What most needs somebody; a school without rooms has no box."""
        return next((state for state in _WORST_FIRST if self.states.get(state)), RoomBoxState.NONE)


class Province(msgspec.Struct, frozen=True, kw_only=True):
    """All schools in scope by commune, and the figures over all of them."""

    as_of: datetime
    communes: dict[str, list[SchoolTile]]
    states: dict[RoomBoxState, int]
    record: DigitalRecord

    @property
    def schools(self) -> int:
        """How many schools."""
        return sum(map(len, self.communes.values()))


class SchoolView(msgspec.Struct, frozen=True, kw_only=True):
    """One school with its rooms."""

    as_of: datetime
    school: School
    rooms: tuple[RoomTile, ...]
    record: DigitalRecord


def view_province(connection: Connection, scope: Scope, now: datetime) -> Province:
    """Every school in scope. Added up in the store: this is asked more often than anything else here."""
    best: dict[str, RoomBoxState] = {}
    for room_id, word in box_search.state_of_each(connection, scope, silence_at(now)):
        state = RoomBoxState(word)
        best[room_id] = min(state, best.get(room_id, state), key=BEST_FIRST.index)
    states: dict[str, Counter[RoomBoxState]] = defaultdict(Counter)
    for room_id, school_id in place_register.school_of_rooms(connection, scope).items():
        states[school_id][best.get(room_id, RoomBoxState.NONE)] += 1
    counts = equipment_counts.count_schools(connection, scope)
    communes: dict[str, list[SchoolTile]] = defaultdict(list)
    for school in place_register.list_schools(connection, scope):
        tile = SchoolTile(
            school=school, states=states.get(school.school_id, {}), equipment=counts.get(school.school_id, NOTHING)
        )
        communes[school.commune].append(tile)
    total = Counter[RoomBoxState]()
    for one in states.values():
        total.update(one)
    return Province(
        as_of=now,
        communes=dict(communes),
        states={state: total[state] for state in BEST_FIRST},
        record=digital_record(equipment_counts.count_kinds(connection, scope)),
    )


def view_school(connection: Connection, school_id: str, scope: Scope, now: datetime) -> SchoolView | None:
    """One school, if it is in scope."""
    school = place_register.find_school(connection, school_id, scope)
    if school is None:
        return None
    counts = equipment_counts.count_rooms(connection, school_id)
    boxes = boxes_by_room(connection, school_id, now)
    rooms = place_register.list_rooms(connection, school_id)
    tiles = [_tile(room, counts.get(room.room_id, []), boxes.get(room.room_id, [])) for room in rooms]
    own = [kind for kinds in counts.values() for kind in kinds]
    ordered = sorted(tiles, key=lambda tile: (tile.room.room_name, tile.room.room_id))
    return SchoolView(as_of=now, school=school, rooms=tuple(ordered), record=digital_record(own))


def view_room(connection: Connection, room_id: str, scope: Scope, now: datetime) -> RoomTile | None:
    """One room, if it is in scope."""
    room = place_register.find_room(connection, room_id, scope)
    if room is None:
        return None
    counts = equipment_counts.count_kinds(connection, scope, room_id)
    boxes = boxes_by_room(connection, room.school_id, now)
    return _tile(room, counts, boxes.get(room.room_id, []))


def _tile(room: Room, counts: list[KindCount], boxes: list[RoomBox]) -> RoomTile:
    record = digital_record(counts)
    return RoomTile(room=room, boxes=tuple(boxes), devices=record.held, record=record)
