"""A ViewSonic ViewBoard in software: frames of nine bytes, long answers in one of three dialects."""

from enum import StrEnum
from typing import Final

from provisioning.rehearsal.soft_room.soft_display import SoftDisplay

SOURCES: Final = {"tv": "00", "hdmi1": "04", "hdmi2": "14", "hdmi3": "24", "ops": "07", "android": "0A"}
ALL: Final = 99
PACKET: Final = 32
_LENGTH: Final = 9


class Dialect(StrEnum):
    """How an answer that is longer than three characters is given."""

    NUMBERED = "3.1"
    PACKET = "3.2"
    PLAIN = "CDE8600"


def board_frame(unit: int, kind: str, rest: str) -> bytes:
    """A frame of this family; the letters of `rest` are bytes."""
    body = f"{unit:02d}{kind}{rest}".encode("latin-1")
    return bytes([0x31 + len(body)]) + body + b"\r"


class SoftViewsonic:
    """One connection. While it starts up it answers nothing; `tells` makes it say its changes by itself."""

    def __init__(self, display: SoftDisplay, *, dialect: Dialect = Dialect.PACKET, tells: bool = False) -> None:
        self._display = display
        self._dialect = dialect
        self._tells = tells
        self._rest = b""
        self.ended = False

    def greeting(self) -> bytes:
        """Nothing."""
        return b""

    def take(self, data: bytes, now: float) -> list[bytes]:
        """Answers to all whole commands."""
        self._rest += data
        answers: list[bytes] = []
        while len(self._rest) >= _LENGTH:
            frame = self._rest[:_LENGTH]
            if frame[0] != 0x38 or frame[8] != 0x0D or not frame[1:3].isdigit():
                self._rest = self._rest[1:]
                continue
            self._rest = self._rest[_LENGTH:]
            answers += self._command(int(frame[1:3]), frame[3:5].decode("latin-1"), frame[5:8].decode("latin-1"), now)
        return answers

    def _command(self, unit: int, command: str, value: str, now: float) -> list[bytes]:
        display = self._display
        if unit not in (ALL, display.unit) or display.power(now) == "warming":
            return []
        if display.refuses:
            answers = [board_frame(display.unit, "-", "")]
        elif command[0] == "s":
            changed = self._change(command[1], value, now)
            answers = [board_frame(display.unit, "-" if changed is None else "+", "")]
            if changed and self._tells:
                answers += self._asked(changed, now)
        else:
            answers = self._asked(command[1], now) if command[0] == "g" else []
        return [] if unit == ALL else [b"".join(answers)] if answers else []

    def _change(self, letter: str, value: str, now: float) -> str | None:
        """The letter of the question that shows the change; None when it is refused."""
        display = self._display
        match letter, value:
            case "!", "000" | "001":
                display.switch(now, on=value == "001")
                return "l"
            case '"', _ if value[1:] in SOURCES.values():
                display.source = next(word for word, code in SOURCES.items() if code == value[1:])
                return "j"
            case "5", _ if value.isdigit() and int(value) <= 100:
                display.volume = int(value)
                return "f"
            case "6", "000" | "001":
                display.muted = value == "001"
                return "g"
            case _:
                return None

    def _asked(self, letter: str, now: float) -> list[bytes]:
        display = self._display
        celsius = round(display.celsius)
        short = {
            "l": f"{int(display.power(now) == 'on'):03d}",
            "j": f"{int(display.has_signal)}{SOURCES.get(display.source, '04')}",
            "f": f"{display.volume:03d}",
            "g": f"{int(display.muted):03d}",
            "b": f"{display.brightness:03d}",
            "0": f"{celsius:03d}" if celsius >= 0 else f"{celsius:+03d}",
        }
        if letter in short:
            return [board_frame(display.unit, "r", letter + short[letter])]
        long = {"4": display.model, "7": display.serial, "8": display.firmware}
        if letter == "1":
            hours = f"{display.hours:08d}" if self._dialect is Dialect.NUMBERED else f"{display.hours:06d}"
            return self._long(letter, hours, 4)
        return self._long(letter, long[letter], 6) if letter in long else [board_frame(display.unit, "-", "")]

    def _long(self, letter: str, text: str, replies: int) -> list[bytes]:
        unit = self._display.unit
        match self._dialect:
            case Dialect.PACKET:
                lead = "201" if letter == "1" else ""
                return [board_frame(unit, "r", letter + (lead + text).ljust(PACKET - 6))]
            case Dialect.NUMBERED:
                parts = [text.ljust(2 * replies)[start : start + 2] for start in range(0, 2 * replies, 2)]
                return [board_frame(unit, "r", f"{letter}{number}{part}") for number, part in enumerate(parts, 1)]
            case Dialect.PLAIN:
                padded = text.ljust(6 if letter == "1" else 12)
                parts = [padded[start : start + 3] for start in range(0, len(padded), 3)]
                return [board_frame(unit, "r", letter + part) for part in parts]
