r"""BenQ projectors: `\r*pow=?#\r` and `*POW=ON#`, in any case, with or without a prompt, an echo and empty lines.

Words of the table are the item and its value ("pow=?"). Not here: what they mean (`tables/benq-projector.toml`).
"""

import re
from collections.abc import Sequence
from typing import Final

from firmware_bridge.displays.codec import LONGEST, Heard, Noise, Skipped, Sound, Verdict

LINE_ENDS: Final = re.compile(rb"[\r\n\x00]")
ANSWER: Final = re.compile(r"\*([A-Z0-9]{1,20})=([ -~]{1,60})#")
REFUSALS: Final = {
    "ILLEGAL FORMAT": Verdict.REFUSED,
    "UNSUPPORTED ITEM": Verdict.UNSUPPORTED,
    "BLOCK ITEM": Verdict.NOT_NOW,
}


class BenqProjectorCodec:
    """Lines of a projector, over RS-232 and over TCP 8000. The address of a display means nothing here."""

    def __init__(self, password: str = "") -> None:
        self._password = password
        self._heard = b""
        self._asked = ""
        self.ready = True

    def begin(self) -> None:
        """A new line owes nothing to the last."""
        self._heard, self._asked = b"", ""

    def forget(self) -> None:
        """Half a line is dropped."""
        self._heard = b""

    def frame(self, unit: int, words: str) -> bytes:
        """One question or command."""
        del unit
        self._asked = f"*{words}#"
        return f"\r{self._asked}\r".encode("ascii")

    def key(self, words: str) -> str:
        """The item."""
        return words.partition("=")[0].upper()

    def take(self, data: bytes) -> Sequence[Sound]:
        """Whole lines, in capitals; prompts, echoes and empty lines say nothing."""
        *lines, self._heard = LINE_ENDS.split(self._heard + data)
        sounds = [sound for line in lines for sound in self._line(line.decode("ascii", errors="replace"))]
        if len(self._heard) > LONGEST:
            self._heard = b""
            sounds.append(Noise())
        return sounds

    def _line(self, line: str) -> list[Sound]:
        said = line.strip(" >")
        if not said:
            return [Skipped()] if line else []
        if said == self._asked or said.endswith("=?#"):
            return [Skipped()]
        refusal = REFUSALS.get(said.strip("*#").upper())
        if refusal is not None:
            return [Heard(verdict=refusal)]
        found = ANSWER.fullmatch(said.upper())
        if found is None:
            return [Noise()]
        return [Heard(verdict=Verdict.ANSWER, key=found[1], payload=found[2].strip())]
