"""A room's two brokers with a plan, as the caretaker keeps them; devices that do whatever a broker lets them."""

import getpass
import queue
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from models.enrollment import CertificateRole, RoomDevice
from models.room_plan import PlannedDevice, RoomPlan, sign_plan
from models.wire.mqtt_session import BrokerAddress
from provisioning.brokers.guest_broker import GuestLimits, write_guest_broker
from provisioning.brokers.room_broker import RoomBrokerFiles, RoomPlaces, write_room_broker
from provisioning.brokers.room_passwords import own_password_file
from provisioning.device import room_broker_files
from provisioning.device.box_folder import BoxFolder, RoomRecord
from provisioning.mosquitto_passwords import mosquitto_hash
from tests.builders.broker_client import BrokerClient
from tests.builders.foreign_devices import GUESTS, TABLET
from tests.builders.room_plans import DEVICES, plan
from tests.builders.transport_authority import TransportAuthority
from tests.fakes.running_mosquitto import MosquittoProcess, free_port

ALL = (*DEVICES, *GUESTS, TABLET)
ACCOUNTS = ("dev-tablet", "dev-sensor", *(device.device_id for device in (*GUESTS, TABLET)), "dev-new")
MEMORY = 4 * 1024 * 1024
"""Of the guests' broker."""


class PlannedRoom:
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
        self.plan = self.take_plan()
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
        """As the room agent keeps it; everything is announced."""
        self._version += 1
        made = msgspec.structs.replace(plan(self._version, devices=devices or ALL), announce=True)
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

    def own_address(self, name: str, port: int) -> BrokerAddress:
        return BrokerAddress(
            host="127.0.0.1",
            port=port,
            authority=None,
            user_name=name,
            password_file=own_password_file(self.directory, name),
        )

    def own(self, name: str, port: int, *filters: str) -> BrokerClient:
        session = BrokerClient(self.own_address(name, port), name, *filters).wait_until_in()
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
