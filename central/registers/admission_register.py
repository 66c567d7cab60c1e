"""What happened to each candidate: every answer at a desk once, and the state that follows from them.

The only place where candidate and citizen numbers of the evidence are written in the clear. Not here: the signed events
(`event_log`) and who was expected (`roster_register`).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    LargeBinary,
    Table,
    Text,
    bindparam,
    func,
    select,
    update,
)

from central.database import ROW_NUMBER, AnyRow, Instant, metadata, read_as
from central.registers.place_register import Scope, in_scope
from central.registers.roster_register import sittings
from models.identifiers import BoxId
from models.wire.event_chain import EventKind

admissions = Table(
    "admissions",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("uuid", LargeBinary, nullable=False, unique=True),
    Column("box_id", Text, nullable=False),
    Column("exam_id", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("room_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("happened_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("candidate_number", Text),
    Column("citizen_id", Text),
    Column("seat", Text),
    Column("light", Text),
    Column("reasons", Text),
    Column("assurance", Text),
    Column("face_decision", Text),
    Column("similarity", Float),
    Column("minus_log10_fmr", Float),
    Column("judged_again", Text, nullable=False),
    Column("central_light", Text),
    Column("central_reasons", Text),
    Column("central_chip_verdict", Text),
)
Index("ix_admissions_room", admissions.c.session_id, admissions.c.room_id, admissions.c.id)

candidate_states = Table(
    "candidate_states",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("candidate_number", Text, primary_key=True),
    Column("box_id", Text, primary_key=True),
    Column("room_id", Text, nullable=False, index=True),
    Column("citizen_id", Text, index=True),
    Column("seat", Text),
    Column("state", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("admission_uuid", LargeBinary, nullable=False),
    Column("differs", Boolean, nullable=False),
)


class JudgedAgain(StrEnum):
    """What central's own judgement of the same evidence says."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_POSSIBLE = "not possible"
    """No evidence came with the event, or central does not hold the roster by which it was decided."""


class CandidateState(StrEnum):
    """Where a candidate stands in a sitting, as one box last said."""

    SEATED = "seated"
    ASKED = "asked"
    """A person at the desk was asked and has not admitted: refused by the rules or unreadable, may try again."""
    TURNED_AWAY = "turned away"
    ANNULLED = "annulled"


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """One answer at a desk. Reasons are codes; scores are None where no face was compared."""

    uuid: bytes
    box_id: BoxId
    exam_id: str
    session_id: str
    room_id: str
    kind: EventKind
    actor: str
    reason: str
    happened_at: datetime
    received_at: datetime
    candidate_number: str | None = None
    citizen_id: str | None = None
    seat: str | None = None
    light: str | None = None
    reasons: tuple[str, ...] = ()
    assurance: str | None = None
    face_decision: str | None = None
    similarity: float | None = None
    minus_log10_fmr: float | None = None
    judged_again: JudgedAgain = JudgedAgain.NOT_POSSIBLE
    central_light: str | None = None
    central_reasons: tuple[str, ...] = ()
    central_chip_verdict: str | None = None


class StateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate's state as one box knows it; `differs` says that central judged that answer otherwise."""

    session_id: str
    candidate_number: str
    box_id: str
    room_id: str
    citizen_id: str | None
    seat: str | None
    state: CandidateState
    since: datetime
    differs: bool


class DoubleSeat(msgspec.Struct, frozen=True, kw_only=True):
    """One person seated at two desks in sittings that overlap; the earlier seat first."""

    first: StateRow
    second: StateRow


_STATE_AFTER = {
    EventKind.ADMITTED: CandidateState.SEATED,
    EventKind.OVERRIDE: CandidateState.SEATED,
    EventKind.REFUSED: CandidateState.ASKED,
    EventKind.READING_FAILED: CandidateState.ASKED,
    EventKind.TURNED_AWAY: CandidateState.TURNED_AWAY,
    EventKind.LEFT_UNDECIDED: CandidateState.ASKED,
    EventKind.ANNULLED: CandidateState.ANNULLED,
}
DESK_KINDS = frozenset(_STATE_AFTER)
"""The kinds of event that are answers at a desk."""


# Statements of the writer's every admission are built once.
_INSERT = admissions.insert()
_INSERT_STATE = candidate_states.insert()
_MINE = (
    (candidate_states.c.session_id == bindparam("of_session"))
    & (candidate_states.c.candidate_number == bindparam("of_number"))
    & (candidate_states.c.box_id == bindparam("of_box"))
)
_STATE = select(candidate_states.c.state).where(_MINE)
_MOVED = ("room_id", "citizen_id", "seat", "state", "since", "admission_uuid", "differs")
_MOVE = update(candidate_states).where(_MINE).values({name: bindparam(f"new_{name}") for name in _MOVED})


def enter(connection: Connection, admission: Admission) -> None:
    """Add an answer and move the candidate's state. The event log lets each happening through once."""
    row = msgspec.structs.asdict(admission)
    for name in ("reasons", "central_reasons"):
        row[name] = " ".join(row[name])
    for name in ("kind", "judged_again"):
        row[name] = row[name].value
    connection.execute(_INSERT, row)
    if admission.candidate_number is not None:
        _move(connection, admission)


def _move(connection: Connection, admission: Admission) -> None:
    mine = {
        "of_session": admission.session_id,
        "of_number": admission.candidate_number,
        "of_box": admission.box_id,
    }
    state = _STATE_AFTER[admission.kind]
    present = connection.execute(_STATE, mine).scalar()
    if present == CandidateState.SEATED and state in (CandidateState.ASKED, CandidateState.TURNED_AWAY):
        return  # a second tap of somebody who already sits there takes no seat away; only annulling does
    values = {
        "room_id": admission.room_id,
        "citizen_id": admission.citizen_id,
        "seat": admission.seat,
        "state": state.value,
        "since": admission.happened_at,
        "admission_uuid": admission.uuid,
        "differs": admission.judged_again is JudgedAgain.DIFFERENT,
    }
    if present is not None:
        connection.execute(_MOVE, mine | {f"new_{name}": value for name, value in values.items()})
        return
    key = {"session_id": admission.session_id, "candidate_number": admission.candidate_number}
    connection.execute(_INSERT_STATE, values | key | {"box_id": admission.box_id})


def states_of(connection: Connection, session_id: str) -> list[StateRow]:
    """The states in a sitting, the oldest first."""
    here = candidate_states.c.session_id == session_id
    rows = connection.execute(select(candidate_states).where(here).order_by(candidate_states.c.since))
    return [read_as(row, StateRow) for row in rows]


def states_around(
    connection: Connection, session_id: str, room_id: str, numbers: Sequence[str]
) -> dict[str, list[StateRow]]:
    """By candidate number: the states of these candidates wherever they are, and of everybody in this room."""
    mine = candidate_states.c.candidate_number.in_(numbers) | (candidate_states.c.room_id == room_id)
    here = (candidate_states.c.session_id == session_id) & mine
    found: dict[str, list[StateRow]] = {}
    for row in connection.execute(select(candidate_states).where(here).order_by(candidate_states.c.since)):
        found.setdefault(row.candidate_number, []).append(read_as(row, StateRow))
    return found


def count_states(connection: Connection, session_id: str, scope: Scope = None) -> dict[CandidateState, int]:
    """How many candidates stand in each state in a sitting's rooms in scope; who stands in several counts in each."""
    counted = func.count(candidate_states.c.candidate_number.distinct())
    here = (candidate_states.c.session_id == session_id) & in_scope(candidate_states.c.room_id, scope)
    rows = connection.execute(select(candidate_states.c.state, counted).where(here).group_by(candidate_states.c.state))
    return {CandidateState(state): int(count) for state, count in rows}


def rooms_that_differ(connection: Connection, session_id: str) -> dict[str, int]:
    """Rooms in which central judged answers otherwise than the box, with how many."""
    here = (admissions.c.session_id == session_id) & (admissions.c.judged_again == JudgedAgain.DIFFERENT.value)
    wanted = select(admissions.c.room_id, func.count()).where(here).group_by(admissions.c.room_id)
    return {room_id: int(count) for room_id, count in connection.execute(wanted)}


def admissions_of(connection: Connection, session_id: str, room_id: str, limit: int = 200) -> list[Admission]:
    """The answers of one room, the latest first."""
    here = (admissions.c.session_id == session_id) & (admissions.c.room_id == room_id)
    rows = connection.execute(select(admissions).where(here).order_by(admissions.c.id.desc()).limit(limit))
    return [_admission(row) for row in rows]


def double_seats(connection: Connection, session_id: str) -> list[DoubleSeat]:
    """Whoever sits twice: at two desks of this sitting, or here and in another one that overlaps in time."""
    one, two = candidate_states.alias("one"), candidate_states.alias("two")
    own, other = sittings.alias("own"), sittings.alias("other")
    columns = [column.label(f"{side.name}_{column.name}") for side in (one, two) for column in side.c]
    wanted = (
        select(*columns)
        .join_from(one, two, one.c.citizen_id == two.c.citizen_id)
        .join(own, own.c.session_id == one.c.session_id)
        .join(other, other.c.session_id == two.c.session_id)
        .where((one.c.session_id == session_id) | (two.c.session_id == session_id))
        .where((one.c.state == CandidateState.SEATED.value) & (two.c.state == CandidateState.SEATED.value))
        .where((own.c.starts_at < other.c.ends_at) & (other.c.starts_at < own.c.ends_at))
        .where(
            (one.c.since < two.c.since) | ((one.c.since == two.c.since) & (one.c.admission_uuid < two.c.admission_uuid))
        )
        .order_by(one.c.since)
    )
    return [_pair(row) for row in connection.execute(wanted)]


def _pair(row: AnyRow) -> DoubleSeat:
    named = row._asdict()
    first, second = (
        msgspec.convert({name: named[f"{side}_{name}"] for name in StateRow.__struct_fields__}, StateRow)
        for side in ("one", "two")
    )
    return DoubleSeat(first=first, second=second)


def _admission(row: AnyRow) -> Admission:
    named = {str(name): value for name, value in row._asdict().items()}
    for name in ("reasons", "central_reasons"):
        named[name] = tuple(str(named[name] or "").split())
    return msgspec.convert(named, Admission)
