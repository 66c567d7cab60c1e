"""The room's broker shows what a careful device believes: the authority's certificate for the name of the room."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from provisioning.brokers.room_broker import RoomBrokerFiles, RoomPlaces, write_room_broker
from provisioning.device import room_broker_files
from provisioning.device.authority_talk import line_with, speaking_identity
from provisioning.device.box_folder import BoxFolder
from tests.builders.box_enrollment import enroll_box
from tests.builders.needed_programs import need
from tests.builders.running_authority import NearAuthority, near_authority
from tests.fakes.manual_clock import ManualClock
from tests.fakes.running_mosquitto import MosquittoProcess, free_port, mosquitto_program


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def authority(tmp_path: Path, clock: ManualClock) -> Iterator[NearAuthority]:
    with near_authority(tmp_path / "authority", clock) as house:
        yield house


def served(box: BoxFolder) -> x509.Certificate:
    return x509.load_pem_x509_certificates((box.room_broker / "served.pem").read_bytes())[0]


def test_a_tablet_that_checks_name_and_authority_believes_the_rooms_broker(
    authority: NearAuthority, tmp_path: Path
) -> None:
    need("mosquitto", mosquitto_program())
    box = BoxFolder(path=tmp_path / "box")
    enroll_box(box.path, authority.make_code("a-101").code, authority.address)
    places = RoomPlaces(bind="127.0.0.1", port=free_port(), own_port=free_port())
    pem = box.room_broker / "served.pem"
    files = RoomBrokerFiles(certificate=pem, key=pem, passwords=box.room_broker / "passwords")
    broker = MosquittoProcess(write_room_broker(box.room_broker, files, places, run_as=pem.owner()))
    broker.start()
    try:
        careful = ssl.create_default_context(cafile=str(authority.authorities))
        with (
            socket.create_connection(("127.0.0.1", places.port), timeout=30) as plain,
            careful.wrap_socket(plain, server_hostname="room-a-101.local") as line,
        ):
            assert line.version() == "TLSv1.3"
        with (
            socket.create_connection(("127.0.0.1", places.port), timeout=30) as plain,
            pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
        ):
            careful.wrap_socket(plain, server_hostname="room-a-102.local")
    finally:
        broker.kill()


def test_it_is_certified_once_and_again_at_two_thirds_of_its_life(
    authority: NearAuthority, clock: ManualClock, tmp_path: Path
) -> None:
    box = BoxFolder(path=tmp_path / "box")
    enroll_box(box.path, authority.make_code("A-101").code, authority.address)
    first, now = served(box), clock.now()
    assert not room_broker_files.wants_certificate(box, now + timedelta(days=9))
    assert room_broker_files.wants_certificate(box, now + timedelta(days=10))
    with line_with(box, speaking_identity(box, now)) as line:
        room_broker_files.certify(box, line)
    assert served(box).public_key() != first.public_key()
    assert not (box.room_broker / "next").exists()


def test_a_power_cut_before_the_answer_was_kept_costs_nothing(
    authority: NearAuthority, clock: ManualClock, tmp_path: Path
) -> None:
    box = BoxFolder(path=tmp_path / "box")
    enroll_box(box.path, authority.make_code("A-101").code, authority.address)
    with line_with(box, speaking_identity(box, clock.now())) as line:
        room_broker_files.certify(box, line)
        key = (box.room_broker / "served.pem").read_bytes().partition(b"-----BEGIN PRIVATE KEY")[2]
        answered = served(box).serial_number
        half = box.room_broker / "next"
        half.mkdir(mode=0o700)
        (half / "key.pem").write_bytes(b"-----BEGIN PRIVATE KEY" + key)
        room_broker_files.certify(box, line)
    assert served(box).serial_number == answered
