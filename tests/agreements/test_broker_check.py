"""`provisioning broker check` on real brokers: it says yes to the generated rights, and sees every planted hole."""

import getpass
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.enrollment import CertificateRole, RoomDevice
from models.wire.broker_session import Connected, PublishRefused, Refused
from models.wire.mqtt_session import BrokerAddress
from provisioning.__main__ import main
from provisioning.brokers.broker_log import LogPlace, read_on
from provisioning.brokers.guest_broker import write_guest_broker
from provisioning.brokers.rights_word import read_word
from provisioning.brokers.room_broker import RoomBrokerFiles, RoomPlaces, write_room_broker
from provisioning.brokers.room_passwords import own_password_file, write_passwords
from provisioning.brokers.running_broker import BrokerByPidFile
from provisioning.mosquitto_passwords import mosquitto_hash
from tests.builders.broker_client import BrokerClient
from tests.builders.needed_programs import need
from tests.builders.transport_authority import TransportAuthority
from tests.fakes.running_mosquitto import MosquittoProcess, RunningMosquitto, free_port, mosquitto_program

PROGRAMS = {"central": CertificateRole.CENTRAL, "central-measurements": CertificateRole.MEASUREMENTS}


class CentralBench:
    """A central broker, its settings file, and the folder of certificates that the check is given."""

    def __init__(self, folder: Path) -> None:
        self.certificates = TransportAuthority(folder=folder / "pki")
        self.broker = RunningMosquitto(folder / "broker", self.certificates)
        self.folder, self.settings = folder, folder / "broker.toml"
        roles = dict.fromkeys(("box", "other-box", "revoked-box"), CertificateRole.BOX)
        for name, role in (roles | PROGRAMS).items():
            identity = self.certificates.issue(name, role)
            (folder / "check" / name).mkdir(parents=True)
            shutil.copy(identity.certificate, folder / "check" / name / "certificate.pem")
            shutil.copy(identity.key, folder / "check" / name / "key.pem")
            if name == "revoked-box":
                self.certificates.revoke(identity)
        self.certificates.write_list()
        keeper = self.certificates.issue("broker-keeper", CertificateRole.BROKER_KEEPER)
        self.settings.write_text(
            f"""
            [authority]
            address = "localhost:1"
            authorities = "pki/authorities.pem"
            certificate = "{keeper.certificate}"
            key = "{keeper.key}"
            [broker]
            host = "localhost"
            port = {self.broker.port}
            authorities = "pki/authorities.pem"
            certificate = "{self.certificates.server.certificate}"
            key = "{self.certificates.server.key}"
            revoked = "pki/revoked.pem"
            pid_file = "broker/mosquitto.pid"
            """
        )

    def check(self) -> int:
        return main(["broker", "check", "--settings", str(self.settings), "--certificates", str(self.folder / "check")])

    def plant(self, *rights: str) -> None:
        """A hole in the rights, taken into use."""
        path = self.broker.configuration.parent / "rights.acl"
        path.write_text(path.read_text() + "\n".join([*rights, ""]))
        self.broker.kill()
        self.broker.start()


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralBench]:
    need("mosquitto", mosquitto_program())
    bench = CentralBench(tmp_path)
    bench.broker.start()
    yield bench
    bench.broker.kill()


def test_the_generated_rights_of_the_central_broker_hold(
    central: CentralBench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert central.check() == 0, capsys.readouterr().out
    told = capsys.readouterr().out
    assert "revoked-box" in told
    assert ", 0 wrong." in told
    assert "central is not told" in told


def test_the_keeper_is_told_the_result_and_blames_nobody_for_the_check(central: CentralBench) -> None:
    (central.folder / "keeper").mkdir()
    central.plant("pattern read up/#")
    assert central.check() == 2
    word = read_word(central.folder / "keeper")
    assert word.wrong > 0
    assert word.tries > word.wrong
    findings, _ = read_on(central.broker.configuration.parent / "mosquitto.log", LogPlace(), "central")
    assert {one.name for one in findings.foreign_filters} == {
        "box",
        "other-box",
        "broker-keeper",
        "central-measurements",
    }
    assert all(word.excuses(one.name, one.at) for one in findings.foreign_filters)


@pytest.mark.parametrize(
    ("hole", "seen"),
    [
        ("pattern write up/#", "other-box"),
        ("pattern read down/#", "hears"),
        ("pattern readwrite elsewhere/#", "elsewhere/x"),
        ("pattern read up/+/%u/#", "hears"),
    ],
)
def test_every_hole_is_seen(central: CentralBench, capsys: pytest.CaptureFixture[str], hole: str, seen: str) -> None:
    central.plant(hole)
    assert central.check() == 2
    wrong = [line for line in capsys.readouterr().out.splitlines() if "WRONG" in line]
    assert any(seen in line for line in wrong)


def test_a_forgotten_revocation_list_is_seen(central: CentralBench, capsys: pytest.CaptureFixture[str]) -> None:
    configuration = central.broker.configuration
    lines = configuration.read_text().splitlines()
    configuration.write_text("\n".join(line for line in lines if not line.startswith("crlfile")) + "\n")
    central.broker.kill()
    central.broker.start()
    assert central.check() == 2
    assert any("revoked-box" in line and "WRONG" in line for line in capsys.readouterr().out.splitlines())


# ---- the room's broker ----


ROOM_NAME = "room-a-101.local"


class RoomBench:
    """A room's broker with one tablet and one bridged sensor."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.passwords = folder, folder / "devices.passwords"
        self.certificates = TransportAuthority(folder=folder / "pki")
        port, certificate_port, own_port, guest_port, guest_own_port = (free_port() for _ in range(5))
        self.places = RoomPlaces(
            bind="127.0.0.1",
            port=port,
            certificate_port=certificate_port,
            own_port=own_port,
            guest_port=guest_port,
            guest_own_port=guest_own_port,
        )
        served = self.certificates.issue(ROOM_NAME, CertificateRole.ROOM_BROKER)
        self.files = RoomBrokerFiles(
            certificate=served.certificate,
            key=served.key,
            passwords=self.passwords,
            device_authorities=self.certificates.authority,
        )
        self.set_devices("tab-1", "tab-2")
        self.broker = MosquittoProcess(
            write_room_broker(folder, self.files, self.places, ["co2-1"], run_as=getpass.getuser())
        )
        self.guests = MosquittoProcess(write_guest_broker(folder, self.files, self.places, run_as=getpass.getuser()))
        self.process = BrokerByPidFile(pid_file=folder / "mosquitto.pid")

    def set_devices(self, *names: str) -> None:
        write_passwords(
            self.passwords, [RoomDevice(name=name, password_hash=mosquitto_hash(f"pass {name}")) for name in names]
        )

    def device(self, name: str, *filters: str, password: str | None = None) -> BrokerClient:
        file = self.folder / f"{name}.secret"
        file.write_text(password or f"pass {name}")
        address = BrokerAddress(
            host="127.0.0.1",
            port=self.places.port,
            authority=self.certificates.authority,
            role=CertificateRole.ROOM_BROKER,
            name=ROOM_NAME,
            user_name=name,
            password_file=file,
        )
        return BrokerClient(address, name, *filters)

    def own(self, name: str, *filters: str) -> BrokerClient:
        address = BrokerAddress(
            host="127.0.0.1",
            port=self.places.own_port,
            authority=None,
            user_name=name,
            password_file=own_password_file(self.folder, name),
        )
        return BrokerClient(address, name, *filters)

    def check(self) -> int:
        return main(["broker", "check", "--room", str(self.folder), "--authorities", str(self.certificates.authority)])


@pytest.fixture
def room(tmp_path: Path) -> Iterator[RoomBench]:
    need("mosquitto", mosquitto_program())
    bench = RoomBench(tmp_path)
    bench.broker.start()
    bench.guests.start()
    yield bench
    bench.broker.kill()
    bench.guests.kill()


def stop(*clients: BrokerClient) -> None:
    for client in clients:
        client.session.stop()


def test_the_generated_rights_of_the_rooms_broker_hold_and_the_check_leaves_no_account(
    room: RoomBench, capsys: pytest.CaptureFixture[str]
) -> None:
    files = (room.passwords, room.folder / "guests.acl")
    before = [file.read_text() for file in files]
    status = room.check()
    table = capsys.readouterr().out
    assert status == 0, table
    assert "guests: device" in table
    assert [file.read_text() for file in files] == before


def test_a_hole_in_the_rooms_rights_is_seen(room: RoomBench) -> None:
    (room.folder / "network.acl").write_text("pattern write dev/%u/#\npattern read dev/#\n")
    assert room.check() == 2


def test_a_hole_in_the_rights_of_guests_is_seen(room: RoomBench, capsys: pytest.CaptureFixture[str]) -> None:
    (room.folder / "guests.acl").write_text("pattern write homeassistant/#\n")
    assert room.check() == 2
    wrong = [line for line in capsys.readouterr().out.splitlines() if "WRONG" in line]
    assert wrong
    assert all(line.startswith("guests: ") for line in wrong)


def test_a_device_speaks_for_itself_and_edge_hears_it(room: RoomBench) -> None:
    edge = room.own("edge", "dev/#").wait_until_in()
    tablet = room.device("tab-1", "dev/tab-1/cmd").wait_until_in()
    tablet.session.publish("dev/tab-2/tm", b"forged")
    assert isinstance(tablet.next_state(), PublishRefused)
    tablet.session.publish("dev/tab-1/tm", b"own")
    assert edge.heard() == ("dev/tab-1/tm", b"own")
    edge.session.publish("dev/tab-1/cmd", b"dim")
    assert tablet.heard() == ("dev/tab-1/cmd", b"dim")
    stop(edge, tablet)


def test_a_retired_device_is_thrown_off_at_the_reload_and_the_others_stay(room: RoomBench) -> None:
    retired, stays = room.device("tab-1").wait_until_in(), room.device("tab-2").wait_until_in()
    room.set_devices("tab-2")
    room.process.reload()
    retired.seconds_until_out(10)
    assert isinstance(retired.next_state(), Refused)
    assert stays.states.empty()
    stop(retired, stays)


def test_a_new_device_gets_in_after_a_reload(room: RoomBench) -> None:
    early = room.device("vr-1")
    assert isinstance(early.next_state(), Refused)
    room.set_devices("tab-1", "vr-1")
    room.process.reload()
    early.wait_until_in()
    stop(early)


def test_a_device_with_a_certificate_speaks_for_itself(room: RoomBench) -> None:
    edge = room.own("edge", "dev/#").wait_until_in()
    identity = room.certificates.issue("board-1")
    address = BrokerAddress(
        host="127.0.0.1",
        port=room.places.certificate_port,
        authority=room.certificates.authority,
        role=CertificateRole.ROOM_BROKER,
        name=ROOM_NAME,
        certificate=identity.certificate,
        key=identity.key,
    )
    board = BrokerClient(address, "board-1").wait_until_in()
    board.session.publish("dev/tab-1/tm", b"forged")
    board.session.publish("dev/board-1/tm", b"own")
    assert edge.heard() == ("dev/board-1/tm", b"own")
    stop(edge, board)


def test_using_another_devices_client_id_throws_nobody_out(room: RoomBench) -> None:
    first = room.device("tab-1").wait_until_in()
    file = room.folder / "tab-2.secret"
    file.write_text("pass tab-2")
    address = BrokerAddress(
        host="127.0.0.1",
        port=room.places.port,
        authority=room.certificates.authority,
        role=CertificateRole.ROOM_BROKER,
        name=ROOM_NAME,
        user_name="tab-2",
        password_file=file,
    )
    second = BrokerClient(address, "tab-1")
    assert second.next_state() == Connected()
    assert first.states.empty()
    stop(first, second)
