"""A NEC panel in software: framed ASCII with an xor, messages of the types A to F."""

from typing import Final

from provisioning.rehearsal.soft_room.soft_display import SoftDisplay

SOURCES: Final = {"vga": 0x01, "dvi": 0x03, "ops": 0x0D, "dp": 0x0F, "dp2": 0x10, "hdmi1": 0x11, "hdmi2": 0x12}
ALL: Final = 0x2A
_FIRMWARE_LETTERS: Final = 14


class SoftNec:
    """One connection. While it starts up it answers nothing."""

    def __init__(self, display: SoftDisplay) -> None:
        self._display = display
        self._rest = b""
        self._sensor = 1
        self.ended = False

    def greeting(self) -> bytes:
        """Nothing."""
        return b""

    def take(self, data: bytes, now: float) -> list[bytes]:
        """Answers to all whole messages."""
        self._rest += data
        answers = []
        while (start := self._rest.find(b"\x01")) >= 0:
            self._rest = self._rest[start:]
            if len(self._rest) < 7:
                break
            try:
                length = int(self._rest[5:7], 16)
            except ValueError:
                self._rest = self._rest[1:]
                continue
            if len(self._rest) < 9 + length:
                break
            frame, self._rest = self._rest[: 9 + length], self._rest[9 + length :]
            if _xor(frame[1:-2]) == frame[-2] and frame[-1] == 0x0D:
                answers += self._message(frame[2], chr(frame[4]), frame[8:-3].decode("latin-1"), now)
        return answers

    def _message(self, address: int, kind: str, payload: str, now: float) -> list[bytes]:
        own = 0x40 + self._display.unit
        if self._display.power(now) == "warming" or address not in (ALL, own):
            return []
        match kind:
            case "A":
                answer = "BE" if self._display.refuses else self._command(payload, now)
            case "C" | "E" if len(payload) == (4 if kind == "C" else 8):
                answer = self._setting(int(payload[:4], 16), int(payload[4:], 16) if payload[4:] else None)
            case _:
                kind, answer = "A", "BE"
        if address == ALL:
            return []
        body = f"00{chr(own)}{chr(ord(kind) + 1)}{len(answer) + 2:02X}\x02{answer}\x03".encode("latin-1")
        return [b"\x01" + body + bytes([_xor(body), 0x0D])]

    def _command(self, payload: str, now: float) -> str:
        display = self._display
        if payload.startswith("C203D6") and payload[6:] in ("0001", "0002", "0003", "0004"):
            display.switch(now, on=payload[6:] == "0001")
            return f"00C203D6{payload[6:]}"
        if payload.startswith("CA02") and payload[4:] in ("00", "01", "02", "03", "04"):
            return f"CB0200{payload[4:]}{display.firmware[:_FIRMWARE_LETTERS]}"
        answers = {
            "01D6": f"0200D6000004{1 if display.power(now) == 'on' else 4:04X}",
            "C217": "C317" + display.model.encode().hex().upper(),
            "C216": "C316" + display.serial.encode().hex().upper(),
            "B1": "A1" + self._diagnosis(),
        }
        return answers.get(payload, "BE")

    def _diagnosis(self) -> str:
        display = self._display
        codes = {"fan": "80", "lamp": "90", "temperature": "A0", "other": "70"}
        found = [code for error, code in codes.items() if error in display.errors]
        if not display.has_signal:
            found.append("B0")
        return "".join(found) or "00"

    def _setting(self, code: int, value: int | None) -> str:
        display = self._display
        settings = {
            0x0010: (100, display.brightness),
            0x0060: (0x12, SOURCES.get(display.source, 0x11)),
            0x0062: (100, display.volume),
            0x008D: (2, 1 if display.muted else 2),
            0x00FA: (0xFFFF, display.hours * 2),
            0x00FF: (0xFFFF, display.hours * 2),
            0x0278: (1, self._sensor),
            0x0279: (0xFFFF, round(display.celsius * 2) & 0xFFFF),
            0x10B6: (2, 1 if display.blanked else 2),
        }
        if code not in settings or display.refuses:
            return f"01{code:04X}0000000000"
        highest, now = settings[code]
        if value is not None:
            self._change(code, value)
            now = value
        return f"00{code:04X}00{highest:04X}{now:04X}"

    def _change(self, code: int, value: int) -> None:
        display = self._display
        match code:
            case 0x0010:
                display.brightness = value
            case 0x0060 if value in SOURCES.values():
                display.source = next(word for word, known in SOURCES.items() if known == value)
            case 0x0062:
                display.volume = value
            case 0x008D:
                display.muted = value == 1
            case 0x10B6:
                display.blanked = value == 1
            case _:
                pass


def _xor(data: bytes) -> int:
    result = 0
    for byte in data:
        result ^= byte
    return result
