"""Boxes as people look for them: searched, by state, page by page, and counted, all in the store.

Reads the tables of `box_register`, `box_records` and `place_register` together. The words of the states are those of
`it_office.box_states`, which says the same of one box; a test holds both together.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, or_, select, true, union_all

from central.database import Instant, read_as
from central.registers.box_records import box_records
from central.registers.box_register import boxes
from central.registers.place_register import Scope, in_scope, rooms, schools
from central.registers.word_search import MOST_WORDS, fold
from models.enrollment import BoxState

READER_OK: Final = '"reader":"ok"'
CAMERA_OK: Final = '"camera":"ok"'
"""As a stored hello writes them; a quote inside a text would stand as \\", so nothing else can look like it."""


class FoundBox(msgspec.Struct, frozen=True, kw_only=True):
    """One box with its state's word and the names of its place, None where the place is in no register."""

    box_id: str
    room_id: str
    state: str
    last_word_at: datetime | None
    hello: str | None
    room_name: str | None
    school_name: str | None


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """When a box counts as silent at `now` (UTC): after so long without a word, or after its last will."""

    now: datetime
    after: timedelta
    after_will: timedelta


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A filter: what is None or empty asks for nothing. `state` is a word of `it_office.box_states`."""

    scope: Scope = None
    words: str = ""
    state: str | None = None


def find_boxes(
    connection: Connection, wanted: Wanted, silence: Silence, after: str = "", limit: int | None = None
) -> list[FoundBox]:
    """Boxes beyond a name, in the order of names."""
    state = _state(silence)
    columns = (boxes.c.box_id, boxes.c.room_id, boxes.c.last_word_at, boxes.c.hello)
    found = _joined(select(*columns, state.label("state"), rooms.c.room_name, schools.c.school_name))
    found = found.where(_condition(wanted), boxes.c.box_id > after)
    if wanted.state is not None:
        found = found.where(state == wanted.state)
    rows = connection.execute(found.order_by(boxes.c.box_id).limit(limit))
    return [read_as(row, FoundBox) for row in rows]


def state_of_each(connection: Connection, scope: Scope, silence: Silence) -> list[tuple[str, str]]:
    """Room and state's word of every box in scope, also of those that were taken out before they were heard."""
    heard = _joined(select(boxes.c.room_id, _state(silence))).where(in_scope(boxes.c.room_id, scope))
    taken_out = select(box_records.c.room_id, literal("revoked")).where(
        box_records.c.state == BoxState.REVOKED.value,
        box_records.c.box_id.not_in(select(boxes.c.box_id)),
        in_scope(box_records.c.room_id, scope),
    )
    return [(room_id, word) for room_id, word in connection.execute(union_all(heard, taken_out))]


def count_states(connection: Connection, wanted: Wanted, silence: Silence) -> dict[str, int]:
    """How many boxes stand in each state, whatever state is wanted."""
    state = _state(silence)
    counted = _joined(select(state.label("state"), func.count())).where(_condition(wanted)).group_by(state)
    return {str(word): int(count) for word, count in connection.execute(counted)}


def hellos_in_use(connection: Connection) -> Iterator[str]:
    """The last greeting of every box that was not taken out."""
    return iter(
        connection.execute(_joined(select(boxes.c.hello)).where(_in_use(), boxes.c.hello.is_not(None))).scalars()
    )


def oldest_word(connection: Connection) -> datetime | None:
    """The oldest last word of a box that was not taken out (UTC)."""
    oldest = func.min(boxes.c.last_word_at, type_=Instant)
    found: datetime | None = connection.execute(_joined(select(oldest)).where(_in_use())).scalar()
    return found


def _joined(wanted: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        wanted.select_from(boxes)
        .outerjoin(box_records, box_records.c.box_id == boxes.c.box_id)
        .outerjoin(rooms, rooms.c.room_id == boxes.c.room_id)
        .outerjoin(schools, schools.c.school_id == rooms.c.school_id)
    )


def _in_use() -> ColumnElement[bool]:
    return func.coalesce(box_records.c.state, "") != BoxState.REVOKED.value


def _state(silence: Silence) -> ColumnElement[str]:
    last, gone = boxes.c.last_word_at, boxes.c.gone_at
    silent = or_(last <= silence.now - silence.after, gone <= silence.now - silence.after_will)
    fit = and_(boxes.c.hello.contains(READER_OK), boxes.c.hello.contains(CAMERA_OK))
    return case(
        (box_records.c.state == BoxState.REVOKED.value, "revoked"),
        (last.is_(None), "never heard"),
        (silent, "silent"),
        (fit, "ready"),
        else_="trouble",
    )


def _condition(wanted: Wanted) -> ColumnElement[bool]:
    places = (rooms.c.folded, schools.c.folded, func.lower(boxes.c.box_id), func.lower(boxes.c.room_id))
    asked = fold(wanted.words).split()[:MOST_WORDS]
    every = (or_(*(place.contains(word, autoescape=True) for place in places)) for word in asked)
    return and_(true(), in_scope(boxes.c.room_id, wanted.scope), *every)
