"""Hisense in software: a set with RS-232 that has letters of its own, and a BM or DM board on the LAN."""

import re
from typing import Final

from provisioning.rehearsal.soft_room.soft_display import SoftDisplay

SOURCES: Final = {"tv": "0001", "vga": "0006", "hdmi1": "0009", "hdmi2": "0010"}
LAN_SOURCES: Final = {"pc": "0501", "dp": "0503", "hdmi2": "0504", "hdmi1": "0505", "vga": "0801"}
LETTERS: Final = "5FA"
_COMMAND: Final = re.compile(rb"([SQ])([0-9A-F]{3}|ALL)([A-Z]{4})([ -~]{4})(.)\r", re.DOTALL)
_LAN_COMMAND: Final = re.compile(rb"\xdd\xff(..\xc1(.)\x00\x00\x01(.*?).)\xbb\xcc", re.DOTALL)
_DIGITS: Final = re.compile(rb"DD FF (?:[0-9A-F]{2} )+?BB CC")


class SoftHisense:
    """One connection over RS-232. While it starts up it says WAIT."""

    def __init__(self, display: SoftDisplay) -> None:
        self._display = display
        self._rest = b""
        self.ended = False

    def greeting(self) -> bytes:
        """Nothing."""
        return b""

    def take(self, data: bytes, now: float) -> list[bytes]:
        """Answers to all whole lines."""
        self._rest += data
        answers = []
        while (found := _COMMAND.search(self._rest)) is not None:
            self._rest = self._rest[found.end() :]
            if sum(found[0][:-1]) % 256 == 0 and found[2] in (LETTERS.encode(), b"ALL"):
                said = self._command(found[1], found[3].decode(), found[4].decode(), now)
                answers += [] if found[2] == b"ALL" else [said]
        return answers

    def _command(self, kind: bytes, command: str, value: str, now: float) -> bytes:
        display = self._display
        answers = {
            "POWR": f"{int(display.power(now) == 'on'):04d}",
            "INPT": SOURCES.get(display.source, "0009"),
            "VOLM": f"{display.volume:04d}",
        }
        if display.refuses or command not in answers:
            return _line("EROR####")
        if display.power(now) == "warming":
            return _line("WAIT####")
        if kind == b"Q":
            return _line(f"OKAY{answers[command]}")
        match command, value:
            case "POWR", "0000" | "0001":
                display.switch(now, on=value == "0001")
            case "INPT", _ if value in SOURCES.values():
                display.source = next(word for word, code in SOURCES.items() if code == value)
            case _:
                return _line("EROR####")
        return _line("OKAY####")


class SoftHisenseLan:
    """One connection over the LAN: `digits` for a DM board. It sends lengths and sums that are not right."""

    def __init__(self, display: SoftDisplay, *, digits: bool = False) -> None:
        self._display = display
        self._digits = digits
        self._rest = b""
        self.ended = False

    def greeting(self) -> bytes:
        """Nothing."""
        return b""

    def take(self, data: bytes, now: float) -> list[bytes]:
        """Answers to all whole frames."""
        self._rest += data
        answers = []
        if self._digits:
            while (found := _DIGITS.search(self._rest)) is not None:
                self._rest = self._rest[found.end() :]
                answers += self._frames(bytes.fromhex(found[0].decode()), now)
            return [answer.hex(" ").upper().encode() for answer in answers]
        frames, self._rest = self._rest, b""
        return self._frames(frames, now)

    def _frames(self, data: bytes, now: float) -> list[bytes]:
        display = self._display
        answers = []
        for found in _LAN_COMMAND.finditer(data):
            check = 0
            for byte in found[1]:
                check ^= byte
            if check or display.refuses or display.power(now) == "warming":
                continue
            match found[2], found[3]:
                case b"\x28", b"":
                    source = bytes.fromhex(LAN_SOURCES.get(display.source, "0505"))
                    state = bytes([0x00 if display.power(now) == "on" else 0xFF, display.muted])
                    body = bytes([0, 0x0C, 0x28, 0, 0, display.volume]) + source + state
                    answers.append(b"\xab\xab" + body + b"\x00\x00\x99\xcd\xcd")
                case b"\x15", b"\xaa\xaa":
                    display.switch(now, on=False)
                case _:
                    pass
        return answers


def _line(said: str) -> bytes:
    line = f"{LETTERS}:{said}".encode()
    return line + bytes([-sum(line) % 256]) + b"\r"
