"""The uplink with a real broker that dies and returns: nothing is lost, nothing counted twice, and people are told."""

import queue
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from edge.central_conversation import Identity
from edge.outbox import Outbox
from edge.roster_store import RosterStore
from edge.uplink import Uplink
from edge.uplink_notices import ConnectionChanged, EventsReceipted, Notice, RosterArrived, UplinkAlarm
from models.clock import SystemClock
from models.messages import RosterMessage, encode
from models.wire.broker_session import BrokerSession, Connected
from models.wire.mqtt_session import MqttSession, Pace
from models.wire.signed_bundle import sign_bundle
from models.wire.topics import EVERY_UP, DownLane, down_topic, everything_for
from tests.builders.box_side import BOX, health
from tests.builders.events import BOX_KEY, CENTRAL_KEY, happening
from tests.builders.exams import bundle
from tests.builders.needed_programs import need
from tests.builders.transport_pki import RehearsalPki, prepare
from tests.fakes.in_memory_broker import InMemoryBroker
from tests.fakes.manual_clock import ManualClock
from tests.fakes.model_central import ModelCentral
from tests.fakes.running_mosquitto import RunningMosquitto, mosquitto_program, running_mosquitto

PACE = Pace(longest_wait_seconds=0.2)


class Room:
    """A box with its uplink; notices are collected."""

    def __init__(self, folder: Path, session: BrokerSession, clock: SystemClock | ManualClock) -> None:
        self.outbox = Outbox(folder / "outbox.sqlite", BOX, BOX_KEY, clock)
        self.rosters = RosterStore(folder / "rosters.sqlite", folder / "box.key", CENTRAL_KEY.public_key(), BOX)
        self.notices: queue.Queue[Notice] = queue.Queue()
        self.uplink = Uplink(
            identity=Identity(box_id=BOX, central_key=CENTRAL_KEY.public_key()),
            session=session,
            outbox=self.outbox,
            rosters=self.rosters,
            describe=health,
            notify=self.notices.put,
            clock=clock,
        )

    def start(self) -> None:
        self.outbox.start()
        self.rosters.start()
        self.uplink.start()

    def stop(self) -> None:
        self.uplink.stop()
        self.rosters.stop()
        self.outbox.stop()

    def wait_for(self, wanted: Notice) -> None:
        while self.notices.get(timeout=20) != wanted:
            pass

    def wait_for_receipts(self, count: int) -> list[bytes]:
        uuids: list[bytes] = []
        while len(uuids) < count:
            notice = self.notices.get(timeout=20)
            if isinstance(notice, EventsReceipted):
                uuids += notice.uuids
        return uuids


class Centre:
    """The model centre behind a real session."""

    def __init__(self, session: BrokerSession) -> None:
        self.model = ModelCentral(CENTRAL_KEY, {BOX: BOX_KEY.public_key()})
        self.session = session
        self.connected = threading.Event()

    def start(self) -> None:
        self.session.start(self._hear, lambda state: self.connected.set() if state == Connected() else None)
        assert self.connected.wait(30)

    def _hear(self, topic: str, payload: bytes) -> None:
        for letter in self.model.hear(topic, payload):
            self.session.publish(*letter)


@pytest.fixture
def pki(tmp_path: Path) -> RehearsalPki:
    return prepare(tmp_path / "pki", (BOX,))


@pytest.fixture
def mosquitto(tmp_path: Path, pki: RehearsalPki) -> Iterator[RunningMosquitto]:
    need("mosquitto", mosquitto_program())
    with running_mosquitto(tmp_path / "broker", pki) as running:
        yield running


@pytest.fixture
def centre(mosquitto: RunningMosquitto, pki: RehearsalPki) -> Iterator[Centre]:
    centre = Centre(MqttSession(mosquitto.address(pki.central), "central", [EVERY_UP], PACE))
    centre.start()
    yield centre
    centre.session.stop()


@pytest.fixture
def room(tmp_path: Path, mosquitto: RunningMosquitto, pki: RehearsalPki) -> Iterator[Room]:
    session = MqttSession(mosquitto.address(pki.boxes[BOX]), BOX, [everything_for(BOX)], PACE)
    room = Room(tmp_path, session, SystemClock())
    yield room
    room.stop()


def test_events_reach_central_and_their_second_copy_is_told(centre: Centre, room: Room) -> None:
    room.start()
    room.wait_for(ConnectionChanged(online=True))
    for number in range(60):
        room.outbox.commit(happening(number))
    assert room.wait_for_receipts(60) == [happening(number).uuid for number in range(60)]
    assert centre.model.records[BOX].counted == [happening(number).uuid for number in range(60)]


def test_a_killed_broker_costs_nothing_but_time(centre: Centre, room: Room, mosquitto: RunningMosquitto) -> None:
    room.start()
    for number in range(300):
        room.outbox.commit(happening(number))
        if number in (100, 200):
            mosquitto.kill()
            room.outbox.commit(happening(1000 + number))
            mosquitto.start()
    room.wait_for_receipts(302)
    record = centre.model.records[BOX]
    assert len(record.counted) == len(set(record.counted)) == 302
    assert room.outbox.counts().waiting == 0


def test_a_lost_and_a_found_network_are_told(centre: Centre, room: Room, mosquitto: RunningMosquitto) -> None:
    room.start()
    room.wait_for(ConnectionChanged(online=True))
    mosquitto.kill()
    notice = room.notices.get(timeout=20)
    while not isinstance(notice, ConnectionChanged):
        notice = room.notices.get(timeout=20)
    assert not notice.online
    mosquitto.start()
    room.wait_for(ConnectionChanged(online=True))
    assert centre.model.records[BOX].head is None


def test_a_roster_travels_to_the_box(centre: Centre, room: Room, mosquitto: RunningMosquitto) -> None:
    del mosquitto
    room.start()
    room.wait_for(ConnectionChanged(online=True))
    roster = bundle()
    now = SystemClock().now()
    fresh = msgspec.structs.replace(roster, good_until=now.replace(microsecond=0) + timedelta(days=1))
    message = RosterMessage(bundle=sign_bundle(fresh, CENTRAL_KEY))
    centre.session.publish(down_topic(BOX, DownLane.ROSTER), encode(message))
    room.wait_for(RosterArrived(bundle=fresh))


def test_a_refused_box_is_told_once_until_it_was_connected_again(tmp_path: Path) -> None:
    broker = InMemoryBroker()
    broker.refused_names.add(BOX)
    session = broker.session(BOX, [everything_for(BOX)])
    room = Room(tmp_path, session, ManualClock())
    room.start()
    session.reconnect()
    session.reconnect()
    room.stop()
    alarms = [notice for notice in room.notices.queue if isinstance(notice, UplinkAlarm)]
    assert len(alarms) == 1


def test_every_connection_has_a_will_of_its_own(tmp_path: Path) -> None:
    broker = InMemoryBroker()
    wills: queue.Queue[bytes] = queue.Queue()
    listener = broker.session("central", ["up/+/+/gone"])
    listener.start(lambda _topic, payload: wills.put(payload), lambda _state: None)
    session = broker.session(BOX, [everything_for(BOX)])
    room = Room(tmp_path, session, ManualClock())
    room.start()
    session.drop_connection()
    session.drop_connection()
    room.stop()
    assert wills.get(timeout=30) != wills.get(timeout=30)
    assert wills.empty(), "stopping in good order sends none"
