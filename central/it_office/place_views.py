"""Places as IT staff look at them: the province as tiles of schools, a school as tiles of rooms, one room.

Reads the registers in the caller's transaction; every figure is of that instant. Not here: how it looks (`pages`).
"""

from collections import Counter, defaultdict
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from central.it_office.box_states import BEST_FIRST, RoomBox, RoomBoxState, boxes_by_room
from central.it_office.digital_record import DigitalRecord, digital_record
from central.registers import device_search, place_register
from central.registers.device_search import KindCount
from central.registers.place_register import Room, School, Scope


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
    """One school: how many rooms stand in which state, and its devices."""

    school: School
    states: dict[RoomBoxState, int]
    devices: int
    percent: int | None

    @property
    def rooms(self) -> int:
        """How many rooms it has."""
        return sum(self.states.values())

    @property
    def worst(self) -> RoomBoxState:
        """What most needs somebody; a school without rooms has no box."""
        order = (RoomBoxState.TROUBLE, RoomBoxState.SILENT, RoomBoxState.NEVER_HEARD, RoomBoxState.REVOKED)
        others = (RoomBoxState.NONE, RoomBoxState.READY)
        return next((state for state in (*order, *others) if self.states.get(state)), RoomBoxState.NONE)


class Province(msgspec.Struct, frozen=True, kw_only=True):
    """All schools in scope by commune, and the figures over all of them."""

    as_of: datetime
    communes: dict[str, list[SchoolTile]]
    states: dict[RoomBoxState, int]
    devices: int
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
    """Every school in scope."""
    counts = device_search.count_kinds(connection, scope)
    boxes = boxes_by_room(connection, scope, now)
    school_of: dict[str, str] = {}
    states: dict[str, Counter[RoomBoxState]] = defaultdict(Counter)
    for room in place_register.list_rooms(connection, scope):
        school_of[room.room_id] = room.school_id
        found = boxes.get(room.room_id)
        states[room.school_id][found[0].state if found else RoomBoxState.NONE] += 1
    held, due, complete = Counter[str](), Counter[str](), Counter[str]()
    for count in counts:
        school_id = school_of[count.room_id]
        held[school_id] += count.held
        due[school_id] += count.due
        complete[school_id] += count.complete
    communes: dict[str, list[SchoolTile]] = defaultdict(list)
    for school in place_register.list_schools(connection, scope):
        own = school.school_id
        percent = complete[own] * 100 // due[own] if due[own] else None
        communes[school.commune].append(
            SchoolTile(school=school, states=dict(states.get(own, {})), devices=held[own], percent=percent)
        )
    total: Counter[RoomBoxState] = Counter()
    for one in states.values():
        total.update(one)
    record = digital_record(counts)
    return Province(
        as_of=now,
        communes=dict(communes),
        states={state: total[state] for state in BEST_FIRST},
        devices=record.held,
        record=record,
    )


def view_school(connection: Connection, school_id: str, scope: Scope, now: datetime) -> SchoolView | None:
    """One school, if it is in scope."""
    school = place_register.find_school(connection, school_id, scope)
    if school is None:
        return None
    counts: dict[str, list[KindCount]] = defaultdict(list)
    for count in device_search.count_kinds(connection, school_id):
        counts[count.room_id].append(count)
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
    counts = device_search.count_kinds(connection, scope, room_id)
    boxes = boxes_by_room(connection, room.school_id, now)
    return _tile(room, counts, boxes.get(room.room_id, []))


def _tile(room: Room, counts: list[KindCount], boxes: list[RoomBox]) -> RoomTile:
    record = digital_record(counts)
    return RoomTile(room=room, boxes=tuple(boxes), devices=record.held, record=record)
