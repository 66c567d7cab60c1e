"""The exam day as it is looked at: seats, strangers, silent boxes, pages."""

from datetime import timedelta

import pytest

from central.database import Database
from central.exam_day import ROOMS_PER_PAGE, BoxState, DaySummary, RoomView, summarise, view_room, view_rooms
from central.registers import roster_register
from central.registers.admission_register import CandidateState
from central.registers.roster_register import SittingRoom
from models.identifiers import RoomId
from models.messages import Gone
from models.wire.event_chain import EventKind
from tests.builders.box_chain import BoxChain, evidence_of, sealed_for
from tests.builders.centre import BINH, SITTING, Centre
from tests.builders.exams import AN


@pytest.fixture
def centre(store: Database) -> Centre:
    centre = Centre(store)
    centre.seat()
    return centre


def _seat(
    centre: Centre, box: BoxChain, number: str, citizen: str, seat: str, kind: EventKind = EventKind.ADMITTED
) -> None:
    box.at = centre.clock.now()
    sealed = sealed_for(centre.office.evidence_key, evidence_of(number, citizen, seat, box.at))
    centre.say(box, box.batch([box.event(kind, sealed)]))


def _room(centre: Centre, room: str = "P101") -> RoomView:
    with centre.database.reading() as connection:
        sitting = roster_register.find_sitting(connection, SITTING)
        assert sitting is not None
        view = view_room(connection, sitting, room, centre.clock.now())
    assert view is not None
    return view


def _summary(centre: Centre) -> DaySummary:
    with centre.database.reading() as connection:
        sitting = roster_register.find_sitting(connection, SITTING)
        assert sitting is not None
        return summarise(connection, sitting, centre.clock.now())


def test_seats_stand_in_order_and_wait_until_somebody_comes(centre: Centre) -> None:
    box = centre.box()
    _seat(centre, box, "01000001", BINH, "02")
    room = _room(centre)
    assert [(seat.seat, seat.state) for seat in room.seats] == [("01", None), ("02", CandidateState.SEATED)]
    assert (room.seated, room.expected) == (1, 2)
    assert room.seats[1].since == centre.clock.now()


def test_who_sits_in_another_room_is_shown_in_both(centre: Centre) -> None:
    box = centre.box("box-102", "P102")
    _seat(centre, box, "01000000", AN, "09")
    expected = next(seat for seat in _room(centre).seats if seat.candidate_number == "01000000")
    assert (expected.state, expected.elsewhere) == (CandidateState.SEATED, "Phòng 102")
    stranger = next(seat for seat in _room(centre, "P102").seats if seat.candidate_number == "01000000")
    assert (stranger.stranger, stranger.seat) == (True, "09")
    assert _room(centre, "P102").expected == 1


def test_who_sits_twice_is_marked_in_both_rooms_and_counted_once(centre: Centre) -> None:
    for name, room, seat in (("box-101", "P101", "01"), ("box-102", "P102", "09")):
        _seat(centre, centre.box(name, room), "01000000", AN, seat)
        centre.clock.advance(seconds=30)
    assert [seat.doubled for seat in _room(centre).seats] == [True, False]
    assert any(seat.doubled for seat in _room(centre, "P102").seats)
    summary = _summary(centre)
    assert (len(summary.doubles), summary.count(CandidateState.SEATED), summary.expected) == (1, 1, 3)


def test_a_box_is_silent_after_two_missed_greetings_and_heard_again_at_once(centre: Centre) -> None:
    box = centre.box()
    assert _room(centre).box.state is BoxState.REPORTING
    heard_at = centre.clock.now()
    centre.clock.advance(seconds=150)
    word = _room(centre).box
    assert (word.state, word.last_word_at) == (BoxState.SILENT, heard_at)
    assert "P101" in _summary(centre).unheard
    centre.say(box, box.hello("s2"))
    assert _room(centre).box.state is BoxState.REPORTING


def test_a_last_will_counts_only_when_no_new_greeting_followed(centre: Centre) -> None:
    box = centre.box()
    centre.say(box, Gone(session="s1"))
    assert _room(centre).box.state is BoxState.REPORTING
    centre.clock.advance(seconds=30)
    assert _room(centre).box.state is BoxState.SILENT


def test_a_room_without_a_box_says_so(centre: Centre) -> None:
    assert _room(centre).box.state is BoxState.NONE
    assert set(_summary(centre).unheard) == {"P101", "P102"}


def test_rooms_come_page_by_page_and_can_be_searched(centre: Centre) -> None:
    with centre.database.writing() as connection:
        for number in range(200, 240):
            room = SittingRoom(
                session_id=SITTING,
                room_id=RoomId(f"P{number}"),
                room_name=f"Phòng {number}",
                version=1,
                digest="",
                door_code_hash="",
            )
            roster_register.put_room(connection, room)
        sitting = roster_register.find_sitting(connection, SITTING)
        assert sitting is not None
        first = view_rooms(connection, sitting, centre.clock.now(), 1)
        last = view_rooms(connection, sitting, centre.clock.now(), 99)
        found = view_rooms(connection, sitting, centre.clock.now(), 1, "phòng 23")
    assert (len(first.rooms), first.total, first.pages) == (ROOMS_PER_PAGE, 42, 2)
    assert (last.page, len(last.rooms)) == (2, 18)
    assert found.total == 10


def test_an_unknown_room_is_none(centre: Centre) -> None:
    with centre.database.reading() as connection:
        sitting = roster_register.find_sitting(connection, SITTING)
        assert sitting is not None
        assert view_room(connection, sitting, "P999", centre.clock.now() + timedelta()) is None
