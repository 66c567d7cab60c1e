"""An LG display in software: two letters, address, data, CR; the answer ends with an x."""

import re
from typing import Final

from provisioning.rehearsal.soft_room.soft_display import SoftDisplay

SOURCES: Final = {"rgb": 0x60, "hdmi1": 0x90, "hdmi2": 0x91, "dp": 0xC0}
_COMMAND: Final = re.compile(r"([a-z])([a-z]) ([0-9a-f]{2})((?: [0-9a-f]{2})+)", re.IGNORECASE)
_ASK: Final = 0xFF


class SoftLg:
    """One connection. Switched off it knows only `ka`; while it starts up it answers nothing."""

    def __init__(self, display: SoftDisplay) -> None:
        self._display = display
        self._rest = b""
        self.ended = False

    def greeting(self) -> bytes:
        """Nothing."""
        return b""

    def take(self, data: bytes, now: float) -> list[bytes]:
        """Answers to all whole commands."""
        *lines, self._rest = (self._rest + data).split(b"\r")
        return [answer for line in lines for answer in self._line(line.decode("latin-1").strip(), now)]

    def _line(self, line: str, now: float) -> list[bytes]:
        found = _COMMAND.fullmatch(line)
        if found is None or self._display.power(now) == "warming":
            return []
        unit, values = int(found[3], 16), [int(value, 16) for value in found[4].split()]
        if unit not in (0, self._display.unit):
            return []
        letters = (found[1] + found[2]).lower()
        said = None
        if not self._display.refuses and (self._display.power(now) == "on" or letters == "ka"):
            said = self._carry_out(letters, values, now)
        if unit == 0:
            return []
        told = f"OK{said}" if said is not None else "NG00"
        return [f"{letters[1]} {unit:02x} {told}x".encode()]

    def _carry_out(self, letters: str, values: list[int], now: float) -> str | None:
        """The data of the answer; None is NG."""
        display = self._display
        match letters, values:
            case "sv", [2, 0xFF]:
                return f"02{int(display.has_signal):02x}"
            case _, [0xFF]:
                return self._answers(now).get(letters)
            case "ka", [0 | 1 as on]:
                display.switch(now, on=bool(on))
            case "xb", [code] if code in SOURCES.values():
                display.source = next(word for word, known in SOURCES.items() if known == code)
            case "kf", [volume] if volume <= 100:
                display.volume = volume
            case "kh", [brightness] if brightness <= 100:
                display.brightness = brightness
            case "ke", [0 | 1 as heard]:
                display.muted = not heard
            case "kd", [0 | 1 as dark]:
                display.blanked = bool(dark)
            case _:
                return None
        return f"{values[0]:02x}"

    def _answers(self, now: float) -> dict[str, str]:
        display = self._display
        return {
            "ka": f"{int(display.power(now) == 'on'):02x}",
            "xb": f"{SOURCES.get(display.source, 0x90):02x}",
            "kf": f"{display.volume:02x}",
            "kh": f"{display.brightness:02x}",
            "ke": f"{int(not display.muted):02x}",
            "kd": f"{int(display.blanked):02x}",
            "dn": f"{int(display.celsius):02x}",
            "dl": f"{display.hours:04x}",
            "dp": f"{int('lamp' not in display.errors):02x}",
            "fy": f"{display.serial[:13]:0<13}",
            "fz": display.firmware.replace(".", ""),
        }
