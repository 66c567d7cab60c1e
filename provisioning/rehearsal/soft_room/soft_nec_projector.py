"""An NEC projector in software: binary frames with the low byte of their sum."""

from typing import Final

from provisioning.rehearsal.soft_room.soft_display import SoftDisplay

SOURCES: Final = {
    "vga": (0x01, 0x01, 0x01),
    "video": (0x06, 0x01, 0x02),
    "hdmi1": (0xA1, 0x01, 0x21),
    "hdmi2": (0xA2, 0x02, 0x21),
}
"""By our word: the code of the command, then number and kind in the answer."""

_ID: Final = b"\x01\x60"
_BITS: Final = {"cover": 0x01, "temperature": 0x02, "fan": 0x08, "other": 0x20, "lamp": 0x40}
_STATE, _SOURCE = b"\0\x85\1", b"\0\x85\2"
_UNKNOWN, _WRONG, _OFF, _BUSY = b"\0\1", b"\1\0", b"\2\x0d", b"\2\x0e"


class SoftNecProjector:
    """One connection. While it switches it refuses everything but the question for its state."""

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
            end = 6 + self._rest[4]
            if self._rest[0] > 3 or self._rest[4] > 32:
                self._rest = self._rest[1:]
                continue
            if len(self._rest) < end:
                break
            frame, self._rest = self._rest[:end], self._rest[end:]
            if sum(frame[:-1]) % 256 == frame[-1]:
                answers.append(self._command(frame[0], frame[1], frame[5:-1], now))
        return answers

    def _command(self, head: int, command: int, data: bytes, now: float) -> bytes:
        said = self._carry_out(head, command, data, now)
        failed = isinstance(said, tuple)
        body = said[0] if isinstance(said, tuple) else said
        frame = bytes([head | (0xA0 if failed else 0x20), command]) + _ID + bytes([len(body)]) + body
        return frame + bytes([sum(frame) % 256])

    def _carry_out(self, head: int, command: int, data: bytes, now: float) -> bytes | tuple[bytes]:
        """The data of the answer; in a tuple: the two bytes of an error."""
        power = self._display.power(now)
        answers = self._answers(power)
        asked = bytes([head, command]) + data
        if self._display.refuses:
            return (_UNKNOWN,)
        if power in ("warming", "cooling") and asked != _STATE:
            return (_BUSY,)
        if asked in answers:
            return answers[asked] if power == "on" or asked != _SOURCE else (_OFF,)
        return self._order(asked, now)

    def _order(self, asked: bytes, now: float) -> bytes | tuple[bytes]:
        found = [word for word, codes in SOURCES.items() if asked == bytes([2, 3, 1, codes[0]])]
        if asked in (b"\2\0", b"\2\1"):
            self._display.switch(now, on=asked == b"\2\0")
            return b""
        if found:
            self._display.source = found[0]
            return b"\0"
        return (_WRONG,) if asked[0] == 2 else (_UNKNOWN,)

    def _answers(self, power: str) -> dict[bytes, bytes]:
        display = self._display
        doing = {"on": 4, "off": 0x10, "cooling": 5, "warming": 0}[power]
        state = bytes([0, 0, power == "on", power == "cooling", power in ("warming", "cooling"), doing])
        return {
            _STATE: state + bytes(10),
            _SOURCE: b"\0\0" + bytes(SOURCES.get(display.source, SOURCES["hdmi1"])[1:]) + bytes(12),
            b"\0\x85\4": display.model.encode().ljust(32, b"\0"),
            b"\0\x88": bytes([sum(_BITS.get(error, 0) for error in display.errors)]) + bytes(11),
            b"\0\xbf\1\6": b"\1\6" + display.serial.encode().ljust(16, b"\0"),
            b"\3\x96\0\1": b"\0\1" + (display.hours * 3600).to_bytes(4, "little"),
        }
