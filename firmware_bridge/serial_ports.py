"""The serial ports of this machine by names that last, and whether somebody uses one. Not here: opening them."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

DEVICES: Final = Path("/dev")
_FOLDERS: Final = ("serial/by-id", "serial/by-path")
_PATTERNS: Final = ("ttyUSB*", "ttyACM*")


def serial_ports(devices: Path = DEVICES) -> list[str]:
    """One path for each port: by-id where the adapter has a serial number of its own, else by-path, else its node."""
    found: dict[Path, str] = {}
    places = [path for folder in _FOLDERS for path in sorted((devices / folder).glob("*"))]
    places += [path for pattern in _PATTERNS for path in sorted(devices.glob(pattern))]
    for path in places:
        found.setdefault(path.resolve(), str(path))
    return sorted(found.values())


def same_ports(paths: Iterable[str]) -> frozenset[Path]:
    """The nodes behind these paths, to compare names of one port."""
    return frozenset(Path(path).resolve() for path in paths)


def is_held(path: str, processes: Path = Path("/proc")) -> bool:
    """Whether a process that we may look at has the port open (a QR scanner's reader takes no lock)."""
    node = str(Path(path).resolve())
    for folder in processes.glob("[0-9]*/fd"):
        try:
            with os.scandir(folder) as entries:
                if any(os.readlink(entry.path) == node for entry in entries):  # noqa: PTH115 - a Path for each descriptor of a machine is slow
                    return True
        except OSError:
            continue
    return False
