"""LG displays: `ka 01 FF` and CR; the answer is `a 01 OK01x`, repeats only the second letter and ends with an x.

Words of the table are the two letters and the data: "ka FF", "sv 02 FF". Without a check sum, so the pattern of each
answer is strict. Not here: what they mean (`tables/lg.toml`).
"""

import re
from collections.abc import Sequence
from typing import Final

from firmware_bridge.displays.codec import LONGEST, Heard, Noise, Skipped, Sound, Verdict

ANSWER: Final = re.compile(rb"([a-z]) ([0-9A-Fa-f]{2}) (OK|NG)([0-9A-Za-z.\-]{0,40}?)x")
ECHO: Final = re.compile(rb"([a-z]{2} [0-9A-Fa-f]{2}( [0-9A-Fa-f]{2})+|\s)*")


class LgCodec:
    """Frames of LG displays, over RS-232 and over TCP 9761."""

    def __init__(self, password: str = "") -> None:
        self._password = password
        self._heard = b""
        self.ready = True

    def begin(self) -> None:
        """A new line owes nothing to the last."""
        self._heard = b""

    def forget(self) -> None:
        """Half an answer is dropped."""
        self._heard = b""

    def frame(self, unit: int, words: str) -> bytes:
        """The two letters, the address in hex, the data."""
        letters, _, values = words.partition(" ")
        return f"{letters} {unit:02X} {values}\r".encode()

    def key(self, words: str) -> str:
        """The second letter."""
        return words[1]

    def take(self, data: bytes) -> Sequence[Sound]:
        """Answers; what stands before one is an echo or noise."""
        self._heard += data
        sounds: list[Sound] = []
        while (found := ANSWER.search(self._heard)) is not None:
            sounds += _before(self._heard[: found.start()])
            self._heard = self._heard[found.end() :]
            letter, unit, said, payload = (part.decode("ascii") for part in found.groups())
            verdict = Verdict.ANSWER if said == "OK" else Verdict.REFUSED
            sounds.append(Heard(verdict=verdict, unit=int(unit, 16), key=letter, payload=payload))
        if len(self._heard) > LONGEST:
            self._heard = b""
            sounds.append(Noise())
        return sounds


def _before(skipped: bytes) -> list[Sound]:
    if not skipped.strip():
        return []
    return [Skipped() if ECHO.fullmatch(skipped) else Noise()]
