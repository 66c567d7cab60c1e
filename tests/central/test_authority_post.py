"""Central listens to the authority: boxes come and go, deeds are copied, exams are told, silence is said."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from central.authority_post import AuthorityPost, exam_windows
from central.database import Database
from central.news_post import BrokerNewsPost
from central.registers import box_records, box_register
from models.clock import to_unix_ms
from models.enrollment import BoxState
from models.identifiers import BoxId, RoomId, SessionId
from models.wire.topics import DownLane, down_topic
from tests.builders.box_chain import BoxChain
from tests.builders.centre import EXAM, SITTING, Centre
from tests.builders.founded_authority import EnrolledBox, FoundedAuthority
from tests.fakes.authority_at_hand import AuthorityAtHand
from tests.fakes.remembered_news import RememberedNews

RUN = f"{EXAM} 2026-06-11"
"""The exam's name with the day of its first sitting."""


class _Office:
    """A centre whose clock is the authority's, and the post between the two."""

    def __init__(self, store: Database, folder: Path) -> None:
        self.centre = Centre(store)
        self.house = FoundedAuthority(folder, self.centre.clock)
        self.authority = AuthorityAtHand(self.house)
        self.news = RememberedNews()
        self.post = self.new_post()

    def new_post(self) -> AuthorityPost:
        return AuthorityPost(
            office=self.authority,
            database=self.centre.database,
            live_feed=self.centre.live_feed,
            news=self.news,
            clock=self.centre.clock,
            hear_again=lambda topic, payload: self.centre.ingest.take([(topic, payload)]),
        )

    def hello(self, enrolled: EnrolledBox, room: str) -> None:
        box = BoxChain(enrolled.box_id, room, EXAM, SITTING, self.centre.clock.now())
        box.key = enrolled.board.chain_key
        self.centre.say(box, box.hello())


@pytest.fixture
def office(sqlite_store: Database, tmp_path: Path) -> Iterator[_Office]:
    office = _Office(sqlite_store, tmp_path / "authority")
    yield office
    office.house.stop()


def _silence(post: AuthorityPost) -> datetime | None:
    return post.health.silent_since


def test_a_box_is_known_once_it_is_certified_and_a_greeting_that_came_too_early_is_taken(office: _Office) -> None:
    enrolled = office.house.enrolled("P101")
    office.hello(enrolled, "P101")
    assert office.centre.rows("quarantine", "reason") == [("UNKNOWN_BOX",)]
    office.post.look()
    assert office.centre.rows("boxes", "box_id, room_id, last_word_at is null") == [(enrolled.box_id, "P101", 0)]
    with office.centre.database.reading() as connection:
        record = box_records.find(connection, enrolled.box_id)
    assert record is not None
    assert (record.state, record.room_id) == (BoxState.CERTIFIED, "P101")


def test_only_what_is_new_is_asked_for_also_after_a_restart(office: _Office) -> None:
    enrolled = office.house.enrolled("P101")
    office.post.look()
    with office.centre.database.writing() as connection:
        connection.execute(text("DELETE FROM box_records"))
    office.new_post().look()
    assert office.centre.rows("box_records") == []
    enrolled.report()
    office.new_post().look()
    assert office.centre.rows("box_records", "box_id, state") == [(enrolled.box_id, "enrolled")]


def test_nothing_that_a_revoked_box_says_is_believed(office: _Office) -> None:
    one, other = office.house.enrolled("P101"), office.house.enrolled("P102")
    office.post.look()
    office.hello(one, "P101")
    office.house.revoke(one.box_id)
    office.post.look()
    office.centre.clock.advance(seconds=30)
    office.hello(one, "P101")
    assert office.centre.rows("quarantine", "reason, box_id") == [("BOX_REVOKED", one.box_id)]
    assert office.news.told == [(other.box_id, "revocation")]
    with office.centre.database.reading() as connection:
        assert box_register.boxes_in(connection, ["P101"]) == []


def test_the_spare_takes_the_place_and_the_history_stays(office: _Office) -> None:
    old = office.house.enrolled("P101")
    office.post.look()
    office.hello(old, "P101")
    spare = office.house.enrolled("P101", replaces=old.box_id)
    office.post.look()
    with office.centre.database.reading() as connection:
        records = {one.box_id: one for one in box_records.of_rooms(connection, ["P101"])}
        boxes = [box.box_id for box in box_register.boxes_in(connection, ["P101"])]
    assert records[old.box_id].state is BoxState.REVOKED
    assert records[old.box_id].replaced_by == spare.box_id
    assert boxes == [spare.box_id]
    assert len(office.centre.rows("boxes")) == 2


def test_the_authoritys_deeds_stand_in_our_log_once(office: _Office) -> None:
    office.house.enrolled("P101")
    office.post.look()
    office.new_post().look()
    copied = [str(action) for _, action in office.centre.rows("audit_log", "id, action")]
    assert any(action.startswith("authority: ") for action in copied)
    numbers = office.centre.rows("audit_log", "json_extract(details, '$.authority_number')")
    assert len(numbers) == len(set(numbers)) == len(office.house.deeds())


def test_the_authority_is_told_of_exams_when_they_change_and_their_boxes_hear_of_it(office: _Office) -> None:
    enrolled = office.house.enrolled("P101")
    office.post.look()
    assert office.authority.exams[-1].windows == ()
    office.centre.seat()
    office.centre.clock.advance(seconds=10)
    office.post.look()
    told = office.authority.exams[-1]
    assert [window.exam_id for window in told.windows] == [RUN]
    assert told.rooms == {RUN: (RoomId("P101"), RoomId("P102"))}
    assert office.news.told == [(enrolled.box_id, "exam windows")]
    office.centre.clock.advance(seconds=10)
    office.post.look()
    assert len(office.authority.exams) == 2


def test_an_exam_reaches_from_its_first_sitting_to_its_last(office: _Office) -> None:
    centre = office.centre
    centre.seat()
    centre.seat(session_id=SessionId("thi-thu-ca-2"), starts_in=timedelta(days=2))
    centre.clock.advance(days=1)
    with centre.database.reading() as connection:
        (window,) = exam_windows(connection, centre.clock.now()).windows
    assert window.ends_at - window.starts_at == timedelta(days=2, minutes=60)
    centre.clock.advance(days=3)
    with centre.database.reading() as connection:
        assert exam_windows(connection, centre.clock.now()).windows == ()


def test_silence_is_said_from_its_beginning_and_everything_is_made_good_afterwards(office: _Office) -> None:
    office.post.look()
    office.authority.plugged = False
    begun = office.centre.clock.now()
    for _ in range(3):
        office.post.look()
        office.centre.clock.advance(seconds=5)
    assert _silence(office.post) == begun
    assert "does not answer" in office.post.health.trouble
    enrolled = office.house.enrolled("P101")
    office.authority.plugged = True
    office.post.look()
    assert _silence(office.post) is None
    assert office.centre.rows("boxes", "box_id") == [(enrolled.box_id,)]


def _state_of(office: _Office, box_id: BoxId) -> BoxState:
    with office.centre.database.reading() as connection:
        record = box_records.find(connection, box_id)
    assert record is not None
    return record.state


def _restored(office: _Office, copy: Path) -> None:
    """The authority falls silent, and comes back from a backup."""
    office.authority.plugged = False
    office.post.look()
    office.house.restored(copy)
    office.authority.plugged = True


def test_what_is_revoked_stays_revoked_when_the_authority_has_forgotten_it(office: _Office) -> None:
    known = office.house.enrolled("P101")
    office.post.look()
    copy = office.house.back_up()
    late = office.house.enrolled("P102")
    for box in (known, late):
        office.house.revoke(box.box_id)
    office.post.look()
    _restored(office, copy)
    assert not {known.caller.serial_hex, late.caller.serial_hex} & office.house.revoked_serials()
    for _ in range(2):
        office.post.look()
        assert {_state_of(office, box.box_id) for box in (known, late)} == {BoxState.REVOKED}
    assert {known.caller.serial_hex, late.caller.serial_hex} <= office.house.revoked_serials()
    assert office.house.record(late.box_id).state is BoxState.REVOKED
    assert office.post.health.trouble == ""


def test_the_exam_days_are_told_again_after_a_silence_and_wake_nobody(office: _Office) -> None:
    office.house.enrolled("P101")
    copy = office.house.back_up()
    office.centre.seat()
    office.post.look()
    told, heard = len(office.authority.exams), list(office.news.told)
    _restored(office, copy)
    office.post.look()
    assert len(office.authority.exams) == told + 1
    assert office.news.told == heard


def test_an_authority_that_knows_less_than_before_is_a_trouble_and_no_silence(office: _Office, tmp_path: Path) -> None:
    office.house.enrolled("P101")
    office.post.look()
    office.house.stop()
    office.house = office.authority.house = FoundedAuthority(tmp_path / "founded-anew", office.centre.clock)
    office.post.look()
    assert "authority restore" in office.post.health.trouble
    assert _silence(office.post) is None


def test_each_run_of_an_exams_sittings_is_a_window_of_its_own(office: _Office) -> None:
    office.centre.seat()
    office.centre.seat(session_id=SessionId("thi-thu-ca-2"), starts_in=timedelta(days=40))
    office.post.look()
    windows = office.authority.exams[-1].windows
    assert [window.exam_id for window in windows] == [RUN, f"{EXAM} 2026-07-21"]
    assert max(window.ends_at - window.starts_at for window in windows) < timedelta(days=1)
    assert (office.post.health.trouble, _silence(office.post)) == ("", None)
    office.centre.clock.advance(days=2)
    office.post.look()
    assert [window.exam_id for window in office.authority.exams[-1].windows] == [f"{EXAM} 2026-07-21"]


def test_an_exam_that_the_authority_refuses_stops_nothing_else(office: _Office) -> None:
    office.centre.seat()
    office.centre.seat(session_id=SessionId("lau"), starts_in=timedelta(days=20))
    with office.centre.database.writing() as connection:
        connection.execute(
            text("UPDATE sittings SET ends_at = :end WHERE session_id = 'lau'"),
            {"end": to_unix_ms(office.centre.clock.now() + timedelta(days=90))},
        )
    office.post.look()
    enrolled = office.house.enrolled("P101")
    office.post.look()
    assert "within 31 days" in office.post.health.trouble
    assert _silence(office.post) is None
    assert office.centre.rows("boxes", "box_id") == [(enrolled.box_id,)]
    assert office.post.health.status is not None


def test_news_travels_to_the_box_alone(office: _Office) -> None:
    box_id = office.house.enrolled("P101").box_id
    BrokerNewsPost(session=office.centre.session).tell([box_id], "room devices")
    assert office.centre.heard == [(down_topic(box_id, DownLane.NEWS), b'{"about":"room devices"}')]


def test_the_thread_goes_on_after_whatever_happens_and_ends_when_told(office: _Office) -> None:
    office.house.enrolled("P101")
    office.post.start()
    assert office.authority.asked_how_it_is.wait(20)
    office.post.stop()
    assert office.post.health.status is not None
    assert len(office.centre.rows("boxes")) == 1
