"""The writer: answers only what is stored, survives whatever it is told, and brings rosters to the boxes."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from central.database import Database, StoreFailedError
from central.ingest import Ingest
from central.live_feed import LiveFeed
from central.registers import audit_log, roster_register
from models.clock import from_unix_ms
from models.messages import Gone, encode
from models.wire.broker_session import Disconnected, Refused
from models.wire.event_chain import EventKind
from models.wire.topics import UpLane, up_topic
from tests.builders.centre import SITTING, Centre


@pytest.fixture
def centre(sqlite_store: Database) -> Centre:
    centre = Centre(sqlite_store)
    centre.seat()
    return centre


def test_a_hello_brings_the_roster_until_the_box_has_it(centre: Centre) -> None:
    box = centre.box()
    assert len(centre.rosters(box.box_id)) == 1
    centre.say(box, box.hello(rosters={SITTING: 1}))
    assert len(centre.rosters(box.box_id)) == 1
    centre.say(box, box.hello(rosters={SITTING: 0}))
    assert len(centre.rosters(box.box_id)) == 2


def test_a_sitting_that_is_over_is_not_sent_any_more(centre: Centre) -> None:
    centre.clock.advance(hours=5)
    assert centre.rosters(centre.box().box_id) == []


def test_an_import_reaches_a_box_that_is_already_there(centre: Centre) -> None:
    box = centre.box()
    centre.say(box, box.hello(rosters={SITTING: 1}))
    centre.ingest.look_for_rosters()
    assert len(centre.rosters(box.box_id)) == 1
    with centre.database.writing() as connection:
        room = roster_register.rooms_to_serve(connection, "P101", centre.clock.now())[0]
        changed = {"digest": "changed", "version": 2}
        connection.execute(
            text("UPDATE sitting_rooms SET digest = :digest, version = :version WHERE room_id = 'P101'"), changed
        )
        assert room.version == 1
    centre.ingest.look_for_rosters()
    centre.ingest.look_for_rosters()
    assert len(centre.rosters(box.box_id)) == 2


def test_the_last_word_of_a_box_is_kept_and_an_old_will_changes_nothing(centre: Centre) -> None:
    box = centre.box()
    centre.clock.advance(minutes=2)
    centre.say(box, box.hello("s2"))
    centre.say(box, Gone(session="s1"))
    assert centre.rows("boxes", "gone_at") == [(None,)]
    centre.say(box, Gone(session="s2"))
    assert centre.rows("boxes", "gone_at") != [(None,)]


def test_a_full_disk_means_no_receipt_and_everything_is_taken_when_there_is_room_again(centre: Centre) -> None:
    box = centre.box()
    before = len(centre.answers(box.box_id))
    _fill_the_disk(centre.database)
    batch = box.batch([box.event() for _ in range(40)])
    centre.say(box, batch)
    assert len(centre.answers(box.box_id)) == before
    assert centre.rows("event_log") == []
    assert centre.ingest.health.trouble is not None
    assert centre.ingest.health.since == centre.clock.now()
    _make_room(centre.database)
    centre.say(box, batch)
    assert len(centre.answers(box.box_id)[-1][0]) == len(centre.rows("event_log")) == 40
    assert centre.ingest.health.trouble is None


def _fill_the_disk(database: Database) -> None:
    _set_most_pages(database, "PRAGMA max_page_count=1")


def _make_room(database: Database) -> None:
    _set_most_pages(database, "PRAGMA max_page_count=1073741823")


def _set_most_pages(database: Database, words: str) -> None:
    """SQLite refuses to grow beyond this, as it would on a full disk; it counts for one connection."""
    held = [database.engine.connect() for _ in range(8)]
    for connection in held:
        connection.exec_driver_sql(words)
    for connection in held:
        connection.close()


class _FailsAtTheCommit(Database):
    """A store that takes everything and then cannot make it durable."""

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with super().writing() as connection:
            yield connection
            connection.rollback()
            raise StoreFailedError("The commit failed.")


def test_when_the_commit_fails_nobody_is_answered(made_store: Path, tmp_path: Path) -> None:
    shutil.copy(made_store, tmp_path / "central.db")
    whole = Database(f"sqlite:///{tmp_path / 'central.db'}")
    whole.start()
    centre = Centre(whole)
    centre.seat()
    box = centre.box()
    answered = len(centre.answers(box.box_id))
    failing = _FailsAtTheCommit(f"sqlite:///{tmp_path / 'central.db'}")
    failing.start()
    ingest = Ingest(
        database=failing,
        session=centre.session,
        mail_room=centre.ingest._mail_room,
        live_feed=LiveFeed(),
        clock=centre.clock,
    )
    ingest.take([(up_topic(0, box.box_id, UpLane.EVENTS), encode(box.batch([box.event()])))])
    assert len(centre.answers(box.box_id)) == answered
    assert centre.rows("event_log") == []
    assert ingest.health.trouble == "The commit failed."
    failing.stop()
    whole.stop()


class _RoomThatTrips:
    """A mail room with a fault of ours: it fails on one payload."""

    def __init__(self, centre: Centre) -> None:
        self._real = centre.ingest._mail_room
        self.roster_post = self._real.roster_post
        self.plan_post = self._real.plan_post

    def set_aside(self, connection: Connection, topic: str, payload: bytes) -> None:
        self._real.set_aside(connection, topic, payload)

    def take(self, connection: object, topic: str, payload: bytes) -> object:
        if payload == b"trip":
            raise ZeroDivisionError
        return self._real.take(connection, topic, payload)  # type: ignore[arg-type]  # passed through as it came


def test_a_fault_of_ours_in_one_message_is_kept_and_holds_up_no_other(centre: Centre) -> None:
    box = centre.box()
    ingest = Ingest(
        database=centre.database,
        session=centre.broker.session("central-again"),
        mail_room=_RoomThatTrips(centre),  # type: ignore[arg-type]  # a mail room with a fault
        live_feed=LiveFeed(),
        clock=centre.clock,
    )
    topic = up_topic(0, box.box_id, UpLane.EVENTS)
    for payload in (b"trip", encode(box.batch([box.event()])), b"trip", encode(box.batch([box.event()]))):
        ingest._hear(topic, payload)
    answered = len(centre.answers(box.box_id))
    ingest.start()
    ingest.stop()
    assert len(centre.rows("event_log")) == 2
    assert centre.rows("quarantine", "reason") == [("CENTRAL_FAULT",)]
    assert len(centre.answers(box.box_id)) == answered + 2


class _RoomThatCannotSetAside(_RoomThatTrips):
    """It cannot keep that payload apart either."""

    def set_aside(self, _connection: Connection, _topic: str, _payload: bytes) -> None:
        raise IntegrityError("INSERT", {}, ValueError())


def test_a_message_that_cannot_even_be_set_aside_does_not_end_the_writer(centre: Centre) -> None:
    box = centre.box()
    ingest = Ingest(
        database=centre.database,
        session=centre.broker.session("central-again"),
        mail_room=_RoomThatCannotSetAside(centre),  # type: ignore[arg-type]  # a mail room with a fault
        live_feed=LiveFeed(),
        clock=centre.clock,
    )
    topic = up_topic(0, box.box_id, UpLane.EVENTS)
    ingest._hear(topic, b"trip")
    ingest._hear(topic, encode(box.batch([box.event()])))
    ingest.start()
    ingest.stop()
    assert len(centre.rows("event_log")) == 1


class _RoomThatStoresAnything(_RoomThatTrips):
    """It puts a text that PostgreSQL cannot hold into a register."""

    def take(self, connection: object, topic: str, payload: bytes) -> object:
        if payload == b"trip":
            audit_log.write(connection, at=from_unix_ms(0), actor="a\x00b", action="", subject="")  # type: ignore[arg-type]  # as above
        return self._real.take(connection, topic, payload)  # type: ignore[arg-type]  # passed through as it came


def test_a_value_that_the_store_cannot_hold_is_no_trouble_of_the_store(store: Database) -> None:
    centre = Centre(store)
    centre.seat()
    box = centre.box()
    ingest = Ingest(
        database=centre.database,
        session=centre.broker.session("central-again"),
        mail_room=_RoomThatStoresAnything(centre),  # type: ignore[arg-type]  # a mail room with a fault
        live_feed=LiveFeed(),
        clock=centre.clock,
    )
    topic = up_topic(0, box.box_id, UpLane.EVENTS)
    ingest._hear(topic, b"trip")
    ingest._hear(topic, encode(box.batch([box.event()])))
    ingest.start()
    ingest.stop()
    assert ingest.health.trouble is None
    assert len(centre.rows("event_log")) == 1
    assert len(centre.rows("quarantine")) == 1


def test_a_message_with_a_control_character_is_kept_apart_on_every_store(store: Database) -> None:
    centre = Centre(store)
    centre.seat()
    box = centre.box()
    for session in ("x\x00y", "x\ny"):
        centre.say(box, Gone(session=session))
        centre.say(box, box.hello(session))
    assert centre.rows("quarantine", "reason") == [("UNREADABLE",)] * 4
    assert centre.ingest.health.trouble is None


def test_a_topic_that_no_database_holds_is_kept_apart(store: Database) -> None:
    centre = Centre(store)
    centre.shout("up/0/\x00", b"")
    assert centre.rows("quarantine", "reason") == [("UNKNOWN_TOPIC",)]
    assert centre.ingest.health.trouble is None


def test_what_waits_is_finished_when_the_service_stops(centre: Centre) -> None:
    box = centre.box()
    ingest = Ingest(
        database=centre.database,
        session=centre.broker.session("central-again"),
        mail_room=centre.ingest._mail_room,
        live_feed=LiveFeed(),
        clock=centre.clock,
    )
    ingest.start()
    for _ in range(200):
        ingest._hear(up_topic(0, box.box_id, UpLane.EVENTS), encode(box.batch([box.event()])))
    ingest.stop()
    assert len(centre.rows("event_log")) == 200
    assert not any(thread.name == "ingest" for thread in threading.enumerate())


def test_the_state_of_the_broker_is_known_to_the_pages(centre: Centre) -> None:
    ingest = centre.ingest
    ingest._note_state(Disconnected(reason="cut"))
    assert "cut" in ingest.health.broker
    ingest._note_state(Refused(reason="unknown certificate"))
    assert "refused" in ingest.health.broker


def test_events_that_are_no_answers_at_a_desk_enter_no_admission(centre: Centre) -> None:
    box = centre.box()
    centre.say(box, box.batch([box.event(kind) for kind in (EventKind.BOX_STARTED, EventKind.READER_FAULT)]))
    assert centre.rows("admissions") == []
