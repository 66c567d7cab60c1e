"""What the bridge is told: read from files and environment here and nowhere else.

Which box it is comes from the box's certificate, which devices there are from the room's plan: neither is a setting.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Final

import msgspec

from models.errors import SettingsError
from models.identifiers import BoxId
from models.measurements import MOST_APPS, PackageName
from models.room_plan import FILE_NAME
from models.settings_files import read_settings_file
from models.wire.box_certificate import box_id_of
from models.wire.central_keys import AnyOfKeys, keys_from_pem

USER: Final = "bridge"
"""Its name on the room's broker."""

_FILE: Final = "bridge.toml"


class RoomBrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The room's broker on this machine: `port` of its listener for the box's own programs."""

    port: int = 1883
    password_file: Path = Path("room-broker/bridge.password")


class FindingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`look` false: unknown ports are never opened. `leave_alone`: ports of other programs (a QR scanner)."""

    look: bool = True
    leave_alone: tuple[str, ...] = ()


class CartSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often a headset in the cart is read. `soft_ports`: headsets in software by serial number (rehearsal).

    `apps`: packages whose versions are read of every headset, after those that the plan names. `leases`: the lease file
    of a dnsmasq that gives the room its addresses.
    """

    every_seconds: Annotated[float, msgspec.Meta(ge=10, le=3600)] = 60.0
    apps: Annotated[tuple[PackageName, ...], msgspec.Meta(max_length=MOST_APPS)] = ()
    leases: Path | None = None
    soft_ports: dict[str, Annotated[int, msgspec.Meta(gt=0, lt=65_536)]] = {}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the bridge is told; what is not said is as enrolment lays a box's folder out.

    `room_plan` is the file that the room agent keeps, `central_key` central's Ed25519 public keys (PEM) that signed it,
    `certificate` the box's; `state` is a directory for what the bridge remembers.
    """

    room_plan: Path = Path(FILE_NAME)
    central_key: Path = Path("central.public.pem")
    certificate: Path = Path("identity/current/certificate.pem")
    state: Path = Path("state")
    broker: RoomBrokerSettings = RoomBrokerSettings()
    finding: FindingSettings = FindingSettings()
    cart: CartSettings = CartSettings()


def read_settings(path: Path) -> Settings:
    """The settings in a TOML file; paths are relative to it. Raises SettingsError."""
    return _beside(path.parent, read_settings_file(path, Settings))


def settings_of_box(folder: Path) -> Settings:
    """Those of an enrolled box: its `bridge.toml`, or without one the usual places. Raises SettingsError.

    The QR scanner of the room agent is left alone.
    """
    path = folder / _FILE
    settings = read_settings(path) if path.exists() else _beside(folder, Settings())
    alone = settings.finding.leave_alone + _scanner_of(folder / "settings.toml")
    return msgspec.structs.replace(settings, finding=msgspec.structs.replace(settings.finding, leave_alone=alone))


def read_box_id(certificate: Path) -> BoxId:
    """Who the box is. Raises SettingsError when the certificate is missing, CertificateError when it names no box."""
    return box_id_of(_content(certificate, "The box's certificate"))


def read_central_keys(path: Path) -> AnyOfKeys:
    """Central's public keys. Raises SettingsError or CentralKeysError."""
    return keys_from_pem(_content(path, "Central's public key"))


def read_password(path: Path) -> str:
    """The first line of a password file. Raises SettingsError."""
    try:
        return path.read_text("utf-8").partition("\n")[0].strip("\r")
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"The password file {path} cannot be read.") from None


def notify_socket() -> str:
    """Where systemd listens for this program, empty when it does not."""
    return os.environ.get("NOTIFY_SOCKET", "")


def _beside(folder: Path, settings: Settings) -> Settings:
    broker = msgspec.structs.replace(settings.broker, password_file=folder / settings.broker.password_file)
    leases = settings.cart.leases
    cart = msgspec.structs.replace(settings.cart, leases=None if leases is None else folder / leases)
    return msgspec.structs.replace(
        settings,
        room_plan=folder / settings.room_plan,
        central_key=folder / settings.central_key,
        certificate=folder / settings.certificate,
        state=folder / settings.state,
        broker=broker,
        cart=cart,
    )


def _content(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise SettingsError(f"{what} {path} is missing. Enrol the box again.") from None


def _scanner_of(path: Path) -> tuple[str, ...]:
    try:
        scanner = tomllib.loads(path.read_text("utf-8")).get("scanner", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return ()
    source = scanner.get("source", "") if isinstance(scanner, dict) else ""
    return (source,) if isinstance(source, str) and source else ()
