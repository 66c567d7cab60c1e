"""NEC projectors (its panels speak otherwise, see `nec`): `head command id1 id2 length data... sum`.

Words of the table are head and command, then the data ("0085 01"). A projector answers with 2 in the high half of the
head, and with A and two bytes of error when it does not. Not here: what they mean (`tables/nec-projector.toml`).
"""

from collections.abc import Sequence
from typing import Final

from firmware_bridge.displays.codec import Heard, Noise, Sound, Verdict

HEAD: Final = 5
LONGEST_DATA: Final = 128
HEADS: Final = frozenset({0x20, 0x21, 0x22, 0x23, 0xA0, 0xA1, 0xA2, 0xA3})
ERRORS: Final = {0x00: Verdict.UNSUPPORTED, 0x01: Verdict.REFUSED, 0x02: Verdict.NOT_NOW, 0x03: Verdict.REFUSED}
"""By the first byte of the error: not known, a wrong value, not in this state (off, no signal), a wrong gain."""


class NecProjectorCodec:
    """Frames of a projector, over RS-232 and over TCP 7142. Its id is put in by the projector itself."""

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
        head, data = words[:4], bytes.fromhex(words[4:])
        frame = bytes.fromhex(head) + bytes([0, 0, len(data)]) + data
        return frame + bytes([sum(frame) & 0xFF])

    def key(self, words: str) -> str:
        """The low half of the head, and the command."""
        return words[1:4].upper()

    def take(self, data: bytes) -> Sequence[Sound]:
        """Frames, found by head, length and sum; a byte that begins none is passed over."""
        self._heard += data
        sounds: list[Sound] = []
        noise = False
        while self._heard:
            if self._heard[0] not in HEADS or (len(self._heard) >= HEAD and self._heard[4] > LONGEST_DATA):
                self._heard, noise = self._heard[1:], True
                continue
            if len(self._heard) < HEAD or len(self._heard) < (end := HEAD + self._heard[4] + 1):
                break
            frame = self._heard[:end]
            if sum(frame[:-1]) & 0xFF != frame[-1] or (frame[0] & 0x80 and frame[4] != 2):
                self._heard, noise = self._heard[1:], True
                continue
            self._heard = self._heard[end:]
            sounds.append(_heard(frame))
        return [Noise(), *sounds] if noise else sounds


def _heard(frame: bytes) -> Heard:
    key, data = f"{frame[0] & 0x0F:X}{frame[1]:02X}", frame[HEAD:-1]
    if frame[0] & 0x80:
        return Heard(verdict=ERRORS.get(data[0], Verdict.REFUSED), key=key)
    return Heard(verdict=Verdict.ANSWER if data else Verdict.TAKEN, key=key, payload=data.hex().upper())
