"""A projector in software: PJLink class 1 or 2, with or without a password, with lamps or a laser."""

import re
import secrets
from collections.abc import Mapping
from hashlib import md5
from typing import Final

from provisioning.rehearsal.soft_room.soft_display import ERRORS, SoftDisplay

SOURCES: Final = {"rgb1": "11", "video1": "21", "digital1": "31", "digital2": "32", "network1": "51"}
NAMES: Final = {"11": "Computer", "21": "Video", "31": "HDMI 1", "32": "HDMI 2", "51": "LAN"}
HARDWARE_ADDRESS: Final = "00:26:ab:00:00:01"
SEARCH: Final = b"%2SRCH\r"
_COMMAND: Final = re.compile(r"%([12])([A-Z0-9]{4}) (.*)", re.IGNORECASE | re.DOTALL)
_LONGEST: Final = 136
_ORDERS_1: Final = {"POWR": "[01]", "INPT": "|".join(SOURCES.values()), "AVMT": "[123][01]"}
_ORDERS: Final = {1: _ORDERS_1, 2: _ORDERS_1 | {"FREZ": "[01]", "SVOL": "[01]", "MVOL": "[01]"}}


class SoftPjlink:
    """One connection. `lamps` are their hours; none is a laser. `pj_class` is 1 or 2; `names` those of its sockets."""

    def __init__(
        self,
        display: SoftDisplay,
        *,
        pj_class: int = 2,
        lamps: tuple[int, ...] = (1200,),
        names: Mapping[str, str] = NAMES,
    ) -> None:
        self._display = display
        self._class = pj_class
        self._lamps = lamps
        self._names = names
        self._rest = b""
        self._random = secrets.token_hex(4)
        self._trusted = not display.password
        self.ended = False
        if display.source not in SOURCES:
            display.source = "digital1"

    def greeting(self) -> bytes:
        """Whether a password is asked for."""
        return b"PJLINK 0\r" if self._trusted else f"PJLINK 1 {self._random}\r".encode()

    def take(self, data: bytes, now: float) -> list[bytes]:
        """Answers to all whole lines."""
        *lines, self._rest = (self._rest + data).split(b"\r")
        if len(self._rest) > _LONGEST:
            self.ended = True
        answers = []
        for line in lines:
            if self.ended:
                break
            answers.append(self._line(line.strip(b"\n").decode("utf-8", "replace"), now).encode() + b"\r")
        return answers

    def _line(self, line: str, now: float) -> str:
        if not self._trusted:
            proof = md5((self._random + self._display.password).encode(), usedforsecurity=False).hexdigest()
            if not line.lower().startswith(proof):
                self.ended = True
                return "PJLINK ERRA"
            self._trusted, line = True, line[32:]
        found = _COMMAND.fullmatch(line)
        if found is None:
            return f"{line[:6]}=ERR1" if line.startswith("%") else "PJLINK ERR1"
        number, name, parameter = int(found[1]), found[2].upper(), found[3]
        return f"%{number}{name}={self._carry_out(number, name, parameter, now)}"

    def _carry_out(self, number: int, name: str, parameter: str, now: float) -> str:
        if self._display.refuses:
            return "ERR4"
        if number > self._class:
            return "ERR1"
        if name == "INNM" and number == 2:
            return self._names.get(parameter.removeprefix("?"), "ERR2")
        if parameter == "?":
            return self._ask(number, name, now)
        return self._order(number, name, parameter, now)

    def _ask(self, number: int, name: str, now: float) -> str:
        display, power = self._display, self._display.power(now)
        if name in ("INPT", "AVMT", "IRES", "FREZ") and power != "on":
            return "ERR3"
        answers = {
            "POWR": {"off": "0", "on": "1", "cooling": "2", "warming": "3"}[power],
            "INPT": SOURCES[display.source],
            "INST": " ".join(SOURCES.values()),
            "AVMT": {(0, 0): "30", (1, 0): "11", (0, 1): "21", (1, 1): "31"}[display.blanked, display.muted],
            "ERST": "".join("2" if error in display.errors else "0" for error in ERRORS),
            "LAMP": " ".join(f"{hours} {int(power == 'on')}" for hours in self._lamps) or "ERR1",
            "NAME": "",
            "INF1": display.maker,
            "INF2": display.model,
            "INFO": "",
            "CLSS": str(self._class),
        }
        of_class_2 = {
            "SNUM": display.serial,
            "SVER": display.firmware,
            "IRES": "1920x1080" if display.has_signal else "-",
            "RRES": "1920x1080",
            "FILT": str(display.hours // 2),
            "RLMP": "SC-LAMP",
            "RFIL": "SC-FILTER",
            "FREZ": str(int(display.frozen)),
        }
        return (answers | of_class_2 if number == 2 else answers).get(name, "ERR1")

    def _order(self, number: int, name: str, parameter: str, now: float) -> str:
        power = self._display.power(now)
        if name not in _ORDERS[number]:
            return "ERR1" if self._ask(number, name, now) == "ERR1" else "ERR2"
        if not re.fullmatch(_ORDERS[number][name], parameter):
            return "ERR2"
        turning = power in ("warming", "cooling") and (parameter == "1") != self._display.is_on
        if turning if name == "POWR" else power != "on":
            return "ERR3"
        self._change(name, parameter, now)
        return "OK"

    def _change(self, name: str, parameter: str, now: float) -> None:
        display = self._display
        match name:
            case "POWR":
                display.switch(now, on=parameter == "1")
            case "INPT":
                display.source = next(word for word, code in SOURCES.items() if code == parameter)
            case "AVMT":
                if parameter[0] in "13":
                    display.blanked = parameter[1] == "1"
                if parameter[0] in "23":
                    display.muted = parameter[1] == "1"
            case "FREZ":
                display.frozen = parameter == "1"
            case _:
                display.volume += 1 if parameter == "1" else -1
