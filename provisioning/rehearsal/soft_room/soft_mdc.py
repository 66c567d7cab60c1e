"""A Samsung display in software: Multiple Display Control, plain, or secured (then it says only so)."""

from typing import Final

from provisioning.rehearsal.soft_room.soft_display import SoftDisplay

SOURCES: Final = {"pc": 0x14, "dvi": 0x18, "hdmi1": 0x21, "hdmi2": 0x23, "dp": 0x25, "ops": 0x50}
ALL: Final = 0xFE
SECURED_GREETING: Final = b"MDCSTART<<TLS>>"
_NO_SUCH_COMMAND, _WRONG_VALUE = 0x01, 0x02


class SoftMdc:
    """One connection. While it starts up (warming) it answers nothing."""

    def __init__(self, display: SoftDisplay, *, secured: bool = False) -> None:
        self._display = display
        self._secured = secured
        self._rest = bytearray()
        self.ended = False

    def greeting(self) -> bytes:
        """Nothing, or the call for TLS."""
        return SECURED_GREETING if self._secured else b""

    def take(self, data: bytes, now: float) -> list[bytes]:
        """Answers to all whole commands."""
        if self._secured:
            self.ended = True
            return []
        self._rest += data
        answers = []
        while (start := self._rest.find(0xAA)) >= 0:
            del self._rest[:start]
            if len(self._rest) < 4 or len(self._rest) < 5 + self._rest[3]:
                break
            frame = bytes(self._rest[: 5 + self._rest[3]])
            if sum(frame[1:-1]) % 256 != frame[-1]:
                del self._rest[0]
                continue
            del self._rest[: len(frame)]
            answers += self._command(frame[1], frame[2], frame[4:-1], now)
        return answers

    def _command(self, command: int, unit: int, values: bytes, now: float) -> list[bytes]:
        if self._display.power(now) == "warming" or unit not in (ALL, self._display.unit):
            return []
        given = _WRONG_VALUE if self._display.refuses else self._carry_out(command, values, now)
        if unit == ALL:
            return []
        said = bytes([0x4E, command, given]) if isinstance(given, int) else bytes([0x41, command]) + given
        body = bytes([0xFF, unit, len(said)]) + said
        return [b"\xaa" + body + bytes([sum(body) % 256])]

    def _carry_out(self, command: int, values: bytes, now: float) -> bytes | int:
        """The data of the answer, or a number for what is wrong."""
        display = self._display
        match command, list(values):
            case 0x11, [0 | 1 as on]:
                display.switch(now, on=bool(on))
            case 0x12, [volume] if volume <= 100:
                display.volume = volume
            case 0x13, [0 | 1 as muted]:
                display.muted = bool(muted)
            case 0x14, [code] if code in SOURCES.values():
                display.source = next(word for word, known in SOURCES.items() if known == code)
            case 0x25, [brightness] if brightness <= 100:
                display.brightness = brightness
            case 0xF9, [0 | 1 as off]:
                display.blanked = bool(off)
            case _, []:
                pass
            case ((0x11 | 0x12 | 0x13 | 0x14 | 0x25 | 0xF9), _):
                return _WRONG_VALUE
            case _:
                return _NO_SUCH_COMMAND
        answers = self._answers(now)
        return answers.get(command, _NO_SUCH_COMMAND)

    def _answers(self, now: float) -> dict[int, bytes]:
        display = self._display
        on = int(display.power(now) == "on")
        tens = display.hours * 6
        return {
            0x00: bytes([on, display.volume, display.muted, SOURCES.get(display.source, 0x21), 0x10, 0, 0]),
            0x0B: display.serial.encode(),
            0x0D: bytes(
                [
                    "lamp" in display.errors,
                    "temperature" in display.errors,
                    0,
                    not display.has_signal,
                    int(display.celsius),
                    "fan" in display.errors,
                ]
            ),
            0x0E: display.firmware.encode(),
            0x11: bytes([on]),
            0x12: bytes([display.volume]),
            0x13: bytes([display.muted]),
            0x14: bytes([SOURCES.get(display.source, 0x21)]),
            0x25: bytes([display.brightness]),
            0x83: tens.to_bytes(2 if tens < 1 << 16 else 4, "big"),
            0x8A: display.model.encode(),
            0xF9: bytes([display.blanked]),
        }
