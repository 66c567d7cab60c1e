"""A student's board in software that prints lines: several forms, with or without marks, an interpreter's banner."""

import binascii
import json
from enum import StrEnum

from provisioning.rehearsal.soft_room.soft_sensor import Readings, classroom

BANNER = (
    "MPY: soft reboot",
    "MicroPython v1.24.1 on 2024-11-29; soft board with no processor",
    'Type "help()" for more information.',
    ">>> ",
)


class TextForm(StrEnum):
    """How it prints a reading."""

    JSON = "json"
    NAMES = "names"
    CSV = "csv"
    PROSE = "prose"
    NUMBER = "number"


class SoftTextBoard:
    """One board; `marked` puts `*HHHH` behind each line, `banner` prints an interpreter's greeting at first."""

    def __init__(
        self,
        form: TextForm = TextForm.JSON,
        period_ms: int = 1000,
        readings: Readings = classroom,
        mark: str = "none",
        greeting: tuple[str, ...] = (),
    ) -> None:
        self._form = form
        self._period = period_ms / 1000
        self._readings = readings
        self._mark = mark
        self._greeting = greeting
        self._next = 0.0
        self.heard = b""
        """Everything that was ever written to it."""

    def opened(self, now: float) -> bytes:
        """Banner, and the header of columns."""
        self._next = now + self._period
        header = self._line(",".join(self._readings(now))) if self._form is TextForm.CSV else b""
        return b"".join(line.encode() + b"\r\n" for line in self._greeting) + header

    def take(self, data: bytes, now: float) -> bytes:
        """It does not listen, and remembers."""
        del now
        self.heard += data
        return b""

    def tick(self, now: float) -> bytes:
        """Lines that are due."""
        said = b""
        while now >= self._next:
            said += self._line(self._text(self._readings(self._next)))
            self._next += self._period
        return said

    def _text(self, values: dict[str, float]) -> str:
        match self._form:
            case TextForm.JSON:
                return json.dumps(values, separators=(",", ":"))
            case TextForm.NAMES:
                return " ".join(f"{name}:{value}" for name, value in values.items())
            case TextForm.CSV:
                return ",".join(str(value) for value in values.values())
            case TextForm.PROSE:
                return f"Humidity: {values['humidity']:.2f}%  Temperature: {values['temperature']:.2f}°C"
            case TextForm.NUMBER:
                return f"{values['temperature']}C"

    def _line(self, text: str) -> bytes:
        content = text.encode()
        check = f"*{binascii.crc_hqx(content, 0xFFFF):04X}".encode() if self._mark == "crc" else b""
        return content + check + b"\r\n"
