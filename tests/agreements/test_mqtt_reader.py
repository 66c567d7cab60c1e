"""The own MQTT reader beside paho, on a real Mosquitto and under a broker that speaks nonsense."""

import queue
import random
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from models.identifiers import BoxId
from models.wire.broker_session import (
    BrokerSession,
    BrokerSessionError,
    Connected,
    Disconnected,
    PublishOutcome,
    PublishRefused,
    Refused,
    SessionState,
)
from models.wire.mqtt_packets import publish_packet
from models.wire.mqtt_reader import MqttReader
from models.wire.mqtt_session import BrokerAddress, MqttSession, Pace
from provisioning.brokers.central_broker import BrokerLimits
from tests.builders.needed_programs import need
from tests.builders.transport_pki import RehearsalPki, prepare
from tests.fakes.running_mosquitto import RunningMosquitto, free_port, mosquitto_program, running_mosquitto

ONE, TWO = BoxId("box-1"), BoxId("box-2")
PATIENCE = 30.0


class Ear:
    """What one session tells, in its order."""

    def __init__(self, session: BrokerSession) -> None:
        self.session = session
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.states: queue.Queue[SessionState] = queue.Queue()
        session.start(lambda topic, payload: self.messages.put((topic, payload)), self.states.put)

    def next_state(self) -> SessionState:
        return self.states.get(timeout=PATIENCE)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> RehearsalPki:
    return prepare(tmp_path_factory.mktemp("pki"), (ONE, TWO))


@pytest.fixture
def broker(tmp_path: Path, pki: RehearsalPki) -> Iterator[RunningMosquitto]:
    need("mosquitto", mosquitto_program())
    with running_mosquitto(tmp_path / "broker", pki, BrokerLimits(packet_bytes=300_000)) as running:
        yield running


@pytest.fixture
def ears() -> Iterator[list[Ear]]:
    made: list[Ear] = []
    yield made
    for one in made:
        one.session.stop()


def address_of(broker: RunningMosquitto, pki: RehearsalPki, name: str) -> BrokerAddress:
    return broker.address(pki.central if name == "central" else pki.boxes[BoxId(name)])


@pytest.mark.parametrize("quality", [0, 1])
def test_both_hear_the_same_in_the_same_order(
    broker: RunningMosquitto, pki: RehearsalPki, ears: list[Ear], quality: int
) -> None:
    pace = Pace(longest_wait_seconds=0.2, heard_quality=quality, most_queued=2000)
    chance = random.Random(quality)
    sizes = [chance.choice((0, 1, 120, 127, 128, 300, 16_000, 20_000, 200_000)) for _ in range(120)]
    told = [(f"up/{chance.randrange(9)}/{ONE}/{chance.choice('abc')}", chance.randbytes(size)) for size in sizes]
    heard = []
    for hearing in (MqttSession, MqttReader):
        ear = Ear(hearing(address_of(broker, pki, "central"), "central", ["up/#", "down/#"], pace))
        ears.append(ear)
        assert ear.next_state() == Connected()
        speaker = Ear(MqttReader(address_of(broker, pki, ONE), ONE, [], pace))
        ears.append(speaker)
        assert speaker.next_state() == Connected()
        for topic, payload in told:
            assert speaker.session.publish(topic, payload) is PublishOutcome.HANDED_OVER
        heard.append([ear.messages.get(timeout=PATIENCE) for _ in told])
        speaker.session.stop()
        ear.session.stop()
    assert heard[0] == heard[1] == told


def test_both_are_told_the_same_refusals(broker: RunningMosquitto, pki: RehearsalPki, ears: list[Ear]) -> None:
    told = []
    for speaking in (MqttSession, MqttReader):
        ear = Ear(speaking(address_of(broker, pki, ONE), ONE, [f"down/{ONE}/#"], Pace(longest_wait_seconds=0.2)))
        ears.append(ear)
        assert ear.next_state() == Connected()
        ear.session.publish(f"up/0/{TWO}/ev", b"forged")
        told.append(ear.next_state())
        ear.session.stop()
    assert told[0] == told[1] == PublishRefused(topic=f"up/0/{TWO}/ev", reason="Not authorized")


def test_what_is_larger_than_the_broker_takes_is_refused_and_the_next_goes_out(
    broker: RunningMosquitto, pki: RehearsalPki, ears: list[Ear]
) -> None:
    ear = Ear(MqttReader(address_of(broker, pki, ONE), ONE, [], Pace(longest_wait_seconds=0.2)))
    hearer = Ear(MqttReader(address_of(broker, pki, "central"), "central", ["up/#"], Pace(longest_wait_seconds=0.2)))
    ears += [ear, hearer]
    assert ear.next_state() == hearer.next_state() == Connected()
    ear.session.publish(f"up/0/{ONE}/ev", bytes(400_000))
    ear.session.publish(f"up/0/{ONE}/ev", b"small")
    assert isinstance(ear.next_state(), PublishRefused)
    assert hearer.messages.get(timeout=PATIENCE) == (f"up/0/{ONE}/ev", b"small")


def test_far_more_than_the_brokers_window_arrives_in_order(
    broker: RunningMosquitto, pki: RehearsalPki, ears: list[Ear]
) -> None:
    hearer = Ear(MqttSession(address_of(broker, pki, ONE), ONE, [f"down/{ONE}/#"], Pace(longest_wait_seconds=0.2)))
    speaker = Ear(MqttReader(address_of(broker, pki, "central"), "central", [], Pace(most_queued=5000)))
    ears += [hearer, speaker]
    assert hearer.next_state() == speaker.next_state() == Connected()
    for number in range(3000):
        assert speaker.session.publish(f"down/{ONE}/mark", b"%d" % number) is PublishOutcome.HANDED_OVER
    assert [int(hearer.messages.get(timeout=PATIENCE)[1]) for _ in range(3000)] == list(range(3000))


def test_a_revoked_certificate_is_refused_and_a_broker_that_is_away_is_not(
    broker: RunningMosquitto, pki: RehearsalPki, ears: list[Ear], tmp_path: Path
) -> None:
    stranger = prepare(tmp_path / "strangers", (ONE,))
    forged = BrokerAddress(
        host="localhost",
        port=broker.port,
        authority=pki.authority,
        certificate=stranger.boxes[ONE].certificate,
        key=stranger.boxes[ONE].key,
    )
    for speaking in (MqttSession, MqttReader):
        ears.append(Ear(speaking(forged, ONE, [], Pace(longest_wait_seconds=0.2))))
        assert isinstance(ears[-1].next_state(), Refused)
    broker.kill()
    for speaking in (MqttSession, MqttReader):
        ears.append(Ear(speaking(address_of(broker, pki, ONE), ONE, [], Pace(longest_wait_seconds=0.2))))
        assert isinstance(ears[-1].next_state(), Disconnected)


def test_it_speaks_tls_only(broker: RunningMosquitto) -> None:
    address = BrokerAddress(host="127.0.0.1", port=broker.port, authority=None)
    with pytest.raises(BrokerSessionError, match="certificates only"):
        MqttReader(address, "x").start(lambda _topic, _payload: None, lambda _state: None)


class NonsenseBroker:
    """Answers every connection with the same bytes, over TLS."""

    def __init__(self, pki: RehearsalPki, answer: bytes) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pki.server.certificate, pki.server.key)
        self._answer = answer
        self.port = free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                link, _ = self._listener.accept()
                with suppress(OSError), self._context.wrap_socket(link, server_side=True) as line:
                    line.settimeout(PATIENCE)
                    line.recv(4096)
                    line.sendall(self._answer)
                    while line.recv(4096):
                        pass


CONNACK = b"\x20\x03\x00\x00\x00"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"\x00" * 40, Disconnected),
        (b"HTTP/1.1 400 Bad Request\r\n" + b"\r\n" * 40, Disconnected),
        (b"\x20\x03\x00\x87\x00", Refused),
        (publish_packet(1, "up/x", b"before the answer", retain=False), Disconnected),
        (CONNACK + CONNACK, Disconnected),
        (CONNACK + b"\x40\x02\x00\x09", Disconnected),
        (CONNACK + b"\x90\x04\x00\x01\x00\x00", Disconnected),
        (CONNACK + b"\xe0\x01\x8b", Disconnected),
        (CONNACK + b"\x30\xff\xff\xff\x7f", Disconnected),
    ],
)
def test_nonsense_ends_the_connection_with_a_reason_and_it_tries_again(
    pki: RehearsalPki, ears: list[Ear], answer: bytes, told: type[SessionState]
) -> None:
    broker = NonsenseBroker(pki, answer)
    broker.start()
    try:
        address = BrokerAddress(
            host="localhost",
            port=broker.port,
            authority=pki.authority,
            certificate=pki.central.certificate,
            key=pki.central.key,
        )
        ear = Ear(MqttReader(address, "central", ["up/#"], Pace(longest_wait_seconds=0.05)))
        ears.append(ear)
        for _ in range(2):
            assert isinstance(ear.next_state(), told)
        ear.session.stop()
    finally:
        broker.stop()
