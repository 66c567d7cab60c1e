"""Firmata 2.x in bytes: a stream cut into messages, and what a host asks (firmata/protocol, protocol.md).

Values travel as seven bits a byte, low first; bytes from 80 up begin a message. There is no check of any kind. Not
here: the conversation (`firmata`).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

VERSION_QUESTION: Final = bytes((0xF9,))
FIRMWARE_QUESTION: Final = bytes((0xF0, 0x79, 0xF7))
CAPABILITY_QUESTION: Final = bytes((0xF0, 0x6B, 0xF7))
ANALOG_MAP_QUESTION: Final = bytes((0xF0, 0x69, 0xF7))
PIN_INPUT: Final = 0x00
PIN_PULL_UP: Final = 0x0B
LONGEST_SYSEX: Final = 2048
NOT_ANALOG: Final = 0x7F


class Version(NamedTuple):
    """The protocol's version, sent at start and on request."""

    major: int
    minor: int


class Firmware(NamedTuple):
    """The sketch's name and version."""

    major: int
    minor: int
    name: str


class AnalogMap(NamedTuple):
    """The analog channel of each pin, None for a pin that has none."""

    channels: tuple[int | None, ...]


class Capabilities(NamedTuple):
    """What each pin can do: mode to resolution in bits."""

    pins: tuple[dict[int, int], ...]


class Analog(NamedTuple):
    """A raw reading of an analog channel."""

    channel: int
    value: int


class Digital(NamedTuple):
    """Eight pins, the lowest first in the lowest bit."""

    port: int
    bits: int


class Text(NamedTuple):
    """Words of the board for people."""

    text: str


class Unknown(NamedTuple):
    """A message that this program does not need."""


Message = Version | Firmware | AnalogMap | Capabilities | Analog | Digital | Text | Unknown


def report_analog(channel: int, on: int) -> bytes:
    """Begin (1) or end (0) the reports of a channel."""
    return bytes((0xC0 | channel, on))


def report_digital(port: int, on: int) -> bytes:
    """Begin (1) or end (0) the reports of a port of eight pins."""
    return bytes((0xD0 | port, on))


def set_pin(pin: int, mode: int) -> bytes:
    """Make a pin an input, with or without pull-up."""
    return bytes((0xF4, pin, mode))


def sampling_interval(milliseconds: int) -> bytes:
    """How often the board reports its analog channels."""
    return bytes((0xF0, 0x7A, milliseconds & 0x7F, milliseconds >> 7 & 0x7F, 0xF7))


class MessageSplitter:
    """Cuts a stream into messages. What is broken off by a new message is dropped and counted in `bad`."""

    def __init__(self) -> None:
        self.bad = 0
        self.stray = 0
        self._begun = bytearray()

    def take(self, data: bytes) -> list[Message]:
        """The messages that `data` completes, in order. Never raises."""
        messages: list[Message] = []
        for byte in data:
            if byte >= 0x80 and not (byte == 0xF7 and self._begun[:1] == b"\xf0"):
                self.bad += bool(self._begun)
                self._begun = bytearray((byte,)) if _length(byte) else bytearray()
                self.stray += not self._begun
                continue
            if not self._begun:
                self.stray += 1
                continue
            self._begun.append(byte)
            first = self._begun[0]
            if byte == 0xF7 or (first != 0xF0 and len(self._begun) == _length(first)):
                message = _read(bytes(self._begun))
                self._begun = bytearray()
                if message is None:
                    self.bad += 1
                else:
                    messages.append(message)
            elif len(self._begun) > LONGEST_SYSEX:
                self.bad += 1
                self._begun = bytearray()
        return messages


def _length(first: int) -> int:
    """Bytes of the message that `first` begins; 0 for one that no board sends."""
    if first in (0xF0, 0xF9) or first & 0xF0 in (0x90, 0xE0):
        return 3
    return 0


def _read(message: bytes) -> Message | None:
    first, *data = message
    if first & 0xF0 == 0xE0:
        return Analog(first & 0x0F, data[0] | data[1] << 7)
    if first & 0xF0 == 0x90:
        return Digital(first & 0x0F, data[0] | (data[1] & 1) << 7)
    if first == 0xF9:
        return Version(data[0], data[1])
    return _sysex(data[:-1])


def _sysex(data: list[int]) -> Message | None:
    match data:
        case [0x79, major, minor, *name]:
            return Firmware(major, minor, _text(name))
        case [0x6A, *channels]:
            return AnalogMap(tuple(None if channel == NOT_ANALOG else channel for channel in channels))
        case [0x6C, *modes]:
            return _capabilities(modes)
        case [0x71, *letters]:
            return Text(_text(letters))
        case []:
            return None
        case _:
            return Unknown()


def _text(sevens: Sequence[int]) -> str:
    letters = bytes(low | (high & 1) << 7 for low, high in zip(sevens[::2], sevens[1::2], strict=False))
    return "".join(letter for letter in letters.decode("utf-8", "replace") if letter.isprintable())


def _capabilities(modes: Sequence[int]) -> Capabilities | None:
    pins: list[dict[int, int]] = []
    pin: dict[int, int] = {}
    rest = iter(modes)
    for mode in rest:
        if mode == NOT_ANALOG:
            pins.append(pin)
            pin = {}
            continue
        resolution = next(rest, None)
        if resolution is None:
            return None
        pin[mode] = resolution
    return None if pin else Capabilities(tuple(pins))
