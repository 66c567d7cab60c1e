"""One tablet's password does not take the room's broker down, and what a retired tablet left there is forgotten.

Attacked with paho itself: no session of ours retains anything or says more than it may.
"""

import getpass
import queue
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from models.enrollment import CertificateRole, RoomDevice
from models.wire.mqtt_session import BrokerAddress
from provisioning.brokers.departed_devices import NotForgottenError
from provisioning.brokers.plan_rights import DEVICE_TOPICS
from provisioning.brokers.room_broker import (
    RoomBrokerFiles,
    RoomLimits,
    RoomPlaces,
    write_room_broker,
)
from provisioning.brokers.room_passwords import own_password_file
from provisioning.device import room_broker_files
from provisioning.device.box_folder import BoxFolder
from provisioning.mosquitto_passwords import mosquitto_hash
from tests.builders.broker_client import BrokerClient
from tests.builders.needed_programs import need
from tests.builders.transport_authority import TransportAuthority
from tests.fakes.running_mosquitto import MosquittoProcess, free_port, mosquitto_program

MEMORY = 4 * 1024 * 1024
FULL = b"x" * (15 * 1024)


class Room:
    """A room's broker with tablets and little memory, in a box's folder as the caretaker knows it."""

    def __init__(self, folder: Path) -> None:
        self.box = BoxFolder(path=folder / "box")
        self.directory = self.box.room_broker
        self.directory.mkdir(parents=True)
        self.authority = TransportAuthority(folder=folder / "pki")
        served = self.authority.issue("localhost", CertificateRole.ROOM_BROKER)
        self.places = RoomPlaces(bind="127.0.0.1", port=free_port(), own_port=free_port())
        passwords = self.directory / "passwords"
        self.files = RoomBrokerFiles(certificate=served.certificate, key=served.key, passwords=passwords)
        limits = RoomLimits(memory_bytes=MEMORY)
        configuration = write_room_broker(
            self.directory, self.files, self.places, limits=limits, run_as=getpass.getuser()
        )
        self.broker = MosquittoProcess(configuration)
        self.clients: list[Client] = []
        self.sessions: list[BrokerClient] = []

    def admit(self, *names: str) -> None:
        devices = tuple(RoomDevice(name=name, password_hash=mosquitto_hash(f"pass {name}")) for name in names)
        room_broker_files.admit(self.box, devices)

    def tablet(self, name: str) -> Client:
        """One that may do whatever the broker lets it."""
        client = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5)
        client.username_pw_set(name, f"pass {name}")
        client.tls_set(ca_certs=str(self.authority.authority))
        inside: queue.Queue[bool] = queue.Queue()
        client.on_connect = lambda _client, _userdata, _flags, code, _properties: inside.put(not code.is_failure)
        client.connect("localhost", self.places.port)
        client.loop_start()
        self.clients.append(client)
        assert inside.get(timeout=30)
        return client

    def edge(self) -> BrokerClient:
        address = BrokerAddress(
            host="127.0.0.1",
            port=self.places.own_port,
            authority=None,
            user_name="edge",
            password_file=own_password_file(self.directory, "edge"),
        )
        edge = BrokerClient(address, "edge", "dev/#").wait_until_in()
        self.sessions.append(edge)
        return edge

    def close(self) -> None:
        for client in self.clients:
            client.disconnect()
            client.loop_stop()
        for session in self.sessions:
            session.session.stop()
        self.broker.kill()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    need("mosquitto", mosquitto_program())
    room = Room(tmp_path)
    room.admit("tab-1", "tab-2")
    room.broker.start()
    yield room
    room.close()


def _retain(client: Client, topic: str, payload: bytes) -> MQTTMessageInfo:
    return client.publish(topic, payload, qos=1, retain=True)


def _hear(edge: BrokerClient, topic: str) -> bytes:
    """The next message on a topic, among others."""
    while True:
        heard = edge.heard()
        if heard[0] == topic:
            return heard[1]


def _retained(room: Room) -> set[str]:
    """What an edge that comes in is told; then tab-2's own word, so that nothing is still on its way."""
    edge = room.edge()
    told = set()
    room.tablet("tab-2").publish("dev/tab-2/tm", b"now", qos=1)
    while (heard := edge.heard()) != ("dev/tab-2/tm", b"now"):
        told.add(heard[0])
    return told


def test_a_tablet_that_fills_whatever_it_can_leaves_the_others_and_edge_undisturbed(room: Room) -> None:
    edge, other, attacker = room.edge(), room.tablet("tab-2"), room.tablet("tab-1")
    tries = [f"dev/tab-1/{number}" for number in range(2 * MEMORY // len(FULL))]
    tries += [f"dev/tab-1/{topic}/{number}" for topic in DEVICE_TOPICS for number in range(40)]
    for start in range(0, len(tries), 20):
        for said in [_retain(attacker, topic, FULL) for topic in tries[start : start + 20]]:
            said.wait_for_publish(10)
    for topic in DEVICE_TOPICS:
        _retain(attacker, f"dev/tab-1/{topic}", FULL).wait_for_publish(10)
    assert room.broker.memory_kilobytes() < 32 * 1024
    assert other.is_connected()
    _retain(other, "dev/tab-2/state", b"well").wait_for_publish(10)
    assert _hear(edge, "dev/tab-2/state") == b"well"
    edge.session.publish("dev/tab-2/cmd", b"dim")
    assert edge.states.empty()
    assert _retained(room) == {f"dev/tab-1/{topic}" for topic in DEVICE_TOPICS} | {"dev/tab-2/state"}


def test_a_message_larger_than_a_device_needs_ends_the_senders_session_alone(room: Room) -> None:
    edge, other, attacker = room.edge(), room.tablet("tab-2"), room.tablet("tab-1")
    out: queue.Queue[str] = queue.Queue()
    attacker.on_disconnect = lambda _client, _userdata, _flags, code, _properties: out.put(str(code))
    _retain(attacker, "dev/tab-1/tm", b"x" * (17 * 1024))
    assert out.get(timeout=30)
    other.publish("dev/tab-2/tm", b"well", qos=1)
    assert edge.heard() == ("dev/tab-2/tm", b"well")


def test_an_edge_that_comes_in_is_told_everything_that_a_full_room_retains(room: Room) -> None:
    names = [f"tab-{number}" for number in range(1, 126)]
    room.admit(*names)
    topics = {f"dev/{name}/{topic}" for name in names for topic in DEVICE_TOPICS}
    for name in names:
        tablet = room.tablet(name)
        for said in [_retain(tablet, f"dev/{name}/{topic}", b"x" * 500) for topic in DEVICE_TOPICS]:
            said.wait_for_publish(10)
        tablet.disconnect()
        tablet.loop_stop()
    assert topics <= _retained(room) | {"dev/tab-2/tm"}


def test_what_a_retired_tablet_left_is_forgotten_and_the_others_words_stay(room: Room) -> None:
    retired, stays = room.tablet("tab-1"), room.tablet("tab-2")
    for topic in DEVICE_TOPICS:
        _retain(retired, f"dev/tab-1/{topic}", b"old").wait_for_publish(10)
    _retain(stays, "dev/tab-2/state", b"well").wait_for_publish(10)
    room.admit("tab-2")
    assert _retained(room) == {"dev/tab-2/state"}


def test_a_broker_that_was_away_forgets_at_the_next_round(room: Room) -> None:
    _retain(room.tablet("tab-1"), "dev/tab-1/about", b"old").wait_for_publish(10)
    room.broker.stop()
    with pytest.raises(NotForgottenError, match="1 retired"):
        room.admit("tab-2")
    room.broker.start()
    room.admit("tab-2")
    assert _retained(room) == set()
