"""An OEM board in software that speaks AA BB CC. It answers questions and, as far as is known, no command."""

from typing import Final

from provisioning.rehearsal.soft_room.soft_display import SoftDisplay

SOURCES: Final = {"tv": 0x01, "vga": 0x03, "hdmi3": 0x05, "hdmi1": 0x06, "hdmi2": 0x07, "ops": 0x08, "android": 0x0A}
_HEAD, _TAIL = b"\xaa\xbb\xcc", b"\xdd\xee\xff"
_LENGTH: Final = 10


class SoftAabbcc:
    """One connection. While it starts up it answers nothing; refusing, it answers nothing either."""

    def __init__(self, display: SoftDisplay) -> None:
        self._display = display
        self._rest = b""
        self.ended = False

    def greeting(self) -> bytes:
        """Nothing."""
        return b""

    def take(self, data: bytes, now: float) -> list[bytes]:
        """Answers to all whole questions."""
        self._rest += data
        answers: list[bytes] = []
        while (start := self._rest.find(_HEAD)) >= 0 and len(self._rest) >= start + _LENGTH:
            frame, self._rest = self._rest[start : start + _LENGTH], self._rest[start + _LENGTH :]
            if frame.endswith(_TAIL) and (frame[3] + frame[4] + frame[5]) % 256 == frame[6]:
                answers += self._message(frame[3], frame[4], frame[5], now)
        return answers

    def _message(self, main: int, sub: int, value: int, now: float) -> list[bytes]:
        display = self._display
        if display.power(now) == "warming" or display.refuses:
            return []
        answers = {
            (1, 2): (0x80, int(display.power(now) != "on"), 0),
            (2, 0): (0x81, SOURCES.get(display.source, 0x06), 0),
            (3, 2): (0x82, 0, display.volume),
            (3, 3): (0x82, 1, int(not display.muted)),
            (9, 2): (0x83, 1, 0),
        }
        if (main, sub) in answers:
            return [_frame(*answers[main, sub])]
        match main, sub:
            case 1, 0 | 1:
                display.switch(now, on=sub == 0)
            case 2, _ if sub in SOURCES.values():
                display.source = next(word for word, code in SOURCES.items() if code == sub)
            case 3, 0 if value <= 100:
                display.volume = value
            case _:
                pass
        return []


def _frame(main: int, sub: int, value: int) -> bytes:
    return _HEAD + bytes([main, sub, value, (main + sub + value) % 256]) + _TAIL
