"""Frames of sensor link v1 (firmware_bridge/PROTOCOL.md): `COBS(payload | crc) 00` and back; a stream cut up.

Not here: what a payload means (`link_v1`).
"""

from binascii import crc_hqx
from typing import Final

LONGEST_FRAME: Final = 254
"""Bytes between two 00. So a COBS block is never full, and every length byte stands for one zero."""
SHORTEST_FRAME: Final = 4
"""Length byte, type, CRC."""
CRC_START: Final = 0xFFFF


class FrameTooLongError(ValueError):
    """A payload of more than 251 bytes was to be sent: a fault of the caller."""


def crc16(content: bytes) -> int:
    """CRC-16/CCITT-FALSE; of b"123456789" it is 0x29B1."""
    return crc_hqx(content, CRC_START)


def to_frame(payload: bytes) -> bytes:
    """The bytes on the wire, closing 00 included. Raises FrameTooLongError."""
    checked = payload + crc16(payload).to_bytes(2, "little")
    if len(checked) >= LONGEST_FRAME:
        raise FrameTooLongError(f"A payload has at most {LONGEST_FRAME - 3} bytes, this one {len(payload)}.")
    return b"".join(bytes((len(block) + 1,)) + block for block in checked.split(b"\0")) + b"\0"


def from_frame(frame: bytes) -> bytes | None:
    """The payload of what stood between two 00, or None when shape or check are wrong."""
    length = len(frame)
    if not SHORTEST_FRAME <= length <= LONGEST_FRAME:
        return None
    blocks = []
    at = 0
    while at < length:
        end = at + frame[at]
        if not at < end <= length:
            return None
        blocks.append(frame[at + 1 : end])
        at = end
    checked = b"\0".join(blocks)
    payload = checked[:-2]
    return payload if crc_hqx(payload, CRC_START) == checked[-2] | checked[-1] << 8 else None


class FrameSplitter:
    """Cuts a stream into payloads. After any error everything up to the next 00 is dropped."""

    def __init__(self) -> None:
        self.bad = 0
        self._begun = b""
        self._dropping = False

    def take(self, data: bytes) -> list[bytes]:
        """The payloads that `data` completes, in order. Never raises; what is wrong is counted in `bad`."""
        parts = (self._begun + data).split(b"\0")
        self._begun = parts.pop()
        payloads = []
        for part in parts:
            if self._dropping:
                self._dropping = False
            elif part:
                payload = from_frame(part)
                if payload is None:
                    self.bad += 1
                else:
                    payloads.append(payload)
        if self._dropping:
            self._begun = b""
        elif len(self._begun) > LONGEST_FRAME:
            self._begun, self._dropping = b"", True
            self.bad += 1
        return payloads
