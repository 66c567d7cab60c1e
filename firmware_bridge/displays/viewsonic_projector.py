"""ViewSonic projectors: `06|07 14 00 length 00 34 ... sum`, the sum over everything after the first byte.

Words of the table are r (read) or w (write) and the hex digits that follow 34 ("r 1100", "w 110000"). An answer is `05
14 00 length 00 ...` and does not say what it answers; `03 14 00 00 00 14` is taken, `00 14 00 00 00 14` not possible
now. Not here: what they mean (`tables/viewsonic-projector.toml`).
"""

from collections.abc import Sequence
from typing import Final

from firmware_bridge.displays.codec import Heard, Noise, Sound, Verdict

HEAD: Final = 5
READ, WRITE = bytes.fromhex("07 14 00 05 00 34 00 00"), bytes.fromhex("06 14 00 04 00 34")
ANSWER, TAKEN, DISABLED = 0x05, 0x03, 0x00
LONGEST_DATA: Final = 64
ZEROS: Final = 2
"""An answer's data begins with two bytes that are always zero."""


class ViewsonicProjectorCodec:
    """Frames of a projector, over RS-232 and over TCP 4661. The address of a display means nothing here."""

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
        """A question or command."""
        del unit
        kind, _, data = words.partition(" ")
        frame = (READ if kind == "r" else WRITE) + bytes.fromhex(data)
        return frame + bytes([sum(frame[1:]) & 0xFF])

    def key(self, words: str) -> str:
        """The words: an answer says nothing of it."""
        return words

    def take(self, data: bytes) -> Sequence[Sound]:
        """Frames, found by head, length and sum; a byte that begins none is passed over."""
        self._heard += data
        sounds: list[Sound] = []
        noise = False
        while self._heard:
            begun = self._heard[0] in (ANSWER, TAKEN, DISABLED) and self._heard[1:3] in (b"", b"\x14", b"\x14\x00")
            if not begun or (len(self._heard) >= HEAD and self._heard[3] > LONGEST_DATA):
                self._heard, noise = self._heard[1:], True
                continue
            if len(self._heard) < HEAD or len(self._heard) < (end := HEAD + self._heard[3] + 1):
                break
            frame = self._heard[:end]
            if sum(frame[1:-1]) & 0xFF != frame[-1] or not _whole(frame):
                self._heard, noise = self._heard[1:], True
                continue
            self._heard = self._heard[end:]
            sounds.append(_heard(frame))
        return [Noise(), *sounds] if noise else sounds


def _whole(frame: bytes) -> bool:
    """Whether the length fits what kind of answer it is."""
    return frame[3] > ZEROS if frame[0] == ANSWER else frame[3] == 0


def _heard(frame: bytes) -> Heard:
    if frame[0] == ANSWER:
        return Heard(verdict=Verdict.ANSWER, payload=frame[HEAD + ZEROS : -1].hex().upper())
    return Heard(verdict=Verdict.TAKEN if frame[0] == TAKEN else Verdict.NOT_NOW)
