"""A room's real Mosquitto with its generated rights, for the box's own programs."""

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from models.enrollment import CertificateRole
from models.wire.mqtt_session import BrokerAddress
from provisioning.brokers.room_broker import RoomBrokerFiles, RoomPlaces, write_room_broker
from provisioning.brokers.room_passwords import own_password_file
from tests.builders.broker_client import BrokerClient
from tests.builders.transport_authority import TransportAuthority
from tests.fakes.running_mosquitto import MosquittoProcess, free_port


class OwnRoomBroker(MosquittoProcess):
    """`port` is the listener on 127.0.0.1; `bridged` are the devices that the bridge may speak for."""

    def __init__(self, directory: Path, bridged: Sequence[str]) -> None:
        self.directory = directory
        served = TransportAuthority(folder=directory / "pki").issue("localhost", CertificateRole.ROOM_BROKER)
        self.port = free_port()
        self._files = RoomBrokerFiles(
            certificate=served.certificate, key=served.key, passwords=directory / "devices.passwords"
        )
        self._places = RoomPlaces(bind="127.0.0.1", port=free_port(), own_port=self.port)
        super().__init__(self.write(bridged))

    def write(self, bridged: Sequence[str]) -> Path:
        return write_room_broker(self.directory, self._files, self._places, bridged=bridged, run_as=getpass.getuser())

    def password_file(self, name: str) -> Path:
        return own_password_file(self.directory, name)

    def address(self, name: str) -> BrokerAddress:
        return BrokerAddress(
            host="127.0.0.1", port=self.port, authority=None, user_name=name, password_file=self.password_file(name)
        )

    def client(self, name: str, *filters: str) -> BrokerClient:
        return BrokerClient(self.address(name), name, *filters).wait_until_in()


@contextmanager
def own_room_broker(directory: Path, bridged: Sequence[str]) -> Iterator[OwnRoomBroker]:
    directory.mkdir(parents=True, exist_ok=True)
    broker = OwnRoomBroker(directory, bridged)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()
