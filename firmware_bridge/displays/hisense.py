"""Hisense: sets with RS-232 ("Prosumer"), called by three letters of their own, and BM and DM boards on the LAN.

RS-232: `S|Q id command data check CR` (3, 4, 4 characters), answered by `id:OKAY data check CR`, WAIT or EROR; all
bytes with the check add up to 0. Words of the table: "Q POWR ????". LAN: `DD FF length C1 command 00 00 01 data xor BB
CC`, the xor over everything from the length on, answered by `AB AB ... CD CD`, whose length and xor are not always
right; DM boards say the same in hex digits. Words: "28" or "15 AAAA". Not here: what they mean (`tables/hisense.toml`).
"""

import re
from collections.abc import Sequence
from functools import reduce
from operator import xor
from typing import Final

from firmware_bridge.displays.codec import LONGEST, Heard, Noise, Sound, Verdict

ANSWER: Final = re.compile(rb"([0-9A-F]{3}):(OKAY|WAIT|EROR)([ -~]{4})(.)\r", re.DOTALL)
LAN_ANSWER: Final = re.compile(rb"\xAB\xAB(..)\xC1?(.)\x00\x00(.{0,40}?).\xCD\xCD", re.DOTALL)
HEX_ANSWER: Final = re.compile(rb"AB ?AB ?(?:[0-9A-F]{2} ?){5,50}?CD ?CD")


class HisenseCodec:
    """Lines of one set over RS-232; `identity` is what it calls itself. "ALL" would be everyone, and is not used."""

    def __init__(self, identity: str = "") -> None:
        self._identity = identity.encode("ascii")
        self._heard = b""
        self.ready = True

    def begin(self) -> None:
        """A new line owes nothing to the last."""
        self._heard = b""

    def forget(self) -> None:
        """Half an answer is dropped."""
        self._heard = b""

    def frame(self, unit: int, words: str) -> bytes:
        """A question or command."""
        del unit
        kind, command, data = words.split()
        line = kind.encode("ascii") + self._identity + command.encode("ascii") + data.encode("ascii")
        return line + bytes([-sum(line) & 0xFF]) + b"\r"

    def key(self, words: str) -> str:
        """The command; an answer does not repeat it."""
        return words.split()[1]

    def take(self, data: bytes) -> Sequence[Sound]:
        """Whole answers of this set, found by their form and their sum."""
        self._heard += data
        sounds: list[Sound] = []
        while (found := ANSWER.search(self._heard)) is not None:
            skipped, self._heard = self._heard[: found.start()], self._heard[found.end() :]
            sounds += [Noise()] if skipped.strip() else []
            if found[1] != self._identity or sum(found[0][:-1]) & 0xFF:
                sounds.append(Noise())
                continue
            sounds += _verdict(found[2], found[3].decode("ascii"))
        if len(self._heard) > LONGEST:
            self._heard = b""
            sounds.append(Noise())
        return sounds


def _verdict(word: bytes, payload: str) -> list[Sound]:
    """WAIT says that the answer is still to come."""
    match word:
        case b"WAIT":
            return []
        case b"EROR":
            return [Heard(verdict=Verdict.REFUSED)]
        case _:
            return [Heard(verdict=Verdict.TAKEN if payload == "####" else Verdict.ANSWER, payload=payload)]


class HisenseLanCodec:
    """Frames of a BM board, over TCP 8088."""

    def __init__(self, password: str = "") -> None:
        self._password = password
        self._heard = b""
        self.ready = True

    def begin(self) -> None:
        """A new line owes nothing to the last."""
        self._heard = b""

    def forget(self) -> None:
        """Half an answer is dropped."""
        self._heard = b""

    def frame(self, unit: int, words: str) -> bytes:
        """A question or command."""
        del unit
        command, _, data = words.partition(" ")
        body = bytes.fromhex(f"C1 {command} 00 00 01 {data}")
        counted = (len(body) + 1).to_bytes(2, "big") + body
        return b"\xdd\xff" + counted + bytes([reduce(xor, counted)]) + b"\xbb\xcc"

    def key(self, words: str) -> str:
        """The command's two hex digits."""
        return words[:2].upper()

    def take(self, data: bytes) -> Sequence[Sound]:
        """Answers, found by their first and last bytes."""
        self._heard += data
        sounds: list[Sound] = []
        while (found := LAN_ANSWER.search(self._heard)) is not None:
            sounds += [Noise()] if found.start() else []
            self._heard = self._heard[found.end() :]
            sounds.append(Heard(verdict=Verdict.ANSWER, key=found[2].hex().upper(), payload=found[3].hex().upper()))
        if len(self._heard) > LONGEST:
            self._heard = b""
            sounds.append(Noise())
        return sounds


class HisenseHexCodec(HisenseLanCodec):
    """Frames of a DM board, over TCP 8000: the same in hex digits with spaces."""

    def __init__(self, password: str = "") -> None:
        super().__init__(password)
        self._digits = b""

    def begin(self) -> None:
        """A new line owes nothing to the last."""
        self.forget()

    def forget(self) -> None:
        """Half an answer is dropped."""
        super().forget()
        self._digits = b""

    def frame(self, unit: int, words: str) -> bytes:
        """A question or command."""
        return super().frame(unit, words).hex(" ").upper().encode("ascii")

    def take(self, data: bytes) -> Sequence[Sound]:
        """Answers, found by their first and last digits."""
        self._digits += data.upper()
        sounds: list[Sound] = []
        while (found := HEX_ANSWER.search(self._digits)) is not None:
            self._digits = self._digits[found.end() :]
            sounds += super().take(bytes.fromhex(found[0].decode("ascii")))
        if len(self._digits) > LONGEST:
            self._digits = b""
            sounds.append(Noise())
        return sounds
