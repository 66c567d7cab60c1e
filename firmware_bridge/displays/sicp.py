"""Philips SICP: `size id group command data... xor`; and iiyama's form of it, which begins with A6.

Words of the table are hex digits: the command, then its data ("18 02"). An answer has the group 01, its command and
data, or the command 00 and 06 (taken), 15 (refused), 18 (not available). iiyama: `A6 id 00 00 00 length 01 command data
xor`, answered by `21 id 00 00 length 01 command data xor`, where length counts what follows it. Not here: what they
mean (`tables/sicp.toml`).
"""

from collections.abc import Sequence
from functools import reduce
from operator import xor
from typing import Final, Protocol

from firmware_bridge.displays.codec import Heard, Noise, Sound, Verdict

ANSWER_GROUP: Final = 1
SHORTEST: Final = 6
LONGEST_FRAME: Final = 40
IIYAMA_ASKS: Final = 0xA6
IIYAMA_ANSWERS: Final = 0x21
IIYAMA_HEAD: Final = 5
VERDICTS: Final = {0x00: Verdict.TAKEN, 0x06: Verdict.TAKEN, 0x15: Verdict.REFUSED, 0x18: Verdict.UNSUPPORTED}


class _Form(Protocol):
    """How bytes become frames."""

    def write(self, unit: int, body: bytes) -> bytes:
        """A frame for command and data."""

    def length(self, heard: bytes) -> int | None:
        """The length of the frame that begins here; 0: none begins here; None: more must come."""

    def read(self, frame: bytes) -> tuple[int, bytes]:
        """Who speaks; command and data."""


class _Philips:
    def write(self, unit: int, body: bytes) -> bytes:
        return bytes([len(body) + 4, unit, 0]) + body

    def length(self, heard: bytes) -> int | None:
        if not SHORTEST <= heard[0] <= LONGEST_FRAME:
            return 0
        if len(heard) > 3 and heard[2] != ANSWER_GROUP and heard[2:4] != b"\0\0":
            return 0
        return heard[0] if len(heard) >= heard[0] else None

    def read(self, frame: bytes) -> tuple[int, bytes]:
        return frame[1], frame[3:-1]


class _Iiyama:
    def write(self, unit: int, body: bytes) -> bytes:
        return bytes([IIYAMA_ASKS, unit, 0, 0, 0, len(body) + 2, 1]) + body

    def length(self, heard: bytes) -> int | None:
        if heard[0] != IIYAMA_ANSWERS:
            return 0
        if len(heard) < IIYAMA_HEAD:
            return None
        if heard[2:4] != b"\0\0" or not 4 <= heard[4] <= LONGEST_FRAME:
            return 0
        end = IIYAMA_HEAD + heard[4]
        return end if len(heard) >= end else None

    def read(self, frame: bytes) -> tuple[int, bytes]:
        return frame[1], frame[6:-1]


class SicpCodec:
    """Frames of Philips displays, over RS-232 and over TCP 5000. The id 0 means all, and is not used."""

    def __init__(self, password: str = "", form: _Form | None = None) -> None:
        self._password = password
        self._form: Final = form or _Philips()
        self._heard = b""
        self.ready = True

    def begin(self) -> None:
        """A new line owes nothing to the last."""
        self._heard = b""

    def forget(self) -> None:
        """Half a frame is dropped."""
        self._heard = b""

    def frame(self, unit: int, words: str) -> bytes:
        """A question or command."""
        frame = self._form.write(unit, bytes.fromhex(words))
        return frame + bytes([reduce(xor, frame)])

    def key(self, words: str) -> str:
        """The command's two hex digits."""
        return words.strip()[:2].upper()

    def take(self, data: bytes) -> Sequence[Sound]:
        """Frames, found by length and xor; a byte that begins none is passed over."""
        self._heard += data
        sounds: list[Sound] = []
        noise = False
        while self._heard:
            end = self._form.length(self._heard)
            if end is None:
                break
            frame = self._heard[:end]
            if not frame or reduce(xor, frame[:-1]) != frame[-1]:
                self._heard, noise = self._heard[1:], True
                continue
            self._heard = self._heard[end:]
            sounds.append(_heard(*self._form.read(frame)))
        return [Noise(), *sounds] if noise else sounds


def iiyama_codec(password: str = "") -> SicpCodec:
    """The codec of iiyama's form."""
    return SicpCodec(password, _Iiyama())


def _heard(unit: int, body: bytes) -> Heard | Noise:
    if body[0]:
        return Heard(verdict=Verdict.ANSWER, unit=unit, key=f"{body[0]:02X}", payload=body[1:].hex().upper())
    verdict = VERDICTS.get(body[1])
    return Noise() if verdict is None else Heard(verdict=verdict, unit=unit)
