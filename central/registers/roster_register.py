"""Exams, sittings, rooms and candidates as the exam office last imported them, and the rosters handed to boxes.

A room's `version` rises by one with each change of what its box must know. Not here: reading files (`exam_office`).
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Select,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    select,
    true,
    update,
)

from central.database import AnyRow, Instant, metadata, read_as
from central.registers import room_plans
from central.registers.place_register import Scope, in_scope
from models.exams import Candidate, ExamProfile
from models.identifiers import CitizenId, ExamId, RoomId, SessionId

exams = Table(
    "exams",
    metadata,
    Column("exam_id", Text, primary_key=True),
    Column("exam_name", Text, nullable=False),
    Column("profile", Text, nullable=False),
)

sittings = Table(
    "sittings",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("exam_id", Text, ForeignKey(exams.c.exam_id), nullable=False),
    Column("session_name", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
    Column("elsewhere_key", LargeBinary, nullable=False),
)

sitting_rooms = Table(
    "sitting_rooms",
    metadata,
    Column("session_id", Text, ForeignKey(sittings.c.session_id), primary_key=True),
    Column("room_id", Text, primary_key=True, index=True),
    Column("room_name", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("door_code_hash", Text, nullable=False),
)

candidates = Table(
    "candidates",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("candidate_number", Text, primary_key=True),
    Column("room_id", Text, nullable=False),
    Column("full_name", Text, nullable=False),
    Column("birth_date", Date, nullable=False),
    Column("citizen_id", Text, nullable=False),
    Column("seat", Text, nullable=False),
    Column("sex", Text),
    Column("photo", LargeBinary),
    UniqueConstraint("session_id", "citizen_id"),
    ForeignKeyConstraint(["session_id", "room_id"], [sitting_rooms.c.session_id, sitting_rooms.c.room_id]),
)
Index("ix_candidates_room", candidates.c.session_id, candidates.c.room_id)


class Sitting(msgspec.Struct, frozen=True, kw_only=True):
    """One sitting (ca thi) of an exam."""

    exam_id: ExamId
    exam_name: str
    profile: ExamProfile
    session_id: SessionId
    session_name: str
    starts_at: datetime
    ends_at: datetime
    elsewhere_key: bytes


class SittingRoom(msgspec.Struct, frozen=True, kw_only=True):
    """One room of a sitting; `digest` names what its box must know, in hex."""

    session_id: SessionId
    room_id: RoomId
    room_name: str
    version: int
    digest: str
    door_code_hash: str


class WhereTheySit(msgspec.Struct, frozen=True, kw_only=True):
    """Who sits where in a whole sitting, for the other rooms' boxes."""

    citizen_id: CitizenId
    room_id: RoomId
    room_name: str
    seat: str


def put_sitting(connection: Connection, sitting: Sitting) -> None:
    """Enter a sitting and its exam, or give known ones their new names, rules and times."""
    profile = msgspec.json.encode(sitting.profile).decode()
    exam = {"exam_name": sitting.exam_name, "profile": profile}
    if connection.execute(update(exams).where(exams.c.exam_id == sitting.exam_id).values(exam)).rowcount == 0:
        connection.execute(exams.insert().values(exam_id=sitting.exam_id, **exam))
    times = {name: getattr(sitting, name) for name in ("session_name", "starts_at", "ends_at")}
    mine = sittings.c.session_id == sitting.session_id
    if connection.execute(update(sittings).where(mine).values(times)).rowcount == 0:
        names = ("session_id", "exam_id", "elsewhere_key")
        connection.execute(sittings.insert().values(times | {name: getattr(sitting, name) for name in names}))


def find_sitting(connection: Connection, session_id: str, scope: Scope = None) -> Sitting | None:
    """The sitting of that name, if it has a room in scope."""
    wanted = _sittings().where(sittings.c.session_id == session_id, _has_room(scope))
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _sitting(row)


def list_sittings(connection: Connection, since: datetime, limit: int = 200, *, scope: Scope = None) -> list[Sitting]:
    """Sittings with a room in scope that end after `since`, the earliest first."""
    wanted = _sittings().where(sittings.c.ends_at > since, _has_room(scope))
    rows = connection.execute(wanted.order_by(sittings.c.starts_at, sittings.c.session_id).limit(limit))
    return [_sitting(row) for row in rows]


def put_room(connection: Connection, room: SittingRoom) -> None:
    """Enter or replace a room of a sitting."""
    values = msgspec.structs.asdict(room)
    mine = (sitting_rooms.c.session_id == room.session_id) & (sitting_rooms.c.room_id == room.room_id)
    if connection.execute(update(sitting_rooms).where(mine).values(values)).rowcount == 0:
        connection.execute(sitting_rooms.insert().values(values))
    room_plans.mark(connection, {room.room_id})


def sittings_in_room(connection: Connection, room_id: str, since: datetime) -> list[Sitting]:
    """The sittings of one room that end after `since`, the earliest first."""
    here = select(sitting_rooms.c.session_id).where(sitting_rooms.c.room_id == room_id)
    wanted = _sittings().where(sittings.c.session_id.in_(here), sittings.c.ends_at > since)
    return [_sitting(row) for row in connection.execute(wanted.order_by(sittings.c.starts_at, sittings.c.session_id))]


def list_rooms(connection: Connection, session_id: str) -> list[SittingRoom]:
    """The rooms of a sitting, by name."""
    wanted = select(sitting_rooms).where(sitting_rooms.c.session_id == session_id)
    rows = connection.execute(wanted.order_by(sitting_rooms.c.room_name, sitting_rooms.c.room_id))
    return [read_as(row, SittingRoom) for row in rows]


def rooms_to_serve(connection: Connection, room_id: str, now: datetime) -> list[SittingRoom]:
    """What the box of this room must know: its sittings that have not ended."""
    joined = select(sitting_rooms).join(sittings, sittings.c.session_id == sitting_rooms.c.session_id)
    wanted = joined.where((sitting_rooms.c.room_id == room_id) & (sittings.c.ends_at > now))
    rows = connection.execute(wanted.order_by(sittings.c.starts_at, sittings.c.session_id))
    return [read_as(row, SittingRoom) for row in rows]


def import_mark(connection: Connection) -> tuple[int, int]:
    """Two numbers that change with every import that changed something."""
    counted = select(func.count(), func.coalesce(func.sum(sitting_rooms.c.version), 0))
    rooms, versions = connection.execute(counted).one()
    return int(rooms), int(versions)


def put_candidates(connection: Connection, session_id: str, seated: list[tuple[RoomId, Candidate]]) -> None:
    """Replace the candidates of the rooms named in `seated`; a candidate who sat in another room is moved."""
    rooms = {room_id for room_id, _ in seated}
    numbers = [candidate.candidate_number for _, candidate in seated]
    here = candidates.c.session_id == session_id
    connection.execute(delete(candidates).where(here & candidates.c.room_id.in_(rooms)))
    for start in range(0, len(numbers), 500):
        chunk = numbers[start : start + 500]
        connection.execute(delete(candidates).where(here & candidates.c.candidate_number.in_(chunk)))
    rows = [
        msgspec.structs.asdict(candidate)
        | {"session_id": session_id, "room_id": room_id, "sex": candidate.sex.value if candidate.sex else None}
        for room_id, candidate in seated
    ]
    if rows:
        connection.execute(candidates.insert(), rows)


def count_candidates(connection: Connection, session_id: str, scope: Scope = None) -> int:
    """How many are expected in a sitting's rooms in scope."""
    here = (candidates.c.session_id == session_id) & in_scope(candidates.c.room_id, scope)
    return int(connection.execute(select(func.count()).select_from(candidates).where(here)).scalar_one())


def candidates_of(connection: Connection, session_id: str, room_id: str) -> list[Candidate]:
    """The candidates of one room, by number."""
    here = (candidates.c.session_id == session_id) & (candidates.c.room_id == room_id)
    rows = connection.execute(select(candidates).where(here).order_by(candidates.c.candidate_number))
    return [read_as(row, Candidate) for row in rows]


def room_of_each(connection: Connection, session_id: str) -> dict[str, tuple[RoomId, Candidate]]:
    """Candidate number to room and candidate, for a whole sitting."""
    rows = connection.execute(select(candidates).where(candidates.c.session_id == session_id))
    return {row.candidate_number: (RoomId(row.room_id), read_as(row, Candidate)) for row in rows}


def where_they_sit(connection: Connection, session_id: str) -> list[WhereTheySit]:
    """Every candidate's place in a sitting."""
    same_room = (sitting_rooms.c.session_id == candidates.c.session_id) & (
        sitting_rooms.c.room_id == candidates.c.room_id
    )
    columns = (candidates.c.citizen_id, candidates.c.room_id, sitting_rooms.c.room_name, candidates.c.seat)
    joined = select(*columns).join(sitting_rooms, same_room).where(candidates.c.session_id == session_id)
    return [read_as(row, WhereTheySit) for row in connection.execute(joined)]


def _has_room(scope: Scope) -> ColumnElement[bool]:
    if scope is None:
        return true()
    own = select(sitting_rooms.c.session_id).where(in_scope(sitting_rooms.c.room_id, scope))
    return sittings.c.session_id.in_(own)


def _sittings() -> Select[*tuple[Any, ...]]:
    return select(sittings, exams.c.exam_name, exams.c.profile).join(exams, exams.c.exam_id == sittings.c.exam_id)


def _sitting(row: AnyRow) -> Sitting:
    named = {str(name): value for name, value in row._asdict().items()}
    profile = msgspec.json.decode(named["profile"], type=ExamProfile)
    return msgspec.convert(named | {"profile": profile}, Sitting)
