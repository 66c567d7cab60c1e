"""Boards of several brands from one maker: `AA BB CC main sub value sum DD EE FF`, sum = main + sub + value.

Words of the table are the three bytes in hex ("01 02 00"). There is no address. Answers to commands are not documented.
Not here: what they mean (`tables/oem-aabbcc.toml`).
"""

from collections.abc import Sequence
from typing import Final

from firmware_bridge.displays.codec import Heard, Noise, Sound, Verdict

BEGIN: Final = bytes.fromhex("AA BB CC")
END: Final = bytes.fromhex("DD EE FF")
LENGTH: Final = len(BEGIN) + 4 + len(END)
ANSWERED_BY: Final = {"0102": "80", "0200": "81", "0302": "8200", "0303": "8201", "0902": "83"}
"""By main and sub of a question: main of its answer, and sub where one main answers two questions."""


class AabbccCodec:
    """Frames of one board, over RS-232."""

    def __init__(self, password: str = "") -> None:
        self._password = password
        self._heard = b""
        self.ready = True

    def begin(self) -> None:
        """A new line owes nothing to the last."""
        self._heard = b""

    def forget(self) -> None:
        """Half a frame is dropped."""
        self._heard = b""

    def frame(self, unit: int, words: str) -> bytes:
        """One question or command."""
        del unit
        body = bytes.fromhex(words)
        return BEGIN + body + bytes([sum(body) & 0xFF]) + END

    def key(self, words: str) -> str:
        """What the answer begins with."""
        asked = words.replace(" ", "")[:4].upper()
        return ANSWERED_BY.get(asked, f"command {asked}")

    def take(self, data: bytes) -> Sequence[Sound]:
        """Frames, found by their first and last bytes and their sum; a byte that begins none is passed over."""
        self._heard += data
        sounds: list[Sound] = []
        noise = False
        while self._heard:
            if not BEGIN.startswith(self._heard[: len(BEGIN)]):
                self._heard, noise = self._heard[1:], True
                continue
            if len(self._heard) < LENGTH:
                break
            body, check, end = self._heard[3:6], self._heard[6], self._heard[7:LENGTH]
            if sum(body) & 0xFF != check or end != END:
                self._heard, noise = self._heard[1:], True
                continue
            self._heard = self._heard[LENGTH:]
            said = body.hex().upper()
            keys = [key for key in ANSWERED_BY.values() if said.startswith(key)]
            sounds += [Heard(verdict=Verdict.ANSWER, key=key, payload=said.removeprefix(key)) for key in keys]
        return [Noise(), *sounds] if noise else sounds
