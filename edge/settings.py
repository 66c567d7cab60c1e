"""The box's settings: one TOML file, read here and nowhere else.

Who the box is and whether it is in rehearsal comes from its certificate, never from a setting: the certificate's common
name is the box, and only a rehearsal authority writes `rehearsal` into the organisational unit.
"""

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from models.errors import SettingsError
from models.identifiers import BoxId
from models.room_plan import FILE_NAME
from models.settings_files import read_settings_file
from models.wire.box_certificate import box_id_of, plays_school
from models.wire.central_keys import AnyOfKeys, CentralKeysError, keys_from_pem


class BrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the central broker is and how the box shows who it is (mutual TLS 1.3; PEM files)."""

    host: str
    port: int = 8883
    authority: Path
    certificate: Path
    key: Path
    shards: int = 16


class ReaderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`allowed` lists the beginnings of reader names that may be used; virtual readers work in rehearsal only."""

    allowed: tuple[str, ...] = (
        "ACS ACR1252",
        "ACS ACR1281",
        "ACS ACR122",
        "HID Global OMNIKEY 5022",
        "HID Global OMNIKEY 5422",
        "Identiv uTrust 3700",
        "Identiv uTrust 4701",
    )


class CameraSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`source` is a device number or path, a file, or the address of a stream."""

    source: str = "0"
    weights: Path = Path("models/weights")


class ScannerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`source` of a QR scanner in serial mode as pyserial opens it; empty when the scanner acts as a keyboard."""

    source: str = ""


class StationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the proctor's page is served. Any address but this machine's own needs `certificate` and `key` (PEM)."""

    host: str = "localhost"
    port: int = 8600
    certificate: Path | None = None
    key: Path | None = None


class RoomBrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The room's own broker on 127.0.0.1, where the box hears its devices; `password_file` is that of the user `edge`.

    `guest_port` is the guests' broker's, for devices that announce themselves (the same user and password).
    `store_megabytes` bounds what waits for central, `history_rows_per_second` what follows after an outage.
    """

    port: int = 1883
    guest_port: int = 1885
    password_file: Path
    store_megabytes: int = 200
    history_rows_per_second: float = 50.0


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a box is told.

    `state` is the directory of its durable store; `chain_key` its Ed25519 key (PEM, readable by the box alone);
    `central_key` central's Ed25519 public key (PEM, or several of which any counts) of receipts, rosters and commands.
    `trust_list` is the list that the caretaker keeps, `trust_key` the authority's Ed25519 public key (PEM) for it.
    `news_file` is touched when the authority has news for the caretaker. `plan_file` is where the room's plan is kept,
    for the bridge and the caretaker too. Without `room_broker` no equipment is watched.
    """

    state: Path
    chain_key: Path
    central_key: Path
    trust_list: Path | None = None
    trust_key: Path | None = None
    news_file: Path | None = None
    plan_file: Path | None = None
    room_broker: RoomBrokerSettings | None = None
    broker: BrokerSettings
    readers: ReaderSettings = ReaderSettings()
    camera: CameraSettings = CameraSettings()
    scanner: ScannerSettings = ScannerSettings()
    station: StationSettings = StationSettings()


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who the box is by its certificate."""

    box_id: BoxId
    rehearsal: bool


def read_settings(path: Path) -> Settings:
    """The settings in a TOML file; paths in it are relative to the file. Raises SettingsError naming what is wrong."""
    settings = read_settings_file(path, Settings)
    plan_file = settings.plan_file or path.parent / FILE_NAME
    return msgspec.structs.replace(settings, plan_file=plan_file)


def read_identity(certificate: Path) -> Identity:
    """Who the box is. Raises SettingsError when the certificate is missing, CertificateError when it names no box."""
    try:
        pem = certificate.read_bytes()
    except OSError:
        raise SettingsError(f"The box's certificate {certificate} is missing. Enrol the box again.") from None
    return Identity(box_id=box_id_of(pem), rehearsal=plays_school(pem))


def read_chain_key(path: Path) -> Ed25519PrivateKey:
    """The box's signing key. Raises SettingsError when it is missing, of another kind, or readable by others."""
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"The key {path} can be read by others. Run: chmod 600 {path}")
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError):
        raise SettingsError(f"The box's chain key {path} is missing or broken. Enrol the box again.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"The box's chain key {path} is not an Ed25519 key. Enrol the box again.")
    return key


def read_central_keys(path: Path) -> AnyOfKeys:
    """Central's public keys, one PEM block after the other. Raises SettingsError when one is missing or not Ed25519."""
    try:
        return keys_from_pem(path.read_bytes())
    except (OSError, CentralKeysError):
        raise SettingsError(f"Central's public key {path} is missing or broken. Enrol the box again.") from None


def read_public_key(path: Path, whose: str) -> Ed25519PublicKey:
    """The public key of central or of the authority. Raises SettingsError when it is missing or of another kind."""
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    return _public_key(content, path, whose)


def _public_key(pem: bytes, path: Path, whose: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem)
    except ValueError:
        raise SettingsError(f"{whose} public key {path} is missing or broken. Enrol the box again.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(f"{whose} public key {path} is not an Ed25519 key. Enrol the box again.")
    return key
