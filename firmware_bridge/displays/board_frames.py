"""ViewSonic ViewBoards and BenQ boards: `len id id type cmd value... CR`, the length byte 30h + the bytes before CR.

Types are s (set), g (get), r (reply), + (taken), - (refused), A and a for the backlight. Words of the table are the
type, the command in hex, the value ("g 6C 000", or in hex digits "g 20 x0600"), and for an answer that comes in several
replies of three characters how many, with an "i" when each begins with its number ("g 31 000 4i"). Frames are cut by
length, not by CR: some answers carry raw bytes. Not here: what they mean (`tables/viewsonic.toml`,
`tables/benq-board.toml`).
"""

import re
from collections.abc import Sequence
from typing import Final

from firmware_bridge.displays.codec import Heard, Noise, Skipped, Sound, Verdict

LENGTHS: Final = (4, 8, 9, 10, 20, 31)
"""The bytes before CR of every answer that is known. Another length byte is a misprint: then the CR decides."""

HEADER: Final = re.compile(rb".\d\d[rsgAa+\-]", re.DOTALL)
PART: Final = 3
"""Characters in one reply of an answer that comes in several."""


class BoardCodec:
    """Frames of one line of boards, over RS-232 and over TCP. Without a check sum, so patterns are strict."""

    def __init__(self, password: str = "") -> None:
        self._password = password
        self._heard = b""
        self._parts: list[str] = []
        self._gathered = ""
        self._awaited = 1
        self._numbered = False
        self.ready = True

    def begin(self) -> None:
        """A new line owes nothing to the last."""
        self.forget()

    def forget(self) -> None:
        """Half a frame and half an answer are dropped."""
        self._heard, self._parts, self._gathered, self._awaited = b"", [], "", 1

    def frame(self, unit: int, words: str) -> bytes:
        """A question or a command to the board with this id (1 to 98)."""
        kind, command, value, parts = [*words.split(), "1"][:4]
        self._gathered, self._awaited = command.upper(), int(parts.rstrip("i"))
        self._numbered, self._parts = parts.endswith("i"), []
        values = bytes.fromhex(value[1:]) if value.startswith("x") else value.encode("ascii")
        body = f"{unit:02d}{kind}".encode("ascii") + bytes.fromhex(command) + values
        return bytes([0x30 + 1 + len(body)]) + body + b"\r"

    def key(self, words: str) -> str:
        """The command, in hex."""
        return words.split()[1].upper()

    def take(self, data: bytes) -> Sequence[Sound]:
        """Frames; a byte that begins none is passed over."""
        self._heard += data
        sounds: list[Sound] = []
        noise = False
        while self._heard:
            end = _length(self._heard)
            if end is None:
                break
            if end == 0:
                noise = noise or self._heard[:1] not in b"\r\n"
                self._heard = self._heard[1:]
                continue
            frame, self._heard = self._heard[:end], self._heard[end + 1 :]
            sounds += self._frame(frame)
        return [Noise(), *sounds] if noise else sounds

    def _frame(self, frame: bytes) -> list[Sound]:
        unit, kind = int(frame[1:3]), chr(frame[3])
        if kind in "+-":
            return [Heard(verdict=Verdict.TAKEN if kind == "+" else Verdict.REFUSED, unit=unit)]
        if kind != "r":
            return [Skipped()]
        command, value = f"{frame[4]:02X}", frame[5:].decode("latin-1")
        if self._awaited > 1 and command == self._gathered and len(value) == PART:
            return self._gather(unit, command, value)
        return [Heard(verdict=Verdict.ANSWER, unit=unit, key=command, payload=value)]

    def _gather(self, unit: int, command: str, value: str) -> list[Sound]:
        """One reply of several; heard when the last of them is there, in their order and without their numbers."""
        if self._numbered and value[0] == str(len(self._parts)):
            return [Skipped()] if value[1:] == self._parts[-1] else [Noise()]
        if self._numbered and value[0] != str(len(self._parts) + 1):
            self._parts = []
            return [Noise()]
        self._parts.append(value[1:] if self._numbered else value)
        if len(self._parts) < self._awaited:
            return []
        payload, self._parts = "".join(self._parts), []
        return [Heard(verdict=Verdict.ANSWER, unit=unit, key=command, payload=payload)]


def _length(heard: bytes) -> int | None:
    """The bytes before the CR of the frame that begins here; 0: none begins here; None: more must come."""
    if len(heard) < len(LENGTHS[:4]):
        return None if re.fullmatch(rb".?\d{0,2}", heard, re.DOTALL) else 0
    if HEADER.match(heard) is None:
        return 0
    said = heard[0] - 0x30
    ack = heard[3] in b"+-"
    if said in LENGTHS and ack == (said == LENGTHS[0]):
        if len(heard) <= said:
            return None
        if heard[said] == 0x0D:
            return said
    right = [length for length in LENGTHS if heard[length : length + 1] == b"\r" and ack == (length == LENGTHS[0])]
    if right:
        return right[0]
    return None if len(heard) <= LENGTHS[0 if ack else -1] else 0
