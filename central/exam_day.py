"""One exam day as people look at it: rooms, seats, boxes, and what stands out, true at one instant.

Reads the registers in one transaction. Who belongs to a school sees the rooms that the place register counts to it;
a room that it does not know is seen by the province alone. Not here: who may see names (`http`) and how it
looks (`pages`).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.registers import admission_register, box_register, place_register, roster_register
from central.registers.admission_register import CandidateState, DoubleSeat, StateRow
from central.registers.box_register import BoxRow, Voice
from central.registers.place_register import Scope
from central.registers.roster_register import Sitting, SittingRoom
from models.exams import Candidate

ROOMS_PER_PAGE: Final = 24
SILENT_AFTER: Final = timedelta(seconds=150)
"""A box greets every minute; after two missed greetings it is silent."""

WAIT_AFTER_WILL: Final = timedelta(seconds=30)
"""A last will may belong to a connection that was replaced at once."""

_STRONGEST = (
    CandidateState.SEATED,
    CandidateState.ASKED,
    CandidateState.TURNED_AWAY,
    CandidateState.ANNULLED,
)


class BoxState(StrEnum):
    """Whether a box is heard."""

    REPORTING = "reporting"
    SILENT = "silent"
    NEVER_HEARD = "never heard"
    NONE = "none"
    """No box is registered for the room."""


class BoxWord(msgspec.Struct, frozen=True, kw_only=True):
    """The last word of a box, or of the best heard one of a room."""

    state: BoxState
    last_word_at: datetime | None


class SeatView(msgspec.Struct, frozen=True, kw_only=True):
    """One seat. `state` is None while the candidate is expected; `stranger` sits here without being on the list."""

    candidate_number: str
    full_name: str | None
    seat: str
    state: CandidateState | None
    since: datetime | None
    differs: bool
    doubled: bool
    elsewhere: str | None
    stranger: bool


class RoomView(msgspec.Struct, frozen=True, kw_only=True):
    """One room with its seats, in the order of the seat's name."""

    room_id: str
    room_name: str
    seats: tuple[SeatView, ...]
    box: BoxWord

    @property
    def expected(self) -> int:
        """How many are on the list."""
        return sum(not seat.stranger for seat in self.seats)

    @property
    def names(self) -> dict[str, str]:
        """Candidate number to name, for those whose names may be shown."""
        return {seat.candidate_number: seat.full_name for seat in self.seats if seat.full_name is not None}

    def count(self, state: CandidateState) -> int:
        """How many stand in this state."""
        return sum(seat.state is state for seat in self.seats)

    @property
    def seated(self) -> int:
        """How many sit here."""
        return self.count(CandidateState.SEATED)


class DaySummary(msgspec.Struct, frozen=True, kw_only=True):
    """Figures over all rooms of a sitting at `as_of`, and whatever stands out."""

    as_of: datetime
    expected: int
    counts: dict[CandidateState, int]
    doubles: tuple[DoubleSeat, ...]
    differing: dict[str, int]
    unheard: dict[str, BoxWord]
    room_names: dict[str, str]
    out_of_scope: frozenset[str] = frozenset()
    """Rooms of other schools, named only because somebody of the own one sits there too."""

    def count(self, state: CandidateState) -> int:
        """How many candidates stand in this state."""
        return self.counts.get(state, 0)


class RoomPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some rooms of a sitting; `total` counts those that the search found."""

    rooms: tuple[RoomView, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // ROOMS_PER_PAGE))


def summarise(connection: Connection, sitting: Sitting, now: datetime, scope: Scope = None) -> DaySummary:
    """The figures of a whole sitting, or of a school's rooms in it. `unheard` are the rooms whose boxes do not report.

    Somebody who sits both in the school and elsewhere is told to both.
    """
    session_id = sitting.session_id
    every_room = roster_register.list_rooms(connection, session_id)
    words = _box_words(connection, [room.room_id for room in _in_scope(connection, every_room, scope)], now)
    doubles = admission_register.double_seats(connection, session_id)
    differing = admission_register.rooms_that_differ(connection, session_id)
    out_of_scope: frozenset[str] = frozenset()
    if scope is not None:
        own = place_register.school_of_rooms(connection, scope).keys()
        doubles = [pair for pair in doubles if {pair.first.room_id, pair.second.room_id} & own]
        differing = {room: count for room, count in differing.items() if room in own}
        out_of_scope = frozenset({side.room_id for pair in doubles for side in (pair.first, pair.second)} - own)
    return DaySummary(
        as_of=now,
        expected=roster_register.count_candidates(connection, session_id, scope),
        counts=admission_register.count_states(connection, session_id, scope),
        doubles=tuple(doubles),
        differing=differing,
        unheard={room: word for room, word in words.items() if word.state is not BoxState.REPORTING},
        room_names={str(room.room_id): room.room_name for room in every_room},
        out_of_scope=out_of_scope,
    )


def view_rooms(
    connection: Connection, sitting: Sitting, now: datetime, page: int, search: str = "", scope: Scope = None
) -> RoomPage:
    """One page of rooms in scope, by name; pages count from 1 and stop at the last. `search` is a part of the name."""
    every_room = roster_register.list_rooms(connection, sitting.session_id)
    names = {str(room.room_id): room.room_name for room in every_room}
    own = _in_scope(connection, every_room, scope)
    found = [room for room in own if search.casefold() in room.room_name.casefold()]
    page = min(max(1, page), max(1, -(-len(found) // ROOMS_PER_PAGE)))
    shown = found[(page - 1) * ROOMS_PER_PAGE : page * ROOMS_PER_PAGE]
    doubles = tuple(admission_register.double_seats(connection, sitting.session_id))
    words = _box_words(connection, [room.room_id for room in shown], now)
    rooms = tuple(_rooms(connection, shown, names, doubles, words))
    return RoomPage(rooms=rooms, total=len(found), page=page)


def view_room(
    connection: Connection, sitting: Sitting, room_id: str, now: datetime, scope: Scope = None
) -> RoomView | None:
    """One room of a sitting, or None when it has no such room in scope."""
    every_room = roster_register.list_rooms(connection, sitting.session_id)
    room = next((one for one in _in_scope(connection, every_room, scope) if one.room_id == room_id), None)
    if room is None:
        return None
    doubles = tuple(admission_register.double_seats(connection, sitting.session_id))
    words = _box_words(connection, [room_id], now)
    names = {str(one.room_id): one.room_name for one in every_room}
    return _rooms(connection, [room], names, doubles, words)[0]


def _in_scope(connection: Connection, rooms: list[SittingRoom], scope: Scope) -> list[SittingRoom]:
    if scope is None:
        return rooms
    own = place_register.school_of_rooms(connection, scope)
    return [room for room in rooms if room.room_id in own]


def box_word(boxes: Sequence[BoxRow | Voice], now: datetime) -> BoxWord:
    """How the boxes of one room are heard: one that reports is enough."""
    if not boxes:
        return BoxWord(state=BoxState.NONE, last_word_at=None)
    best = max(boxes, key=lambda box: box.last_word_at or box.registered_at)
    if best.last_word_at is None:
        return BoxWord(state=BoxState.NEVER_HEARD, last_word_at=None)
    gone = best.gone_at is not None and now - best.gone_at >= WAIT_AFTER_WILL
    silent = gone or now - best.last_word_at >= SILENT_AFTER
    return BoxWord(state=BoxState.SILENT if silent else BoxState.REPORTING, last_word_at=best.last_word_at)


def _box_words(connection: Connection, room_ids: list[str], now: datetime) -> dict[str, BoxWord]:
    by_room: dict[str, list[BoxRow]] = defaultdict(list)
    for start in range(0, len(room_ids), 500):
        for box in box_register.boxes_in(connection, room_ids[start : start + 500]):
            by_room[box.room_id].append(box)
    return {room_id: box_word(by_room[room_id], now) for room_id in room_ids}


def _rooms(
    connection: Connection,
    shown: list[SittingRoom],
    room_names: dict[str, str],
    doubles: tuple[DoubleSeat, ...],
    words: dict[str, BoxWord],
) -> list[RoomView]:
    doubled = Counter(side.candidate_number for pair in doubles for side in (pair.first, pair.second))
    views = []
    for room in shown:
        expected = roster_register.candidates_of(connection, room.session_id, room.room_id)
        states = admission_register.states_around(
            connection, room.session_id, room.room_id, [one.candidate_number for one in expected]
        )
        seats = [_seat(one, states.get(one.candidate_number, []), room.room_id, room_names) for one in expected]
        listed = {one.candidate_number for one in expected}
        seats += [_stranger(states[number], number) for number in states if number not in listed]
        marked = (msgspec.structs.replace(seat, doubled=seat.candidate_number in doubled) for seat in seats)
        views.append(
            RoomView(
                room_id=room.room_id,
                room_name=room.room_name,
                seats=tuple(sorted(marked, key=lambda seat: _natural(seat.seat))),
                box=words[room.room_id],
            )
        )
    return views


def _seat(expected: Candidate, states: list[StateRow], room_id: str, room_names: dict[str, str]) -> SeatView:
    strongest = min(states, key=lambda row: _STRONGEST.index(row.state), default=None)
    away = strongest is not None and strongest.room_id != room_id
    return SeatView(
        candidate_number=expected.candidate_number,
        full_name=expected.full_name,
        seat=expected.seat,
        state=strongest.state if strongest else None,
        since=strongest.since if strongest else None,
        differs=any(row.differs for row in states),
        doubled=False,
        elsewhere=room_names.get(strongest.room_id, strongest.room_id) if strongest and away else None,
        stranger=False,
    )


def _stranger(states: list[StateRow], number: str) -> SeatView:
    strongest = min(states, key=lambda row: _STRONGEST.index(row.state))
    return SeatView(
        candidate_number=number,
        full_name=None,
        seat=strongest.seat or "+",
        state=strongest.state,
        since=strongest.since,
        differs=strongest.differs,
        doubled=False,
        elsewhere=None,
        stranger=True,
    )


def _natural(seat: str) -> list[tuple[int, str]]:
    """Sorts 2 before 10 and A before B."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", seat) if part]
