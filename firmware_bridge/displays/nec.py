"""NEC / Sharp NEC panels: `01 '0' dest '0' type len 02 payload 03 xor 0D`, the xor over everything after the 01.

Types A and B are a command and its reply, C and D the reading of a setting, E and F its change. Words of the table are
type and payload: "A 01D6", "C 0060", "E 0060 0011". NEC's projectors speak otherwise. Not here: what they mean
(`tables/nec.toml`).
"""

import re
from collections.abc import Sequence
from functools import reduce
from operator import xor
from typing import Final

from firmware_bridge.displays.codec import Heard, Noise, Sound, Verdict

FIRST_ADDRESS: Final = 0x41
"""The address byte of the display with the id 1."""

HEADER: Final = re.compile(rb"\x010(0)([\x41-\xa4])([BDF])([0-9A-F]{2})", re.DOTALL)
HEADER_LENGTH: Final = 7
TAIL_LENGTH: Final = 2
SETTING: Final = re.compile(r"(?P<result>..)(?P<code>.{4})(?P<type>..)(?P<highest>.{4})(?P<now>.{4})")
UNKNOWN: Final = "BE"
FINE: Final = "00"


class NecCodec:
    """Frames of NEC panels, over RS-232 and over TCP 7142."""

    def __init__(self, password: str = "") -> None:
        self._password = password
        self._heard = b""
        self.ready = True

    def begin(self) -> None:
        """A new line owes nothing to the last."""
        self._heard = b""

    def forget(self) -> None:
        """Half a frame is dropped."""
        self._heard = b""

    def frame(self, unit: int, words: str) -> bytes:
        """A command for the display with this id (1 to 100)."""
        kind, payload = words[0], words[1:].replace(" ", "")
        head = b"0%c0%c%02X" % (FIRST_ADDRESS + unit - 1, ord(kind), len(payload) + 2)
        body = head + b"\x02" + payload.encode("ascii") + b"\x03"
        return b"\x01" + body + bytes([reduce(xor, body)]) + b"\r"

    def key(self, words: str) -> str:
        """What a reply repeats: of a command "B" and the name of its reply, of a setting "D" or "F" and its code."""
        kind, payload = words[0], words[1:].replace(" ", "")
        if kind != "A":
            return f"{chr(ord(kind) + 1)}{payload[:4]}"
        if payload == "01D6":
            return "BD6"
        if payload.startswith("C203D6"):
            return "BC203D6"
        if payload == "B1":
            return "BA1"
        return f"B{int(payload[:2], 16) + 1:02X}{payload[2:4]}"

    def take(self, data: bytes) -> Sequence[Sound]:
        """Frames, found by header, length and xor; a byte that begins none is passed over."""
        self._heard += data
        sounds: list[Sound] = []
        noise = False
        while self._heard:
            begun = HEADER.match(self._heard)
            if begun is None:
                if self._heard[0] == 1 and len(self._heard) < HEADER_LENGTH:
                    break
                self._heard, noise = self._heard[1:], True
                continue
            end = HEADER_LENGTH + int(begun[4], 16) + TAIL_LENGTH
            if len(self._heard) < end:
                break
            frame = self._heard[:end]
            if not _sound(frame):
                self._heard, noise = self._heard[1:], True
                continue
            self._heard = self._heard[end:]
            sounds.append(_heard(frame[3] - FIRST_ADDRESS + 1, chr(frame[4]), frame[8:-3].decode("ascii")))
        return [Noise(), *sounds] if noise else sounds


def _sound(frame: bytes) -> bool:
    framed = frame[7:8] == b"\x02" and frame[-3:-2] == b"\x03" and frame[-1:] == b"\r"
    return framed and reduce(xor, frame[1:-2]) == frame[-2] and frame[8:-3].isascii()


def _heard(unit: int, kind: str, payload: str) -> Heard:
    if kind == "B":
        return _reply(unit, payload)
    setting = SETTING.fullmatch(payload)
    if setting is None:
        return Heard(verdict=Verdict.UNSUPPORTED, unit=unit)
    verdict = Verdict.ANSWER if setting["result"] == FINE else Verdict.UNSUPPORTED
    return Heard(verdict=verdict, unit=unit, key=kind + setting["code"], payload=setting["now"])


def _reply(unit: int, payload: str) -> Heard:
    if payload == UNKNOWN:
        return Heard(verdict=Verdict.UNSUPPORTED, unit=unit)
    power = re.fullmatch(r"02(?P<result>..)D6.{6}(?P<now>.{4})", payload)
    if power is not None:
        verdict = Verdict.ANSWER if power["result"] == FINE else Verdict.UNSUPPORTED
        return Heard(verdict=verdict, unit=unit, key="BD6", payload=power["now"])
    switched = re.fullmatch(r"(?P<result>..)C203D6(?P<now>.{4})", payload)
    if switched is not None:
        verdict = Verdict.ANSWER if switched["result"] == FINE else Verdict.REFUSED
        return Heard(verdict=verdict, unit=unit, key="BC203D6", payload=switched["now"])
    if payload.startswith("A1"):
        return Heard(verdict=Verdict.ANSWER, unit=unit, key="BA1", payload=payload[2:])
    return Heard(verdict=Verdict.ANSWER, unit=unit, key=f"B{payload[:4]}", payload=payload[4:])
