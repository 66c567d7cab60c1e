"""The generated configuration on a real Mosquitto: who gets in, and who may say and hear what."""

import queue
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from models.identifiers import BoxId
from models.wire.broker_session import Connected, Disconnected, PublishRefused, Refused, SessionState
from models.wire.mqtt_session import BrokerAddress, MqttSession, Pace
from provisioning.brokers.central_broker import BrokerLimits
from tests.builders.needed_programs import need
from tests.builders.transport_pki import Identity, RehearsalPki, prepare
from tests.fakes.running_mosquitto import RunningMosquitto, mosquitto_program, running_mosquitto

ONE, TWO = BoxId("box-1"), BoxId("box-2")
LIMITS = BrokerLimits(packet_bytes=300_000)
FENCE = "fence"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> RehearsalPki:
    return prepare(tmp_path_factory.mktemp("pki"), (ONE, TWO))


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, pki: RehearsalPki) -> Iterator[RunningMosquitto]:
    need("mosquitto", mosquitto_program())
    with running_mosquitto(tmp_path_factory.mktemp("broker"), pki, LIMITS) as running:
        yield running


class Client:
    """A session that writes down what it hears."""

    def __init__(self, address: BrokerAddress, name: str, *filters: str) -> None:
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.states: queue.Queue[SessionState] = queue.Queue()
        self.session = MqttSession(address, name, filters, Pace(longest_wait_seconds=0.2))
        self.session.start(lambda topic, payload: self.messages.put((topic, payload)), self.states.put)

    def next_state(self) -> SessionState:
        return self.states.get(timeout=30)


@pytest.fixture
def clients() -> Iterator[list[Client]]:
    made: list[Client] = []
    yield made
    for client in made:
        client.session.stop()


@pytest.fixture
def join(broker: RunningMosquitto, pki: RehearsalPki, clients: list[Client]) -> "Join":
    return Join(broker, pki, clients)


class Join:
    """Brings a party to the broker and waits until it is taken."""

    def __init__(self, broker: RunningMosquitto, pki: RehearsalPki, clients: list[Client]) -> None:
        self._broker, self._pki, self._clients = broker, pki, clients

    def __call__(self, party: str, *filters: str, client_id: str | None = None) -> Client:
        identity = self._pki.central if party == "central" else self._pki.boxes[BoxId(party)]
        client = Client(self._broker.address(identity), client_id or party, *filters)
        self._clients.append(client)
        assert client.next_state() == Connected()
        return client


@pytest.mark.parametrize("topic", [f"up/0/{ONE}/ev", f"up/17/{ONE}/hello"])
def test_a_box_speaks_to_central_on_any_shard(join: Join, topic: str) -> None:
    central = join("central", "up/#")
    join(ONE).session.publish(topic, b"x")
    assert central.messages.get(timeout=30) == (topic, b"x")


@pytest.mark.parametrize("box", [ONE, TWO])
def test_central_speaks_to_every_box(join: Join, box: BoxId) -> None:
    listener = join(box, f"down/{box}/#")
    join("central").session.publish(f"down/{box}/ack", b"x")
    assert listener.messages.get(timeout=30) == (f"down/{box}/ack", b"x")


@pytest.mark.parametrize(
    ("party", "topic"),
    [
        (ONE, f"up/0/{TWO}/ev"),
        (ONE, f"down/{ONE}/ack"),
        (ONE, f"down/{TWO}/ack"),
        (ONE, f"up/{ONE}/ev"),
        (ONE, "elsewhere"),
        ("central", f"up/0/{ONE}/ev"),
    ],
)
def test_what_a_party_may_not_say_is_an_alarm_for_it_and_reaches_nobody(join: Join, party: str, topic: str) -> None:
    box = join(TWO, f"down/{TWO}/#")
    speaker = join(party, *(["up/#"] if party == "central" else []))
    speaker.session.publish(topic, b"forged")
    assert speaker.next_state() == PublishRefused(topic=topic, reason="Not authorized")
    if party != "central":
        central = join("central", "up/#")
        speaker.session.publish(f"up/0/{ONE}/ev", FENCE.encode())
        assert central.messages.get(timeout=30) == (f"up/0/{ONE}/ev", FENCE.encode())
        central.session.publish(f"down/{TWO}/ack", FENCE.encode())
        assert box.messages.get(timeout=30) == (f"down/{TWO}/ack", FENCE.encode())
    else:
        assert speaker.messages.empty()


def test_a_box_that_subscribes_to_everything_hears_only_its_own(join: Join) -> None:
    eavesdropper = join(ONE, "#", "down/#", "up/#", f"down/{TWO}/#")
    addressee = join(TWO, f"down/{TWO}/#")
    central = join("central")
    central.session.publish(f"down/{TWO}/roster", b"for box 2")
    central.session.publish(f"down/{ONE}/ack", b"for box 1")
    assert addressee.messages.get(timeout=30) == (f"down/{TWO}/roster", b"for box 2")
    assert eavesdropper.messages.get(timeout=30) == (f"down/{ONE}/ack", b"for box 1")


def test_using_another_boxs_client_id_does_not_throw_it_out(join: Join) -> None:
    first = join(ONE, f"down/{ONE}/#")
    join(TWO, client_id=ONE)
    central = join("central")
    central.session.publish(f"down/{ONE}/ack", b"still here")
    assert first.messages.get(timeout=30) == (f"down/{ONE}/ack", b"still here")
    assert first.states.empty()


def test_an_oversized_message_is_not_delivered_and_the_client_is_told(join: Join) -> None:
    central = join("central", "up/#")
    box = join(ONE)
    box.session.publish(f"up/0/{ONE}/ev", bytes(400_000))
    assert isinstance(box.next_state(), Disconnected | PublishRefused | Refused)
    while box.next_state() != Connected():
        pass
    box.session.publish(f"up/0/{ONE}/ev", FENCE.encode())
    assert central.messages.get(timeout=30) == (f"up/0/{ONE}/ev", FENCE.encode())


def test_a_certificate_of_another_authority_is_refused_and_told_as_such(
    broker: RunningMosquitto, pki: RehearsalPki, clients: list[Client], tmp_path: Path
) -> None:
    stranger = prepare(tmp_path, (ONE,)).boxes[ONE]
    client = Client(broker.address(stranger), ONE)
    clients.append(client)
    assert isinstance(client.next_state(), Refused)
    assert isinstance(client.next_state(), Refused), "it tries again, and is refused again"
    assert pki.authority.read_bytes() != tmp_path.joinpath("authority.pem").read_bytes()


def test_a_broker_with_another_authoritys_certificate_is_not_believed(
    broker: RunningMosquitto, pki: RehearsalPki, clients: list[Client], tmp_path: Path
) -> None:
    other = prepare(tmp_path)
    client = Client(broker.address(pki.boxes[ONE], other.authority), ONE)
    clients.append(client)
    state = client.next_state()
    assert isinstance(state, Disconnected)
    assert "CERTIFICATE_VERIFY_FAILED" in state.reason


def test_a_certificate_that_is_not_there_is_told(
    broker: RunningMosquitto, clients: list[Client], tmp_path: Path
) -> None:
    client = Client(broker.address(Identity(certificate=tmp_path / "c", key=tmp_path / "k")), ONE)
    clients.append(client)
    assert isinstance(client.next_state(), Disconnected)


def tls(pki: RehearsalPki, identity: Identity | None, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pki.authority))
    context.minimum_version = context.maximum_version = version
    if identity is not None:
        context.load_cert_chain(identity.certificate, identity.key)
    return context


def test_without_a_certificate_nobody_gets_in(broker: RunningMosquitto, pki: RehearsalPki) -> None:
    with socket.create_connection(("127.0.0.1", broker.port), timeout=30) as raw:
        context = tls(pki, None, ssl.TLSVersion.TLSv1_3)
        with suppress(OSError), context.wrap_socket(raw, server_hostname="localhost") as link:
            assert link.recv(1) == b"", "the refusal arrives as an alert or as a bare end"


def test_tls_1_2_is_refused(broker: RunningMosquitto, pki: RehearsalPki) -> None:
    with socket.create_connection(("127.0.0.1", broker.port), timeout=30) as raw:
        context = tls(pki, pki.boxes[ONE], ssl.TLSVersion.TLSv1_2)
        with pytest.raises(ssl.SSLError):
            context.wrap_socket(raw, server_hostname="localhost")
