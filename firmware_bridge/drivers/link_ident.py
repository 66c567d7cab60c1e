"""The ident frame of sensor link v1: who a board is, and what its channels measure (firmware_bridge/PROTOCOL.md)."""

from typing import Final

import msgspec

from firmware_bridge.drivers.columns import Column, column
from firmware_bridge.drivers.metric_names import plain_name
from firmware_bridge.drivers.scaling import ScaleError

HEAD: Final = 7
"""Type, seq, t_ms: the fields begin behind them."""
FIRST_CHANNEL: Final = 0x10
MOST_CHANNELS: Final = 120
_TEXTS: Final = {1: "name", 2: "version", 3: "git", 4: "board", 5: "serial"}


class Ident(msgspec.Struct, frozen=True, kw_only=True):
    """What a board says it is; "" where it says nothing. `channels` by their number."""

    name: str = ""
    version: str = ""
    git: str = ""
    board: str = ""
    serial: str = ""
    channels: dict[int, Column] = {}

    @property
    def firmware(self) -> str:
        """Name, version and source in one line."""
        return " ".join(word for word in (self.name, self.version, self.git) if word)

    def with_more(self, more: "Ident") -> "Ident":
        """This with what a further ident frame of the same run of the board says."""
        return Ident(
            name=more.name or self.name,
            version=more.version or self.version,
            git=more.git or self.git,
            board=more.board or self.board,
            serial=more.serial or self.serial,
            channels={**self.channels, **more.channels},
        )


def read_ident(payload: bytes) -> Ident | None:
    """The ident of a payload of type `i`, or None when a field runs over its end. Unknown tags are skipped."""
    texts: dict[str, str] = {}
    channels: dict[int, Column] = {}
    at = HEAD
    while at + 2 <= len(payload):
        tag, length = payload[at], payload[at + 1]
        value = payload[at + 2 : at + 2 + length]
        if len(value) < length:
            return None
        at += 2 + length
        text = "".join(letter for letter in value.decode("utf-8", "replace") if letter.isprintable())
        if tag in _TEXTS:
            texts[_TEXTS[tag]] = text[:60]
        elif FIRST_CHANNEL <= tag < FIRST_CHANNEL + MOST_CHANNELS:
            described = _channel(text)
            if described is not None:
                channels[tag - FIRST_CHANNEL] = described
    return Ident(**texts, channels=channels) if at == len(payload) else None


def _channel(text: str) -> Column | None:
    """`name|unit|scale|offset`; None, so that the raw number is passed on, when it cannot be used."""
    name, unit, scale, offset, *_ = (word.strip() for word in [*text.split("|"), "", "", "", ""])
    try:
        return column(name, unit, scale or "1", offset or "0") if plain_name(name) else None
    except ScaleError:
        return None
