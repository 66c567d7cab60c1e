"""PJLink class 1 and 2: lines that end with CR, a greeting, and a password that goes before the first command only.

Words of the table are class, command and parameter: "1POWR ?". Clauses: "PJLink Specifications" 2.07 (class 2), 5.1
greeting and authentication, 4.1 commands. Not here: what they mean (`tables/pjlink.toml`), the search on the LAN
(`pjlink_search`).
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from firmware_bridge.displays.codec import LONGEST, Heard, Noise, Sound, Trouble, Verdict

NAME: Final = "PJLINK"
OPEN: Final = "PJLINK 0"
GUARDED: Final = re.compile(r"PJLINK 1 ([!-~]{1,64})")
REFUSED: Final = "PJLINK ERRA"
ANSWER: Final = re.compile(r"%([12][A-Z0-9]{4})=(.*)", re.DOTALL)
ERRORS: Final = {
    "ERR1": Verdict.UNSUPPORTED,
    "ERR2": Verdict.REFUSED,
    "ERR3": Verdict.NOT_NOW,
    "ERR4": Verdict.BROKEN,
    "OK": Verdict.TAKEN,
}
KEPT_OUT: Final = "The projector refuses the password. Correct it in the room's plan."
PROOF_WANTED: Final = "The projector asks for a password. Enter it in the room's plan."
UNSUPPORTED: Final = "The projector greets in a way that PJLink 1 and 2 do not know: not supported."


class PjlinkCodec:
    """Frames of projectors over TCP 4352. The address of a display means nothing here."""

    def __init__(self, password: str = "") -> None:
        self._password = password
        self._heard = b""
        self._proof = b""
        self.ready = False

    def begin(self) -> None:
        """Wait for the greeting."""
        self._heard, self._proof, self.ready = b"", b"", False

    def forget(self) -> None:
        """Half a line is dropped."""
        self._heard = b""

    def frame(self, unit: int, words: str) -> bytes:
        """One command, the first of a connection with the proof that the password is known."""
        del unit
        proof, self._proof = self._proof, b""
        return proof + f"%{words}\r".encode()

    def key(self, words: str) -> str:
        """Class and command, as the answer repeats them."""
        return words[:5]

    def take(self, data: bytes) -> Sequence[Sound]:
        """Whole lines; one that is too long is dropped."""
        *lines, self._heard = (self._heard + data.replace(b"\n", b"\r")).split(b"\r")
        sounds: list[Sound] = []
        if len(self._heard) > LONGEST:
            self._heard = b""
            sounds.append(Noise())
        return [*(sound for line in lines if line for sound in self._line(line)), *sounds]

    def _line(self, line: bytes) -> list[Sound]:
        if len(line) > LONGEST:
            return [Noise()]
        text = line.decode("utf-8", errors="replace")
        if text.upper() == REFUSED:
            return [Trouble(sentence=KEPT_OUT)]
        if not self.ready:
            return self._greeting(text)
        matched = ANSWER.fullmatch(text)
        if matched is None:
            return [Noise()]
        key, payload = matched.groups()
        return [Heard(verdict=ERRORS.get(payload.upper(), Verdict.ANSWER), key=key, payload=payload)]

    def _greeting(self, text: str) -> list[Sound]:
        guarded = GUARDED.fullmatch(text)
        if guarded is not None and not self._password:
            return [Trouble(sentence=PROOF_WANTED)]
        if guarded is None and text != OPEN:
            return [Trouble(sentence=UNSUPPORTED, ours=text.startswith(NAME))]
        if guarded is not None:
            both = guarded[1] + self._password
            self._proof = hashlib.md5(both.encode(), usedforsecurity=False).hexdigest().encode()
        self.ready = True
        return []
