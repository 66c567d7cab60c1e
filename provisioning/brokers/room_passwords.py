"""The password files of a room's broker, each written whole: one for its devices, one for the box's own programs.

Hashes of devices come from the authority; the passwords of the box's own names are made here and never leave the
box. Not here: the broker's configuration (`room_broker`).
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from models.durable_files import write_whole
from models.enrollment import RoomDevice
from models.errors import BadInputError
from models.identifiers import parse_box_id
from provisioning.mosquitto_passwords import make_password, mosquitto_hash

EDGE: Final = "edge"
BRIDGE: Final = "bridge"
CARETAKER: Final = "caretaker"
VIEWER: Final = "viewer"
"""Whoever looks on, as Home Assistant: it hears the room's devices and can say nothing."""

OWN_NAMES: Final = (EDGE, BRIDGE, CARETAKER, VIEWER)

_HASH = re.compile(r"\$[67]\$[A-Za-z0-9+/=$]{20,250}")


class RoomDeviceError(BadInputError):
    """A room device's name or password hash cannot stand in the broker's password file. Make it anew at the centre."""


def write_passwords(path: Path, devices: Iterable[RoomDevice]) -> None:
    """Writes who may speak on the room's broker (mode 0600), sorted by name; the broker reads it at its next reload.

    A device that is no longer in it is thrown off at that reload (Mosquitto 2.0). Raises RoomDeviceError, StorageError.
    """
    lines = {device.name: password_line(device) for device in devices}
    write_whole(path, "".join(lines[name] for name in sorted(lines)).encode("ascii"), 0o600)


def names_in(path: Path) -> frozenset[str]:
    """Who stands in a password file; nobody when there is none."""
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    return frozenset(line.partition(":")[0] for line in lines)


def password_line(device: RoomDevice) -> str:
    """The device's line in the file. Raises RoomDeviceError."""
    try:
        parse_box_id(device.name)
    except BadInputError:
        raise RoomDeviceError("A room device's name uses only letters, digits, '-' and '_', at most 63.") from None
    if device.name in OWN_NAMES:
        raise RoomDeviceError(f"The name {device.name} belongs to the box itself. Choose another.")
    if not _HASH.fullmatch(device.password_hash):
        raise RoomDeviceError(f"The password hash of {device.name} is not one of Mosquitto's. Make it anew.")
    return f"{device.name}:{device.password_hash}\n"


def prepare_own_passwords(directory: Path) -> Path:
    """Makes `<own name>.password` (0600, 128 bits) where missing; gives the broker's file of all."""
    lines = []
    for name in OWN_NAMES:
        path = own_password_file(directory, name)
        if not path.exists():
            write_whole(path, f"{make_password()}\n".encode("ascii"), 0o600)
        lines.append(f"{name}:{mosquitto_hash(path.read_text('ascii').strip())}\n")
    passwords = own_passwords_file(directory)
    write_whole(passwords, "".join(lines).encode("ascii"), 0o600)
    return passwords


def own_passwords_file(directory: Path) -> Path:
    """What both of the room's brokers read for the box's own names."""
    return directory / "own.passwords"


def own_password_file(directory: Path, name: str) -> Path:
    """Where one of the own names reads its password: the first line."""
    return directory / f"{name}.password"
