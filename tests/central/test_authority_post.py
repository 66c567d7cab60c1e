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
from models.enrollment import BoxState
from models.identifiers import RoomId, SessionId
from models.wire.topics import DownLane, down_topic
from tests.builders.box_chain import BoxChain
from tests.builders.centre import EXAM, SITTING, Centre
from tests.builders.founded_authority import EnrolledBox, FoundedAuthority
from tests.fakes.authority_at_hand import AuthorityAtHand
from tests.fakes.remembered_news import RememberedNews


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
    assert [window.exam_id for window in told.windows] == [EXAM]
    assert told.rooms == {EXAM: (RoomId("P101"), RoomId("P102"))}
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
