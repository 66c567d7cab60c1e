"""Schools and their rooms, and what each room should hold. A room's code is the one that rosters and boxes use.

Every question takes a `scope`: the code of the one school that the asking person sees, or None for the whole province.
What lies outside is as if it were not there. Not here: reading files (`central.it_office`), `device_register`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Integer,
    Select,
    Table,
    Text,
    select,
    true,
    update,
)

from central.database import Instant, metadata, read_as
from central.registers.word_search import every_word, fold
from models.equipment import SMART_CLASSROOM, EquipmentKind
from models.errors import BadInputError
from models.identifiers import RoomId, parse_room_id, parse_school_id

schools = Table(
    "schools",
    metadata,
    Column("school_id", Text, primary_key=True),
    Column("school_name", Text, nullable=False),
    Column("commune", Text, nullable=False),
    Column("folded", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

rooms = Table(
    "rooms",
    metadata,
    Column("room_id", Text, primary_key=True),
    Column("school_id", Text, ForeignKey(schools.c.school_id), nullable=False, index=True),
    Column("room_name", Text, nullable=False),
    Column("is_smart", Boolean, nullable=False),
    Column("folded", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

room_equipment = Table(
    "room_equipment",
    metadata,
    Column("room_id", Text, ForeignKey(rooms.c.room_id), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("expected", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("complete", Integer, nullable=False),
)

LONGEST_NAME: Final = 120
MOST_EXPECTED: Final = 500

Scope = str | None
"""The only school whose places are seen; None is the whole province."""


class PlaceError(BadInputError):
    """The school or room cannot be entered so; nothing was changed."""


class School(msgspec.Struct, frozen=True, kw_only=True):
    """One school (trường or điểm trường); `commune` is its xã or phường."""

    school_id: str
    school_name: str
    commune: str


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """One room with its school's names."""

    room_id: RoomId
    room_name: str
    school_id: str
    school_name: str
    commune: str
    is_smart: bool


def add_or_change_school(connection: Connection, school: School, at: datetime) -> None:
    """Enter a school, or give a known one its new names. Raises `PlaceError` or `BadInputError`."""
    parse_school_id(school.school_id)
    _refuse_name(school.school_name)
    if len(school.commune) > LONGEST_NAME:
        raise PlaceError(f"A commune's name has at most {LONGEST_NAME} letters.")
    values = {
        "school_name": school.school_name,
        "commune": school.commune,
        "folded": fold(school.school_name, school.commune, school.school_id),
        "changed_at": at,
    }
    mine = schools.c.school_id == school.school_id
    if connection.execute(update(schools).where(mine).values(values)).rowcount == 0:
        connection.execute(schools.insert().values(school_id=school.school_id, **values))


def add_or_change_room(
    connection: Connection, *, room_id: str, school_id: str, room_name: str, is_smart: bool, at: datetime
) -> None:
    """Enter a room, or change a known one. A room that becomes a smart one gets the smart classroom's list.

    Raises `PlaceError` when the school is not known, `BadInputError` on a code with other letters.
    """
    parse_room_id(room_id)
    _refuse_name(room_name)
    if find_school(connection, school_id, None) is None:
        raise PlaceError("There is no such school. Enter the school first.")
    known = find_room(connection, room_id, None)
    values = {
        "school_id": school_id,
        "room_name": room_name,
        "is_smart": is_smart,
        "folded": fold(room_name, room_id),
        "changed_at": at,
    }
    if known is None:
        connection.execute(rooms.insert().values(room_id=room_id, **values))
    else:
        connection.execute(update(rooms).where(rooms.c.room_id == room_id).values(values))
    if is_smart and (known is None or not known.is_smart) and not expected_in(connection, room_id):
        expect(connection, room_id, SMART_CLASSROOM)


def find_school(connection: Connection, school_id: str, scope: Scope) -> School | None:
    """The school of that code, if it is in scope."""
    wanted = select(schools).where(schools.c.school_id == school_id, _own_school(scope))
    row = connection.execute(wanted).one_or_none()
    return None if row is None else read_as(row, School)


def list_schools(connection: Connection, scope: Scope, words: str = "") -> list[School]:
    """Schools in scope whose names, commune or code hold each word, by commune and name."""
    columns = (schools.c.school_id, schools.c.school_name, schools.c.commune)
    wanted = select(*columns).where(_own_school(scope), every_word(schools.c.folded, words))
    rows = connection.execute(wanted.order_by(schools.c.commune, schools.c.school_name, schools.c.school_id))
    return [School(school_id=code, school_name=name, commune=commune) for code, name, commune in rows]


def find_room(connection: Connection, room_id: str, scope: Scope) -> Room | None:
    """The room of that code, if it is in scope."""
    row = connection.execute(_rooms(scope).where(rooms.c.room_id == room_id)).one_or_none()
    return None if row is None else read_as(row, Room)


def school_of_rooms(connection: Connection, scope: Scope) -> dict[str, str]:
    """Every room in scope, with its school's code."""
    wanted = select(rooms.c.room_id, rooms.c.school_id).where(true() if scope is None else rooms.c.school_id == scope)
    return dict(connection.execute(wanted).all())


def rooms_of(connection: Connection, school_id: str, scope: Scope) -> list[Room]:
    """The rooms of a school, by name; none when the school is out of scope."""
    wanted = _rooms(scope).where(rooms.c.school_id == school_id)
    rows = connection.execute(wanted.order_by(rooms.c.room_name, rooms.c.room_id))
    return [read_as(row, Room) for row in rows]


def list_rooms(
    connection: Connection, scope: Scope, room_ids: Sequence[str] | None = None, limit: int | None = None
) -> list[Room]:
    """Every room in scope, or those of them that are named, by code."""
    wanted = _rooms(scope).order_by(rooms.c.room_id)
    if room_ids is not None:
        wanted = wanted.where(rooms.c.room_id.in_(room_ids))
    return [read_as(row, Room) for row in connection.execute(wanted.limit(limit))]


def search_rooms(connection: Connection, scope: Scope, words: str, limit: int = 20) -> list[Room]:
    """Rooms in scope whose name or code hold each word, by code."""
    wanted = _rooms(scope).where(every_word(rooms.c.folded, words)).order_by(rooms.c.room_id).limit(limit)
    return [read_as(row, Room) for row in connection.execute(wanted)]


def in_scope(room_id: Column[str], scope: Scope) -> ColumnElement[bool]:
    """The condition, on any table's column of room codes, that the room is in scope: always true for the province."""
    if scope is None:
        return true()
    return room_id.in_(select(rooms.c.room_id).where(rooms.c.school_id == scope))


def expect(connection: Connection, room_id: str, counts: Mapping[EquipmentKind, int]) -> None:
    """Replace what a room should hold; a count of 0 leaves the kind out. Raises `PlaceError`."""
    if any(not 0 <= count <= MOST_EXPECTED for count in counts.values()):
        raise PlaceError(f"A room is expected to hold 0 to {MOST_EXPECTED} of a kind.")
    connection.execute(update(room_equipment).where(room_equipment.c.room_id == room_id).values(expected=0))
    for kind, count in counts.items():
        _set_equipment(connection, room_id, kind.value, expected=count)


def hold_for_counting(connection: Connection, room_ids: Collection[str]) -> None:
    """Make others who change devices of these rooms wait until this transaction ends (PostgreSQL)."""
    here = select(rooms.c.room_id).where(rooms.c.room_id.in_(room_ids)).order_by(rooms.c.room_id)
    connection.execute(here.with_for_update(key_share=True)).all()


def note_held(connection: Connection, room_id: str, held: Mapping[str, tuple[int, int]]) -> None:
    """By kind: how many devices the room holds now, and how many of these are fully recorded.

    The device register calls it in each transaction that changes a count, so the figures are as true as the devices.
    """
    connection.execute(update(room_equipment).where(room_equipment.c.room_id == room_id).values(held=0, complete=0))
    for kind, (count, complete) in held.items():
        _set_equipment(connection, room_id, kind, held=count, complete=complete)


def _set_equipment(connection: Connection, room_id: str, kind: str, **counts: int) -> None:
    mine = (room_equipment.c.room_id == room_id) & (room_equipment.c.kind == kind)
    if connection.execute(update(room_equipment).where(mine).values(counts)).rowcount == 0:
        row = {"expected": 0, "held": 0, "complete": 0} | counts
        connection.execute(room_equipment.insert().values(room_id=room_id, kind=kind, **row))


def expected_in(connection: Connection, room_id: str) -> dict[EquipmentKind, int]:
    """What a room should hold, in the order of the kinds."""
    mine = (room_equipment.c.room_id == room_id) & (room_equipment.c.expected > 0)
    found = connection.execute(select(room_equipment.c.kind, room_equipment.c.expected).where(mine))
    counts = {kind: int(count) for kind, count in found}
    return {kind: counts[kind] for kind in EquipmentKind if kind in counts}


def _own_school(scope: Scope) -> ColumnElement[bool]:
    return true() if scope is None else schools.c.school_id == scope


def _rooms(scope: Scope) -> Select[str, str, str, bool, str, str]:
    columns = (rooms.c.room_id, rooms.c.room_name, rooms.c.school_id, rooms.c.is_smart)
    joined = select(*columns, schools.c.school_name, schools.c.commune).join(
        schools, schools.c.school_id == rooms.c.school_id
    )
    return joined.where(_own_school(scope))


def _refuse_name(name: str) -> None:
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise PlaceError(f"The name of a school or room has 1 to {LONGEST_NAME} letters.")
