"""A provisioning authority on loopback, and boxes that enrol at it, for tests of everything that speaks to one.

`running_authority` starts the real program; `near_authority` the same server inside the test's process, with a clock
that the test moves. Both prepare their folder as `python -m provisioning authority prepare` does.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from models.clock import Clock, SystemClock
from models.enrollment import CodeKind
from models.fleet import CodesRequest, Errand, MadeCode, MadeCodes, RoomForBox
from models.identifiers import BoxId, RoomId
from models.wire.authority_line import AuthorityLine, mutual_tls, trusting
from provisioning.authority.authority import Authority
from provisioning.authority.http.connections import Limits
from provisioning.authority.http.serving import Serving
from provisioning.authority.preparation import BROKER_FOLDER, CENTRAL_NAME, KEEPER_NAME, SETTINGS_FILE, Plan, prepare
from provisioning.authority.settings import Settings
from provisioning.authority.wiring import build_authority
from tests.conftest import take_port

ERRAND = Errand(actor="it-staff", reason="a test")


class AuthorityHouse:
    """The folder of a prepared authority and the lines to it. `signing_key` is central's, for receipts and commands."""

    def __init__(self, folder: Path, clock: Clock, *, rehearsal: bool = True, broker_port: int = 8883) -> None:
        self.folder = folder
        self.signing_key = Ed25519PrivateKey.generate()
        folder.mkdir(parents=True, exist_ok=True)
        receipt_key, signing = folder / "central-signing.public.pem", folder / "central-signing.key"
        public = self.signing_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        receipt_key.write_bytes(public)
        signing.write_bytes(self.signing_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        plan = Plan(
            address=f"localhost:{take_port()}",
            listen_host="127.0.0.1",
            broker_host="localhost",
            broker_port=broker_port,
            receipt_key=receipt_key,
            rehearsal=rehearsal,
        )
        self.settings: Settings = prepare(folder, plan, clock)

    @property
    def address(self) -> str:
        return self.settings.address

    @property
    def authorities(self) -> Path:
        return self.settings.authorities

    @property
    def central_folder(self) -> Path:
        """`certificate.pem`, `key.pem`, `authorities.pem` of central."""
        return self.folder / CENTRAL_NAME

    @property
    def keeper_folder(self) -> Path:
        return self.folder / KEEPER_NAME

    @property
    def broker_folder(self) -> Path:
        """The central broker's own server certificate."""
        return self.folder / BROKER_FOLDER

    def central(self) -> AuthorityLine:
        return self.line(self.central_folder)

    def keeper(self) -> AuthorityLine:
        return self.line(self.keeper_folder)

    def line(self, folder: Path) -> AuthorityLine:
        """A line that shows the `certificate.pem` of a folder."""
        return AuthorityLine(
            self.address, lambda: mutual_tls(self.authorities, folder / "certificate.pem", folder / "key.pem")
        )

    def stranger(self) -> AuthorityLine:
        """A line without a certificate."""
        return AuthorityLine(self.address, lambda: trusting(self.authorities))

    def make_codes(self, *rooms: RoomForBox, kind: CodeKind = CodeKind.TYPED) -> MadeCodes:
        with self.central() as central:
            return central.post("/v1/codes", CodesRequest(errand=ERRAND, kind=kind, rooms=rooms), MadeCodes)

    def make_code(self, room_id: str = "A-101", replaces: BoxId | None = None) -> MadeCode:
        """One code for a room."""
        made = self.make_codes(room(room_id, replaces))
        assert not made.refused, made.refused
        return made.codes[0]


def room(room_id: str, replaces: BoxId | None = None, box_id: BoxId | None = None) -> RoomForBox:
    """A room of the school TRUONG-1."""
    return RoomForBox(
        room_id=RoomId(room_id),
        room_name=f"Phòng {room_id}",
        school_id="TRUONG-1",
        school_name="Trường THPT Số Một",
        replaces=replaces,
        box_id=box_id,
    )


class RunningProgram(AuthorityHouse):
    """`python -m provisioning authority serve` in a process of its own; its words go to `authority.log`."""

    def __init__(self, folder: Path, *, rehearsal: bool = True, broker_port: int = 8883) -> None:
        super().__init__(folder, SystemClock(), rehearsal=rehearsal, broker_port=broker_port)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return (self.folder / "authority.log").read_text(encoding="utf-8")

    def start(self) -> None:
        """Returns when it listens."""
        command = [sys.executable, "-m", "provisioning", "authority", "serve"]
        with (self.folder / "authority.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--settings", str(self.folder / SETTINGS_FILE)], stdout=log, stderr=log
            )
        begun = len(self.log)
        deadline = time.monotonic() + 60
        while self.address not in self.log[begun:]:
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(60)


@contextmanager
def running_authority(folder: Path, *, rehearsal: bool = True, broker_port: int = 8883) -> Iterator[RunningProgram]:
    """The real program."""
    program = RunningProgram(folder, rehearsal=rehearsal, broker_port=broker_port)
    program.start()
    try:
        yield program
    finally:
        program.stop()


class NearAuthority(AuthorityHouse):
    """The server inside the test's process; `authority` is the façade behind it."""

    authority: Authority
    serving: Serving


@contextmanager
def near_authority(
    folder: Path, clock: Clock, limits: Limits | None = None, *, broker_port: int = 8883
) -> Iterator[NearAuthority]:
    """The authority with the test's clock. TLS itself judges certificates by the machine's clock."""
    house = NearAuthority(folder, clock, broker_port=broker_port)
    settings = house.settings
    house.authority = build_authority(settings, clock)
    house.serving = serving = Serving(house.authority, settings, limits)
    serving.start()
    try:
        yield house
    finally:
        serving.stop()
