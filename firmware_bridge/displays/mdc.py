"""Samsung MDC frames: `AA cmd id len data sum`, the sum over everything between the header and itself.

A display answers `AA FF id len 'A'|'N' cmd data sum`. Words of the table are hex digits: the command, then its data
("11 01"). Not here: what they mean (`tables/mdc.toml`).
"""

from collections.abc import Sequence
from typing import Final

from firmware_bridge.displays.codec import Heard, Noise, Sound, Trouble, Verdict

HEADER: Final = 0xAA
ANSWER: Final = 0xFF
ACK, NAK = b"A", b"N"
SECURED: Final = b"MDCSTART<<TLS>>"
SECURED_SENTENCE: Final = "Secured MDC (TLS with a PIN) is not supported: switch the display to plain MDC."


class MdcCodec:
    """Frames of Samsung displays, over RS-232 and over TCP 1515."""

    def __init__(self, password: str = "") -> None:
        self._password = password
        self._heard = b""
        self.ready = True

    def begin(self) -> None:
        """A new line owes nothing to the last."""
        self._heard = b""

    def forget(self) -> None:
        """The half of a frame is dropped."""
        self._heard = b""

    def frame(self, unit: int, words: str) -> bytes:
        """A command with its data."""
        command, *values = bytes.fromhex(words)
        body = bytes([command, unit, len(values), *values])
        return bytes([HEADER, *body, sum(body) & 0xFF])

    def key(self, words: str) -> str:
        """The command's two hex digits."""
        return words.strip()[:2].upper()

    def take(self, data: bytes) -> Sequence[Sound]:
        """Frames, found by header, length and sum; a byte that begins none is passed over."""
        self._heard += data
        if self._heard.startswith(SECURED):
            self._heard = b""
            return [Trouble(sentence=SECURED_SENTENCE)]
        sounds: list[Sound] = []
        noise = False
        while self._heard and not SECURED.startswith(self._heard):
            if self._heard[0] != HEADER or self._heard[1:2] not in (b"", bytes([ANSWER])):
                self._heard, noise = self._heard[1:], True
                continue
            if len(self._heard) < 4 or len(self._heard) < (end := 5 + self._heard[3]):
                break
            frame = self._heard[:end]
            if sum(frame[1:-1]) & 0xFF != frame[-1] or frame[3] < 2 or frame[4:5] not in (ACK, NAK):
                self._heard, noise = self._heard[1:], True
                continue
            self._heard = self._heard[end:]
            sounds.append(_heard(frame))
        return [Noise(), *sounds] if noise else sounds


def _heard(frame: bytes) -> Heard:
    verdict = Verdict.ANSWER if frame[4:5] == ACK else Verdict.REFUSED
    return Heard(verdict=verdict, unit=frame[2], key=f"{frame[5]:02X}", payload=frame[6:-1].hex().upper())
