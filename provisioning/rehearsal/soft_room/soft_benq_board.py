"""A BenQ board in software: the frames of ViewSonic's boards with BenQ's codes, and the misprint of its list."""

from provisioning.rehearsal.soft_room.soft_display import SoftDisplay
from provisioning.rehearsal.soft_room.soft_viewsonic import ALL, board_frame

_MAKER, _MODEL, _FIRMWARE, _SERIAL = "\x01", "\x02", "\x04", "\x06"


class SoftBenqBoard:
    """One connection. `sensor_byte`: the temperature names its sensor; `wrong_length`: that of the signal's answer."""

    def __init__(self, display: SoftDisplay, *, sensor_byte: bool = False, wrong_length: bool = False) -> None:
        self._display = display
        self._sensor_byte = sensor_byte
        self._wrong_length = wrong_length
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
            end = self._rest[0] - 0x30
            if not 4 < end < 30:
                self._rest = self._rest[1:]
                continue
            if len(self._rest) <= end:
                break
            frame, ending, self._rest = self._rest[:end], self._rest[end], self._rest[end + 1 :]
            if ending == 0x0D and frame[1:3].isdigit():
                answers += self._command(int(frame[1:3]), frame[3:4], frame[4], frame[5:].decode("latin-1"), now)
        return answers

    def _command(self, unit: int, kind: bytes, command: int, value: str, now: float) -> list[bytes]:
        display = self._display
        if unit not in (ALL, display.unit) or display.power(now) == "warming":
            return []
        if display.refuses:
            return [board_frame(display.unit, "-", "")]
        if kind == b"s":
            known = command == 0x21 and value in ("000", "001")
            if known:
                display.switch(now, on=value == "001")
            return [] if unit == ALL else [board_frame(display.unit, "+" if known else "-", "")]
        said = self._answers(value, now).get(command)
        if said is None:
            return [board_frame(display.unit, "-", "")]
        frame = board_frame(display.unit, "r", chr(command) + said)
        if command == 0x22 and self._wrong_length:
            frame = b"\x40" + frame[1:]
        return [frame]

    def _answers(self, value: str, now: float) -> dict[int, str]:
        display = self._display
        plate = {
            _MAKER: "BENQ",
            _MODEL: display.model,
            _FIRMWARE: display.firmware,
            _SERIAL: display.serial,
        }
        answers = {
            0x22: f"{int(display.has_signal):03d}",
            0x6C: f"{int(display.power(now) == 'on'):03d}",
            0x71: ("\x01" if self._sensor_byte else "") + f"{round(display.celsius):+04d}",
            0x76: f"{display.hours:05d}",
        }
        if value[:1] in plate:
            answers[0x20] = value[0] + plate[value[0]].ljust(14, "\0")
        return answers
