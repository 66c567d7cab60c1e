"""The authority's settings: one TOML file and the files that it names, read here and nowhere else.

README.md lists every setting. Paths are relative to the settings file. Not here: making the keys (`founding`).
"""

from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from models.errors import SettingsError
from models.settings_files import read_settings_file
from provisioning.authority.room_hosts import check_template, host_of

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
FACTORY_KEYS: Final = Path(__file__).with_name("factory-keys.txt")


class ListenSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the authority listens."""

    host: str = "0.0.0.0"  # noqa: S104 - boxes of a whole province come here; TLS 1.3 and codes guard it
    port: Port = 8443


class BrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The central broker as boxes are told it."""

    host: str
    port: Port = 8883
    shards: Annotated[int, msgspec.Meta(ge=1, le=9999)] = 16


class CentralSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`receipt_keys`: central's public Ed25519 keys (PEM), the present one first, a coming one after it."""

    receipt_keys: Annotated[tuple[Path, ...], msgspec.Meta(min_length=1, max_length=4)]


class RoomBrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The brokers in each box as room devices are told them. `{room}` in `host` stands for the room (`room_hosts`)."""

    host: str = "room-{room}.local"
    port: Port = 8883
    guest_port: Port = 8885


class Lifetimes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long things are good for; the bounds keep a typing mistake from opening or locking the school."""

    typed_code_minutes: Annotated[int, msgspec.Meta(ge=1, le=30)] = 30
    printed_code_days: Annotated[int, msgspec.Meta(ge=1, le=14)] = 7
    repeat_hours: Annotated[int, msgspec.Meta(ge=1, le=72)] = 24
    box_days: Annotated[int, msgspec.Meta(ge=7, le=120)] = 90
    room_broker_days: Annotated[int, msgspec.Meta(ge=3, le=60)] = 14
    late_days: Annotated[int, msgspec.Meta(ge=0, le=180)] = 120
    program_days: Annotated[int, msgspec.Meta(ge=30, le=400)] = 397
    revocation_list_days: Annotated[int, msgspec.Meta(ge=30, le=90)] = 45
    trust_list_days: Annotated[int, msgspec.Meta(ge=30, le=90)] = 60


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the authority is told. `address` (`host:port`) is where boxes find it; `state` holds its files.

    `root` is the folder of the root key, needed only by `founding` and meant to be carried away afterwards.
    """

    address: str
    broker: BrokerSettings
    central: CentralSettings
    name: str = "Smart classroom"
    rehearsal: bool = False
    state: Path
    root: Path | None = None
    listen: ListenSettings = ListenSettings()
    room_broker: RoomBrokerSettings = RoomBrokerSettings()
    lifetimes: Lifetimes = Lifetimes()

    @property
    def host(self) -> str:
        """The name in the server certificate."""
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def hosts_of_others(self) -> frozenset[str]:
        """Names that no room's broker may have. A rehearsal has one machine for everything."""
        there = frozenset({self.host.lower(), self.broker.host.lower(), "localhost"})
        return there - {"localhost"} if self.rehearsal else there

    def room_host(self, room_id: str) -> str:
        """The name under which devices find the broker of a room. Raises RoomHostError."""
        return host_of(self.room_broker.host, room_id, self.hosts_of_others)

    @property
    def database(self) -> Path:
        """The authority's one register file."""
        return self.state / "authority.db"

    @property
    def releases(self) -> Path:
        """The published releases (`metadata/`, `targets/`), copied here from the release desk."""
        return self.state / "releases"

    @property
    def keys(self) -> Path:
        """The folder of the online keys (0700)."""
        return self.state / "keys"

    @property
    def authorities(self) -> Path:
        """PEM of the issuing and root certificate: whom to trust."""
        return self.state / "authorities.pem"

    @property
    def trust_public_key(self) -> Path:
        """PEM of the public key of trust lists."""
        return self.state / "trust.public.pem"

    @property
    def server_certificate(self) -> Path:
        """PEM of the server's certificate with its issuers, as TLS serves it."""
        return self.state / "server.pem"

    @property
    def server_key(self) -> Path:
        """PEM of the server's key (0600)."""
        return self.keys / "server.key"

    @property
    def root_folder(self) -> Path:
        """Where the root key is made."""
        return self.root if self.root is not None else self.state / "root"


def read_settings(path: Path) -> Settings:
    """The settings in a TOML file. Raises `SettingsError` that names what is wrong."""
    settings = read_settings_file(path, Settings)
    host, _, port = settings.address.rpartition(":")
    if not host or not port.isdigit():
        raise SettingsError(f"address = {settings.address!r} must be host:port, for example authority.edu.vn:8443.")
    check_template(settings.room_broker.host, settings.hosts_of_others)
    return settings


def read_receipt_keys(settings: Settings) -> tuple[bytes, ...]:
    """Central's public keys of receipts, raw. Raises `SettingsError`."""
    keys = []
    for path in settings.central.receipt_keys:
        try:
            key = load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as error:
            raise SettingsError(f"central.receipt_keys: {path} cannot be read ({error}).") from None
        if not isinstance(key, Ed25519PublicKey):
            raise SettingsError(f"central.receipt_keys: {path} is not an Ed25519 public key. Take central's own file.")
        keys.append(key.public_bytes_raw())
    return tuple(keys)


def read_factory_keys(path: Path = FACTORY_KEYS) -> frozenset[bytes]:
    """SHA-256 of public keys (SubjectPublicKeyInfo) known to many, one hex word a line. Raises `SettingsError`."""
    try:
        lines = [line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines()]
        return frozenset(bytes.fromhex(line) for line in lines if line)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path.name} cannot be read ({error}). It holds one SHA-256 in hex a line.") from None
