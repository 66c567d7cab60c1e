"""The room's plan on real brokers: foreign devices have their own topics, no others, and cannot fill the room's broker.

Attacked with paho itself: no session of ours retains anything or says more than it may.
"""

import getpass
import queue
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from models.enrollment import CertificateRole, RoomDevice
from models.foreign_topics import KIOSK_SAYS
from models.room_plan import PlannedDevice, RoomPlan, sign_plan
from models.wire.mqtt_session import BrokerAddress
from provisioning.brokers.guest_broker import GuestLimits, write_guest_broker
from provisioning.brokers.plan_rights import DEVICE_TOPICS
from provisioning.brokers.room_broker import RoomBrokerFiles, RoomPlaces, write_room_broker
from provisioning.brokers.room_passwords import own_password_file
from provisioning.device import room_broker_files
from provisioning.device.box_folder import BoxFolder, RoomRecord
from provisioning.mosquitto_passwords import mosquitto_hash
from tests.builders.broker_client import BrokerClient
from tests.builders.foreign_devices import GUESTS, KIOSK, PLUG, TABLET
from tests.builders.needed_programs import need
from tests.builders.room_plans import BOARD, DEVICES, plan
from tests.builders.transport_authority import TransportAuthority
from tests.builders.until import until
from tests.fakes.running_mosquitto import MosquittoProcess, free_port, mosquitto_program

ALL = (*DEVICES, *GUESTS, TABLET)
ACCOUNTS = ("dev-tablet", "dev-sensor", *(device.device_id for device in (*GUESTS, TABLET)), "dev-new")
MEMORY = 4 * 1024 * 1024
FULL = 100 * 1024


class Room:
    """Both brokers of a room in a box's folder, as the caretaker knows it, and a central that signs plans."""

    def __init__(self, folder: Path) -> None:
        self.box = BoxFolder(path=folder / "box")
        self.directory = self.box.room_broker
        self.directory.mkdir(parents=True)
        self.authority = TransportAuthority(folder=folder / "pki")
        self.central = Ed25519PrivateKey.generate()
        self.box.central_key.write_bytes(
            self.central.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        self.box.write_room(_record())
        self._version = 0
        self.take_plan()
        served = self.authority.issue("localhost", CertificateRole.ROOM_BROKER)
        ports = [free_port() for _ in range(4)]
        self.places = RoomPlaces(
            bind="127.0.0.1", port=ports[0], own_port=ports[1], guest_port=ports[2], guest_own_port=ports[3]
        )
        passwords = self.directory / "passwords"
        files = RoomBrokerFiles(certificate=served.certificate, key=served.key, passwords=passwords)
        me = getpass.getuser()
        self.room = MosquittoProcess(write_room_broker(self.directory, files, self.places, run_as=me))
        limits = GuestLimits(memory_bytes=MEMORY)
        self.guests = MosquittoProcess(write_guest_broker(self.directory, files, self.places, limits=limits, run_as=me))
        self._clients: list[Client] = []
        self._sessions: list[BrokerClient] = []
        room_broker_files.admit(
            self.box,
            tuple(RoomDevice(name=name, password_hash=mosquitto_hash(f"pass {name}")) for name in ACCOUNTS),
        )
        room_broker_files.follow_plan(self.box)

    def take_plan(self, *devices: PlannedDevice) -> RoomPlan:
        """As the room agent keeps it."""
        self._version += 1
        made = plan(self._version, devices=devices or ALL)
        self.box.room_plan.write_bytes(msgspec.json.encode(sign_plan(made, self.central)))
        return made

    def device(self, name: str, port: int) -> "Device":
        device = Device(name, port, self.authority.authority)
        self._clients.append(device.client)
        return device

    def room_device(self, name: str) -> "Device":
        return self.device(name, self.places.port)

    def guest(self, name: str) -> "Device":
        return self.device(name, self.places.guest_port)

    def own(self, name: str, port: int, *filters: str) -> BrokerClient:
        address = BrokerAddress(
            host="127.0.0.1",
            port=port,
            authority=None,
            user_name=name,
            password_file=own_password_file(self.directory, name),
        )
        session = BrokerClient(address, name, *filters).wait_until_in()
        self._sessions.append(session)
        return session

    def close(self) -> None:
        for client in self._clients:
            client.disconnect()
            client.loop_stop()
            client.reinitialise()  # closes the sockets that paho opens for itself
        for session in self._sessions:
            session.session.stop()
        self.room.kill()
        self.guests.kill()


class Device:
    """One that may do whatever the broker lets it."""

    def __init__(self, name: str, port: int, authority: Path) -> None:
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        inside: queue.Queue[bool] = queue.Queue()
        subscribed: queue.Queue[int] = queue.Queue()
        self.client = Client(
            CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5, reconnect_on_failure=False
        )
        self.client.username_pw_set(name, f"pass {name}")
        self.client.tls_set(ca_certs=str(authority))
        self.client.on_connect = lambda *words: inside.put(not words[3].is_failure)
        self.client.on_subscribe = lambda *words: subscribed.put(words[2])
        self.client.on_message = lambda _client, _userdata, said: self.heard.put((said.topic, bytes(said.payload)))
        self.client.connect("localhost", port)
        self.client.loop_start()
        assert inside.get(timeout=30)
        self.client.subscribe("#", 1)
        subscribed.get(timeout=30)

    def say(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(30)


def _record() -> RoomRecord:
    return RoomRecord(
        box_id="box-101",  # type: ignore[arg-type]  # a name as parse_box_id would give it
        room_id="room-101",  # type: ignore[arg-type]  # as above
        room_name="Phòng 101",
        school_id="s",
        authority_address="localhost:1",
        broker_host="localhost",
        broker_port=1,
        chain_key=b"",
    )


def _until(client: BrokerClient, topic: str) -> set[str]:
    """Every topic that is heard up to this one."""
    heard = set()
    while (one := client.heard()[0]) != topic:
        heard.add(one)
    return heard


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    need("mosquitto", mosquitto_program())
    room = Room(tmp_path)
    room.room.start()
    room.guests.start()
    yield room
    room.close()


def test_a_guest_speaks_in_its_own_trees_and_nowhere_else(room: Room) -> None:
    edge, plug = room.own("edge", room.places.guest_own_port, "#"), room.guest(PLUG)
    own = ["tele/plug-1/STATE", "stat/plug-1/RESULT", "plug-1/x/y", "homeassistant/switch/x/config"]
    others = [
        "tele/garden/STATE",
        "garden/sensor/air/state",
        "zigbee2mqtt/Cửa tủ",
        "zigbee2mqtt/bridge/state",
        "cmnd/plug-1/POWER",
        "cmnd/garden/POWER",
        "tele/plug-10/STATE",
        "dev/dev-plug/tm",
        "dev/dev-board/state",
        "freekiosk/tablet_01/state",
    ]
    for topic in [*others, *own]:
        plug.say(topic)
    assert _until(edge, own[-1]) == set(own[:-1])


def test_a_guest_hears_its_own_commands_and_not_what_others_say(room: Room) -> None:
    edge, plug, board = room.own("edge", room.places.guest_own_port, "#"), room.guest(PLUG), room.guest("dev-esp")
    board.say("garden/sensor/air/state")
    for topic in ("cmnd/garden/POWER", "garden/switch/x/command", "cmnd/plug-1/POWER"):
        edge.session.publish(topic, b"ON")
    assert plug.heard.get(timeout=30) == ("cmnd/plug-1/POWER", b"ON")
    assert _until(edge, "cmnd/plug-1/POWER") == {"garden/sensor/air/state"}, "the plan allows nothing of the board"


def test_a_new_device_may_announce_itself_and_a_tablet_may_not(room: Room) -> None:
    edge = room.own("edge", room.places.guest_own_port, "#")
    room.guest("dev-tablet").say("homeassistant/sensor/tablet/config")
    new = room.guest("dev-new")
    new.say("tele/new/STATE")
    new.say("homeassistant/sensor/new/config")
    assert _until(edge, "homeassistant/sensor/new/config") == set()


def test_a_guest_that_retains_without_end_leaves_the_rooms_broker_undisturbed(room: Room) -> None:
    edge, tablet = room.own("edge", room.places.own_port, "dev/#"), room.room_device("dev-tablet")
    attacker = room.guest(PLUG)
    for number in range(3 * MEMORY // FULL):
        attacker.client.publish(f"homeassistant/sensor/{number}/config", b"x" * FULL, qos=1, retain=True)
    until(lambda: not attacker.client.is_connected() or not attacker.client.want_write())
    assert room.guests.memory_kilobytes() < 32 * 1024
    tablet.say("dev/dev-tablet/state", b"well", retain=True)
    assert edge.heard() == ("dev/dev-tablet/state", b"well")
    assert edge.states.empty()
    room.guests.kill()
    attacker.client.disconnect()
    room.guests.start()
    again = room.own("edge", room.places.guest_own_port, "garden/#")
    room.guest("dev-esp").say("garden/status", b"online")
    assert again.heard() == ("garden/status", b"online"), "after a restart it is as new"


def test_a_guest_may_do_nothing_with_the_rooms_own_topics(room: Room) -> None:
    edge, plug = room.own("edge", room.places.own_port, "#"), room.room_device(PLUG)
    for topic in ("homeassistant/sensor/x/config", "tele/plug-1/STATE", "plug-1/x", "freekiosk/tablet_01/state"):
        plug.say(topic, retain=True)
    room.room_device("dev-tablet").say("dev/dev-tablet/tm")
    assert _until(edge, "dev/dev-tablet/tm") == set()


def test_a_tablet_with_freekiosk_has_two_topics_and_is_asked_what_the_plan_allows(room: Room) -> None:
    edge, tablet = room.own("edge", room.places.own_port, "freekiosk/#"), room.room_device(KIOSK)
    for topic in ("tablet_01/other", "tablet_01/set/url", "tablet_02/state", "tablet_01/state"):
        tablet.say(f"freekiosk/{topic}")
    assert _until(edge, "freekiosk/tablet_01/state") == set()
    for entity in ("execute_js", "url", "reboot", "keyboard_text", "screen"):
        edge.session.publish(f"freekiosk/tablet_01/set/{entity}", b"x")
    assert tablet.heard.get(timeout=30) == ("freekiosk/tablet_01/set/screen", b"x")


def test_a_new_plan_counts_at_once_and_what_left_the_room_is_forgotten(room: Room) -> None:
    bridge, tablet = room.own("bridge", room.places.own_port), room.room_device(KIOSK)
    tablet.say("freekiosk/tablet_01/state", retain=True)
    bridge.session.publish_retained(f"dev/{BOARD}/state", b"on")
    edge = room.own("edge", room.places.own_port, "freekiosk/#", "dev/#")
    assert {edge.heard()[0], edge.heard()[0]} == {"freekiosk/tablet_01/state", f"dev/{BOARD}/state"}
    room.take_plan(*(device for device in ALL if device.device_id not in (KIOSK, BOARD)))
    room_broker_files.follow_plan(room.box)
    emptied = {edge.heard() for _ in range(len(DEVICE_TOPICS) + len(KIOSK_SAYS))}
    assert emptied >= {("freekiosk/tablet_01/state", b""), (f"dev/{BOARD}/state", b"")}
    assert not any(payload for _, payload in emptied)
    bridge.session.publish(f"dev/{BOARD}/tm", b"x")
    bridge.session.publish("dev/dev-projector/tm", b"x")
    tablet.say("freekiosk/tablet_01/state")
    room.room_device("dev-sensor").say("dev/dev-sensor/tm")
    assert _until(edge, "dev/dev-sensor/tm") <= {"dev/dev-projector/tm"}


def test_a_plan_that_central_did_not_sign_changes_nothing(room: Room) -> None:
    before = {path.name: path.read_bytes() for path in room.directory.glob("*.acl")}
    forged = sign_plan(plan(9, devices=DEVICES[:1]), Ed25519PrivateKey.generate())
    room.box.room_plan.write_bytes(msgspec.json.encode(forged))
    room_broker_files.follow_plan(room.box)
    assert {path.name: path.read_bytes() for path in room.directory.glob("*.acl")} == before


def test_whoever_looks_on_hears_devices_and_announcements_and_says_nothing(room: Room) -> None:
    viewer, edge = room.own("viewer", room.places.own_port, "#"), room.own("edge", room.places.own_port, "dev/#")
    viewer.session.publish("dev/dev-tablet/state", b"forged")
    viewer.session.publish("dev/dev-tablet/cmd", b"forged")
    edge.session.publish_retained("homeassistant/device/dev-tablet/config", b"{}")
    assert viewer.heard() == ("homeassistant/device/dev-tablet/config", b"{}")
    room.room_device("dev-tablet").say("dev/dev-tablet/state", b"own")
    assert edge.heard() == ("dev/dev-tablet/state", b"own")
