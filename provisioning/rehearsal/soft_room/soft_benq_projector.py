"""A BenQ projector in software: `*pow=?#` between two returns, with a prompt and an echo when it is set so."""

import re
from typing import Final

from provisioning.rehearsal.soft_room.soft_display import SoftDisplay

SOURCES: Final = {"vga": "RGB", "hdmi1": "HDMI", "hdmi2": "HDMI2", "video": "VID"}
_COMMAND: Final = re.compile(r"\*([a-z0-9]+)=([^#]*)#", re.IGNORECASE)


class SoftBenqProjector:
    """One connection. While it warms up or cools down it blocks everything but the question for power."""

    def __init__(self, display: SoftDisplay, *, echoes: bool = True) -> None:
        self._display = display
        self._echoes = echoes
        self._rest = b""
        self.ended = False

    def greeting(self) -> bytes:
        """Nothing."""
        return b""

    def take(self, data: bytes, now: float) -> list[bytes]:
        """Answers to all whole lines."""
        *lines, self._rest = (self._rest + data).split(b"\r")
        answers = []
        for line in (line.strip().decode("latin-1") for line in lines):
            if line:
                before = f">{line}\r\r\n" if self._echoes else ""
                answers.append(f"{before}{self._line(line, now)}\r\n".encode("latin-1"))
        return answers

    def _line(self, line: str, now: float) -> str:
        found = _COMMAND.fullmatch(line)
        if found is None:
            return "Illegal format"
        item, value = found[1].lower(), found[2].lower()
        display = self._display
        turning = display.power(now) in ("warming", "cooling") and (item, value) != ("pow", "?")
        answers = {
            "pow": "ON" if display.is_on else "OFF",
            "sour": SOURCES.get(display.source, "HDMI"),
            "ltim": str(display.hours),
            "mute": "ON" if display.muted else "OFF",
            "vol": str(display.volume),
            "blank": "ON" if display.blanked else "OFF",
            "modelname": display.model,
        }
        if display.refuses or item not in answers:
            return "*Unsupported item#"
        if turning or (display.power(now) == "off" and item != "pow"):
            return "*Block item#"
        if value != "?" and not self._change(item, value, now):
            return "*Illegal format#"
        return f"*{item.upper()}={answers[item] if value == '?' else value.upper()}#"

    def _change(self, item: str, value: str, now: float) -> bool:
        display = self._display
        sources = {code.lower(): word for word, code in SOURCES.items()}
        match item, value:
            case "pow", "on" | "off":
                display.switch(now, on=value == "on")
            case "mute", "on" | "off":
                display.muted = value == "on"
            case "blank", "on" | "off":
                display.blanked = value == "on"
            case "sour", _ if value in sources:
                display.source = sources[value]
            case _:
                return False
        return True
