"""Everything that enrolment needs, as real programs on loopback: authority, broker, its keeper, and central's service.

Not here: a person at the pages (a browser) and the box (`EnrollingBox`, `BrokerClient`).
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from central.database import Database
from central.key_files import EVIDENCE, make_keys
from central.registers import place_register, staff_accounts
from central.registers.place_register import School
from central.upgrade import upgrade_database
from models.clock import SystemClock
from models.fleet import Revocations
from models.staff import Role
from models.wire.mqtt_session import BrokerAddress
from provisioning.brokers.keeper import Keeper, KeptBroker
from provisioning.brokers.name_holding import NameHolder
from provisioning.brokers.running_broker import BrokerByPidFile
from provisioning.brokers.settings import read_certificates
from tests.builders.running_authority import AuthorityHouse, running_authority
from tests.builders.transport_pki import Identity
from tests.fakes.running_mosquitto import RunningMosquitto

SHARDS = 16
_PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class _Papers:
    authority: Path
    revoked: Path
    server: Identity


class EnrollingHouse:
    """`address` is where central's pages are; `code_of_it` the one-time code of the IT person's account."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.authority: AuthorityHouse = stack.enter_context(running_authority(folder / "authority"))
        self.broker = RunningMosquitto(folder / "broker", self._papers())
        stack.callback(self.broker.kill)
        self.broker.start()
        self._stack = stack
        self._keep_lists()
        self.store = Database(f"sqlite:///{folder / 'central.db'}")
        self.store.start()
        stack.callback(self.store.stop)
        upgrade_database(self.store)
        self.address = self._start_central()

    def broker_address(self, folder: Path) -> BrokerAddress:
        """The broker for the holder of the `certificate.pem` in a folder."""
        return self.broker.address(_identity(folder))

    def enter_rooms(self, *rooms: str) -> None:
        now = SystemClock().now()
        with self.store.writing() as connection:
            school = School(school_id="TRUONG-1", school_name="Trường THPT Số Một", commune="Xã Ba Vì")
            place_register.add_or_change_school(connection, school, now)
            for room in rooms:
                place_register.add_or_change_room(
                    connection, room_id=room, school_id="TRUONG-1", room_name=f"Phòng {room}", is_smart=False, at=now
                )

    def code_for(self, role: Role) -> str:
        """The one-time code of an account with this role."""
        now = SystemClock().now()
        with self.store.writing() as connection:
            account = staff_accounts.create(
                connection, login=role.value, display_name="Đỗ Thị IT", role=role, room_id=None, at=now
            )
            return staff_accounts.make_code(connection, account.id, now)

    def _papers(self) -> _Papers:
        revoked = self.folder / "revoked.pem"
        with self.authority.keeper() as line:
            revoked.write_bytes(line.get("/v1/revocations", Revocations).crl)
        return _Papers(
            authority=self.authority.authorities, revoked=revoked, server=_identity(self.authority.broker_folder)
        )

    def _keep_lists(self) -> None:
        kept = KeptBroker(
            files=self.broker.files,
            issuers=read_certificates(self.authority.authorities),
            process=BrokerByPidFile(pid_file=self.folder / "broker" / "mosquitto.pid"),
            settle_seconds=0.3,
        )
        names = NameHolder(
            lambda certificate, key: self.broker.address(Identity(certificate=certificate, key=key)),
            self.folder / "names",
            1.0,
        )
        keeper = Keeper(kept, self.authority.keeper, names, self.folder / "keeper", SystemClock())
        keeper.start()
        rounds = threading.Thread(target=keeper.run, args=(0.5,), name="keeper")
        rounds.start()
        self._stack.callback(rounds.join)
        self._stack.callback(keeper.stop)

    def _start_central(self) -> str:
        own = self.authority.central_folder
        signing = self.authority.folder / "central-signing.key"
        signing.chmod(0o600)
        make_keys(self.authority.folder)
        settings = self.folder / "central.toml"
        settings.write_text(
            f"""
[database]
file = "{self.folder / "central.db"}"
[keys]
signing = "{signing}"
evidence = "{self.authority.folder / EVIDENCE}"
[broker]
host = "localhost"
port = {self.broker.port}
authority = "{self.authority.authorities}"
certificate = "{own / "certificate.pem"}"
key = "{own / "key.pem"}"
shards = {SHARDS}
[http]
port = 0
[authority]
address = "{self.authority.address}"
authorities = "{self.authority.authorities}"
certificate = "{own / "certificate.pem"}"
key = "{own / "key.pem"}"
""",
            encoding="utf-8",
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "central", "serve", "--settings", str(settings)], stdout=subprocess.PIPE, text=True
        )
        self._stack.callback(_end, process)
        assert process.stdout is not None
        address = process.stdout.readline().partition(": ")[2].strip()
        assert address, "central did not start"
        return address


@contextmanager
def enrolling_house(folder: Path) -> Iterator[EnrollingHouse]:
    """All programs, stopped in the other order."""
    with ExitStack() as stack:
        yield EnrollingHouse(folder, stack)


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE_SECONDS)
    finally:
        process.kill()
        if process.stdout is not None:
            process.stdout.close()


def _identity(folder: Path) -> Identity:
    return Identity(certificate=folder / "certificate.pem", key=folder / "key.pem")
