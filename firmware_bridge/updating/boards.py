"""Boards whose firmware can be written: a kind is a row, its name is the board id of its ident frame."""

from collections.abc import Mapping
from typing import Final

import msgspec


class BoardRow(msgspec.Struct, frozen=True, kw_only=True):
    """A microcontroller with a bootloader that speaks stk500v1."""

    signature: bytes
    """The three bytes of the chip."""
    application_bytes: int
    """Flash without the bootloader's own section."""
    page_bytes: int
    baud: int
    """The bootloader's; the firmware's is a matter of the room's plan."""


BOARDS: Final[Mapping[str, BoardRow]] = {
    "uno-atmega328p": BoardRow(
        signature=b"\x1e\x95\x0f",
        application_bytes=32 * 1024 - 512,  # optiboot has the last 512 bytes
        page_bytes=128,
        baud=115_200,
    ),
}
