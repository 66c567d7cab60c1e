"""A MAXHUB board in software (V6). On the LAN it takes no power command."""

import re
from typing import Final

from provisioning.rehearsal.soft_room.soft_display import SoftDisplay

SOURCES: Final = {"hdmi1": "001", "hdmi2": "002", "ops": "103", "usb-c": "104"}
_COMMAND: Final = re.compile(rb":(\d\d)([SG])(.)(\d{3})\r", re.DOTALL)


class SoftMaxhub:
    """One connection. While it starts up it answers nothing. `doubled` puts a second colon before answers."""

    def __init__(self, display: SoftDisplay, *, doubled: bool = False, over_lan: bool = False) -> None:
        self._display = display
        self._colons = "::" if doubled else ":"
        self._over_lan = over_lan
        self._rest = b""
        self.ended = False

    def greeting(self) -> bytes:
        """Nothing."""
        return b""

    def take(self, data: bytes, now: float) -> list[bytes]:
        """Answers to all whole commands."""
        self._rest += data
        answers: list[bytes] = []
        while (found := _COMMAND.search(self._rest)) is not None:
            self._rest = self._rest[found.end() :]
            answers += self._command(int(found[1]), found[2], chr(found[3][0]), found[4].decode("ascii"), now)
        return answers

    def _command(self, unit: int, kind: bytes, letter: str, value: str, now: float) -> list[bytes]:
        display = self._display
        if unit != display.unit or display.power(now) == "warming":
            return []
        if kind == b"S":
            taken = not display.refuses and self._change(letter, value, now)
            return [f"4{unit:02d}{'+' if taken else '-'}\r".encode()]
        light = "000" if display.blanked else "001"
        answers = {
            "0": light if display.power(now) == "on" else "002",
            ":": SOURCES.get(display.source, "001"),
            "8": f"{display.volume:03d}",
            "9": f"{int(display.muted):03d}",
        }
        if display.refuses or letter not in answers:
            return [f"4{unit:02d}-\r".encode()]
        return [f"{self._colons}{unit:02d}r{letter}{answers[letter]}\r".encode()]

    def _change(self, letter: str, value: str, now: float) -> bool:
        display = self._display
        match letter, value:
            case "0", "002" | "003":
                if self._over_lan:
                    return False
                display.switch(now, on=value == "003")
            case "0", "000" | "001":
                display.blanked = value == "000"
            case ":", _ if value in SOURCES.values():
                display.source = next(word for word, code in SOURCES.items() if code == value)
            case "8", _ if int(value) <= 100:
                display.volume = int(value)
            case "9", "000" | "001":
                display.muted = value == "001"
            case _:
                return False
        return True
