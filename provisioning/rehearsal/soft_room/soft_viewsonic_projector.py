"""A ViewSonic projector in software: frames with a sum over all but the first byte, answers without a name."""

from typing import Final

from provisioning.rehearsal.soft_room.soft_display import SoftDisplay

SOURCES: Final = {"vga": 0x00, "hdmi1": 0x03, "hdmi2": 0x07, "hdmi3": 0x09}
_TAKEN, _DISABLED = bytes.fromhex("03 14 00 00 00 14"), bytes.fromhex("00 14 00 00 00 14")


class SoftViewsonicProjector:
    """One connection. It says itself that it is warming up or cooling down."""

    def __init__(self, display: SoftDisplay) -> None:
        self._display = display
        self._rest = b""
        self.ended = False

    def greeting(self) -> bytes:
        """Nothing."""
        return b""

    def take(self, data: bytes, now: float) -> list[bytes]:
        """Answers to all whole frames."""
        self._rest += data
        answers = []
        while len(self._rest) >= 6:
            end = 6 + self._rest[3]
            if self._rest[0] not in (6, 7) or self._rest[1] != 0x14:
                self._rest = self._rest[1:]
                continue
            if len(self._rest) < end:
                break
            frame, self._rest = self._rest[:end], self._rest[end:]
            if sum(frame[1:-1]) % 256 != frame[-1] or frame[5] != 0x34:
                continue
            answers.append(self._read(frame[8:-1], now) if frame[0] == 7 else self._write(frame[6:-1], now))
        return answers

    def _read(self, what: bytes, now: float) -> bytes:
        display, power = self._display, self._display.power(now)
        answers = {
            b"\x11\x00": bytes([{"off": 0, "on": 1, "warming": 2, "cooling": 3}[power]]),
            b"\x13\x01": bytes([SOURCES.get(display.source, 3)]),
            b"\x15\x01": display.hours.to_bytes(4, "little"),
            b"\x15\x03": round(display.celsius * 10).to_bytes(8, "little"),
        }
        if display.refuses or what not in answers or (power != "on" and what != b"\x11\x00"):
            return _DISABLED
        body = bytes([0x14, 0, len(answers[what]) + 2, 0, 0, 0]) + answers[what]
        return b"\x05" + body + bytes([sum(body) % 256])

    def _write(self, what: bytes, now: float) -> bytes:
        display, power = self._display, self._display.power(now)
        if display.refuses or power in ("warming", "cooling"):
            return _DISABLED
        match what[0], what[1], what[2]:
            case 0x11, 0x00 | 0x01 as off, 0x00:
                display.switch(now, on=off == 0)
            case 0x13, 0x01, code if code in SOURCES.values() and power == "on":
                display.source = next(word for word, known in SOURCES.items() if known == code)
            case _:
                return _DISABLED
        return _TAKEN
