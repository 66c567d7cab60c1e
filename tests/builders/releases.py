"""A province's release desk, boxes that trust it, and a line to a repository that may lie."""

import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.signer import CryptoSigner

from models.enrollment import AuthorityRefusal, ExamWindow, RefusalCode
from models.roll_outs import Offer, ReleaseKind
from models.wire.authority_line import RefusedByAuthorityError
from models.wire.trust_list import FILE_NAME, TrustList, sign_trust_list, to_file
from provisioning.updates.archive import write_package
from provisioning.updates.client import ReleaseClient, trust_root
from provisioning.updates.release_desk import ReleaseDesk
from provisioning.updates.release_keys import KeyHolder, make_release_keys
from provisioning.updates.sources import NetworkSource, StickSource
from tests.fakes.manual_clock import ManualClock

START = datetime(2026, 6, 1, 2, tzinfo=UTC)


class ReleaseHouse:
    """Keys, a desk and a time; `release` adds a file, has it signed by both targets keys, and publishes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = START
        self.desk = ReleaseDesk(folder)
        self.keys: dict[KeyHolder, CryptoSigner] = make_release_keys(folder / "keys")
        self.root = self.desk.found(self.keys, self.now).read_bytes()

    def release(self, name: str, content: bytes = b"a release", kind: ReleaseKind = ReleaseKind.PACKAGE) -> Offer:
        file = self.folder / name
        file.write_bytes(content)
        return self.release_file(file, kind)

    def release_file(self, file: Path, kind: ReleaseKind = ReleaseKind.PACKAGE) -> Offer:
        offer = self.desk.add(file, kind, self.now)
        self.sign(KeyHolder.TARGETS_1, KeyHolder.TARGETS_2)
        self.publish()
        return offer

    def release_package(self, version: str, body: str = "") -> Offer:
        """A real package with one tiny real wheel `tiny`."""
        house = self.folder / f"wheels-{version}"
        tiny_wheel(house, version, body)
        archive = self.folder / f"classroom-{version}.tar"
        write_package(house, archive)
        return self.release_file(archive)

    def sign(self, *holders: KeyHolder) -> None:
        for holder in holders:
            self.desk.sign(self.keys[holder])

    def publish(self) -> None:
        self.desk.publish(self.keys[KeyHolder.ONLINE], self.now)

    def later(self, **time: float) -> None:
        """Time passes and the daily stamp is renewed."""
        self.now += timedelta(**time)
        self.publish()


class LyingLine:
    """A line to a copy of the repository; `lies` gives other pieces for a file name."""

    def __init__(self, repository: Path) -> None:
        self.repository = repository
        self.lies: dict[str, Callable[[], Iterator[bytes]]] = {}
        self.asked: list[str] = []

    def pieces(self, path: str) -> Iterator[bytes]:
        name = path.removeprefix("/v1/updates/")
        self.asked.append(name)
        if name in self.lies:
            yield from self.lies[name]()
            return
        file = self.repository / name
        if not file.is_file():
            raise RefusedByAuthorityError(AuthorityRefusal(code=RefusalCode.REQUEST_BROKEN, sentence="No such file."))
        yield file.read_bytes()


class ReleaseBox:
    """A box's folder with a trusted root and a trust list."""

    def __init__(self, folder: Path, root: bytes, now: datetime = START) -> None:
        self.folder = folder
        self.updates = folder / "updates"
        self.clock = ManualClock()
        self._trust_key = Ed25519PrivateKey.generate()
        folder.mkdir(parents=True)
        trust_root(self.updates, root)
        public = self._trust_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / "trust.public.pem").write_bytes(public)
        self.give_trust_list(now)

    def give_trust_list(self, issued_at: datetime, *exams: ExamWindow) -> None:
        trust_list = TrustList(
            version=1,
            school_id="chu-van-an",
            issued_at=issued_at,
            good_until=issued_at + timedelta(days=400),
            authorities=(),
            central_keys=(),
            boxes=(),
            revoked=(),
            exams=exams,
        )
        (self.folder / FILE_NAME).write_bytes(to_file(sign_trust_list(trust_list, self._trust_key)))

    def network(self, line: LyingLine) -> NetworkSource:
        return NetworkSource(line, self.clock)

    def client(self, source: LyingLine | Path, now: datetime) -> ReleaseClient:
        """A visit over a line, or to a stick."""
        found = StickSource(source) if isinstance(source, Path) else self.network(source)
        return ReleaseClient(self.updates, found, now)


def tiny_wheel(folder: Path, version: str, body: str = "") -> Path:
    """A real wheel of one module, `tiny`, whose VERSION is as given."""
    folder.mkdir(parents=True, exist_ok=True)
    notes = f"tiny-{version}.dist-info"
    members = {
        "tiny.py": f'VERSION = "{version}"\n{body}',
        f"{notes}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{notes}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    members[f"{notes}/RECORD"] = "".join(f"{name},,\n" for name in (*members, f"{notes}/RECORD"))
    wheel = folder / f"tiny-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return wheel
