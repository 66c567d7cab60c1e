"""What names this board, as a hash: the same for enrolment (`provisioning.device`) and for the box's vitals (`edge`).

A memory card that is put into another board tells another name, so a copied card is noticed. Not here: who the box is
(its certificate).
"""

import hashlib
from pathlib import Path
from typing import Final

BENCH_PREFIX: Final = "bench-"
"""A machine's name that begins so was not measured: the card was written for a board that nobody had seen."""

_SERIAL_NUMBERS = ("proc/device-tree/serial-number", "sys/class/dmi/id/product_uuid")


def machine_identity(root: Path = Path("/")) -> str:
    """SHA-256 (hex) over the board's serial number and the addresses of its built-in network cards.

    Every account of the machine gets the same answer: what only root may read is left out. Where the board names
    nothing (a container), /etc/machine-id stands in.
    """
    words = [*_board_serial(root), *_built_in_addresses(root)] or _lines(root / "etc/machine-id")
    return hashlib.sha256("\n".join(["smart-classroom machine v1", *words]).encode()).hexdigest()


def _board_serial(root: Path) -> list[str]:
    for name in _SERIAL_NUMBERS:
        path = root / name
        if _all_may_read(path) and (words := _lines(path)):
            return words
    return []


def _built_in_addresses(root: Path) -> list[str]:
    """Cards on USB are left out: they come and go."""
    found = []
    for card in sorted((root / "sys/class/net").glob("*")):
        device = card / "device"
        if device.exists() and "/usb" not in str(device.resolve()):
            found += _lines(card / "address")
    return sorted(set(found))


def _all_may_read(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & 0o004)
    except OSError:
        return False


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    return [line for line in text.replace("\x00", "\n").splitlines() if line.strip()]
