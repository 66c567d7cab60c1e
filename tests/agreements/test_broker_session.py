"""One set of tests on the fake broker and on the real one: what a BrokerSession promises."""

import queue
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from models.identifiers import BoxId
from models.wire.broker_session import (
    BrokerSession,
    Connected,
    LastWill,
    PublishOutcome,
    SessionState,
)
from models.wire.mqtt_reader import MqttReader
from models.wire.mqtt_session import MqttSession, Pace
from tests.builders.needed_programs import need
from tests.builders.transport_pki import prepare
from tests.fakes.in_memory_broker import InMemoryBroker
from tests.fakes.running_mosquitto import mosquitto_program, running_mosquitto

BOX = BoxId("box-1")
Maker = Callable[[str, Sequence[str]], BrokerSession]


class Listener:
    """Collects what a session tells."""

    def __init__(self) -> None:
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.states: queue.Queue[SessionState] = queue.Queue()
        self.connections = 0

    def start(self, session: BrokerSession) -> None:
        session.start(lambda topic, payload: self.messages.put((topic, payload)), self.states.put, self._make_will)
        assert self.states.get(timeout=30) == Connected()

    def _make_will(self) -> LastWill:
        self.connections += 1
        return LastWill(topic=f"up/0/{BOX}/gone", payload=f"connection {self.connections}".encode())


@pytest.fixture(params=["fake", "mosquitto", "mosquitto, own reader"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Maker]:
    sessions: list[BrokerSession] = []
    if request.param == "fake":
        broker = InMemoryBroker()

        def build_fake(name: str, filters: Sequence[str]) -> BrokerSession:
            sessions.append(broker.session(name, filters))
            return sessions[-1]

        yield build_fake
        return
    need("mosquitto", mosquitto_program())
    pki = prepare(tmp_path / "pki", (BOX,))
    with running_mosquitto(tmp_path, pki) as mosquitto:

        def build_real(name: str, filters: Sequence[str]) -> BrokerSession:
            identity = pki.central if name == "central" else pki.boxes[BoxId(name)]
            pace = Pace(longest_wait_seconds=0.1)
            carried_by = MqttSession if request.param == "mosquitto" else MqttReader
            sessions.append(carried_by(mosquitto.address(identity), name, filters, pace))
            return sessions[-1]

        yield build_real
        for session in sessions:
            session.stop()


def test_a_message_arrives_unchanged_at_those_who_subscribed(make: Maker) -> None:
    central, box = Listener(), Listener()
    central.start(make("central", ["up/#"]))
    sender = make(BOX, [f"down/{BOX}/#"])
    box.start(sender)
    assert sender.publish(f"up/3/{BOX}/ev", bytes(range(256))) is PublishOutcome.HANDED_OVER
    assert central.messages.get(timeout=30) == (f"up/3/{BOX}/ev", bytes(range(256)))
    assert box.messages.empty()


def test_messages_of_one_sender_keep_their_order(make: Maker) -> None:
    central, box = Listener(), Listener()
    central.start(make("central", ["up/#"]))
    sender = make(BOX, [])
    box.start(sender)
    for number in range(200):
        sender.publish(f"up/0/{BOX}/ev", str(number).encode())
    heard = [int(central.messages.get(timeout=30)[1]) for _ in range(200)]
    assert heard == list(range(200))


def test_the_last_will_goes_out_when_a_client_vanishes_and_it_comes_back(make: Maker) -> None:
    central, box = Listener(), Listener()
    central.start(make("central", ["up/#"]))
    sender = make(BOX, [])
    box.start(sender)
    sender.drop_connection()
    assert central.messages.get(timeout=30) == (f"up/0/{BOX}/gone", b"connection 1")
    assert box.states.get(timeout=30) != Connected()
    assert box.states.get(timeout=30) == Connected()
    sender.drop_connection()
    assert central.messages.get(timeout=30) == (f"up/0/{BOX}/gone", b"connection 2")


def test_a_client_that_leaves_in_good_order_has_no_last_will(make: Maker) -> None:
    central, box, last = Listener(), Listener(), Listener()
    receiver = make("central", ["up/#", "down/#"])
    central.start(receiver)
    sender = make(BOX, [])
    box.start(sender)
    sender.stop()
    follower = make(BOX, [])
    last.start(follower)
    follower.publish(f"up/0/{BOX}/ev", b"after")
    assert central.messages.get(timeout=30) == (f"up/0/{BOX}/ev", b"after")


def test_nothing_is_kept_for_a_client_that_is_away(make: Maker) -> None:
    central, late = Listener(), Listener()
    speaker = make("central", [])
    central.start(speaker)
    speaker.publish(f"down/{BOX}/ack", b"missed")
    late.start(make(BOX, [f"down/{BOX}/#"]))
    speaker.publish(f"down/{BOX}/ack", b"heard")
    assert late.messages.get(timeout=30) == (f"down/{BOX}/ack", b"heard")


def test_publishing_before_the_connection_is_refused_at_once(make: Maker) -> None:
    assert make(BOX, []).publish(f"up/0/{BOX}/ev", b"x") is PublishOutcome.NOT_CONNECTED


def test_filters_are_subscribed_again_after_a_lost_connection(make: Maker) -> None:
    central, box = Listener(), Listener()
    speaker = make("central", [])
    central.start(speaker)
    receiver = make(BOX, [f"down/{BOX}/#"])
    box.start(receiver)
    receiver.drop_connection()
    while box.states.get(timeout=30) != Connected():
        pass
    speaker.publish(f"down/{BOX}/ack", b"after")
    assert box.messages.get(timeout=30) == (f"down/{BOX}/ack", b"after")
