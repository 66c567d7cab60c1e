"""A Philips display in software (SICP), or one of iiyama's that speaks the form with A6."""

from typing import Final

from provisioning.rehearsal.soft_room.soft_display import SoftDisplay

SOURCES: Final = {"vga": 0x05, "hdmi2": 0x06, "dp": 0x0A, "ops": 0x0B, "hdmi1": 0x0D, "dvi": 0x0E, "hdmi3": 0x0F}
ALL: Final = 0
_TAKEN, _REFUSED, _UNKNOWN = 0x06, 0x15, 0x18


class SoftSicp:
    """One connection. While it starts up it answers nothing. `iiyama`: frames begin with A6, answers with 21."""

    def __init__(self, display: SoftDisplay, *, iiyama: bool = False) -> None:
        self._display = display
        self._iiyama = iiyama
        self._rest = b""
        self.ended = False

    def greeting(self) -> bytes:
        """Nothing."""
        return b""

    def take(self, data: bytes, now: float) -> list[bytes]:
        """Answers to all whole commands."""
        self._rest += data
        answers: list[bytes] = []
        while self._rest:
            if self._iiyama:
                start, end = 7, 6 + (self._rest[5] if len(self._rest) > 5 else 3)
            else:
                start, end = 3, self._rest[0]
            if end < 5 or (self._iiyama and self._rest[0] != 0xA6):
                self._rest = self._rest[1:]
                continue
            if len(self._rest) < end:
                break
            frame, self._rest = self._rest[:end], self._rest[end:]
            if _xor(frame) == 0:
                answers += self._command(frame[1], frame[start:-1], now)
        return answers

    def _command(self, unit: int, body: bytes, now: float) -> list[bytes]:
        display = self._display
        if unit not in (ALL, display.unit) or display.power(now) == "warming":
            return []
        said = bytes([0, _REFUSED]) if display.refuses else self._carry_out(body[0], body[1:], now)
        if unit == ALL:
            return []
        if self._iiyama:
            if said[0] == 0 and said[1] == _TAKEN:
                said = b"\0\0"
            frame = bytes([0x21, display.unit, 0, 0, len(said) + 2, 1]) + said
        else:
            frame = bytes([len(said) + 4, display.unit, 1]) + said
        return [frame + bytes([_xor(frame)])]

    def _carry_out(self, command: int, values: bytes, now: float) -> bytes:
        """Command and data of the answer."""
        display = self._display
        match command, list(values):
            case 0x18, [1 | 2 as on]:
                display.switch(now, on=on == 2)
                return bytes([0, _TAKEN])
            case 0xAC, [code, *_] if code in SOURCES.values():
                display.source = next(word for word, known in SOURCES.items() if known == code)
                return bytes([0, _TAKEN])
            case 0x18 | 0xAC, _:
                return bytes([0, _REFUSED])
            case _:
                answer = self._answers(now).get(bytes([command]) + values)
                return bytes([0, _UNKNOWN]) if answer is None else bytes([command]) + answer

    def _answers(self, now: float) -> dict[bytes, bytes]:
        display = self._display
        celsius = round(display.celsius)
        return {
            b"\x19": bytes([2 if display.power(now) == "on" else 1]),
            b"\xad": bytes([SOURCES.get(display.source, 0x0D), 0, 1, 0]),
            b"\x2f": bytes([celsius, celsius - 2]),
            b"\x0f\x02": display.hours.to_bytes(2, "big"),
            b"\x59": bytes([display.has_signal]),
            b"\x15": display.serial.encode(),
            b"\xa1\x01": display.firmware.encode(),
        }


def _xor(frame: bytes) -> int:
    result = 0
    for byte in frame:
        result ^= byte
    return result
