"""A sensor board in software that speaks sensor link v1 (firmware_bridge/PROTOCOL.md), written from that page.

It answers ping, ident, period and, as a test build, hang: then it is silent until its watchdog bites.
"""

import binascii
from struct import pack, unpack

from provisioning.rehearsal.soft_room.soft_sensor import Readings, classroom

WATCHDOG_SECONDS = 0.25
POWER_ON, EXTERNAL, WATCHDOG = 0x01, 0x02, 0x08
CHANNELS = (("temperature", "Cel", 0.1), ("humidity", "%RH", 0.1), ("light", "lx", 1.0), ("co2", "ppm", 1.0))


def framed(payload: bytes) -> bytes:
    """The bytes on the wire: check behind the payload, zeros stuffed away, 00 at the end."""
    rest = payload + pack("<H", binascii.crc_hqx(payload, 0xFFFF)) + b"\0"
    out = bytearray()
    while rest:
        length = rest.index(0)
        out.append(length + 1)
        out += rest[:length]
        rest = rest[length + 1 :]
    return bytes(out) + b"\0"


def opened_frame(frame: bytes) -> bytes:
    """The payload of a good frame without its 00; b"" of any other."""
    out = bytearray()
    at = 0
    while at < len(frame):
        length = frame[at]
        if length == 0 or at + length > len(frame):
            return b""
        out += frame[at + 1 : at + length] + b"\0"
        at += length
    content = bytes(out[:-1])
    payload, check = content[:-2], content[-2:]
    return payload if len(check) == 2 and pack("<H", binascii.crc_hqx(payload, 0xFFFF)) == check else b""


class SoftLinkBoard:
    """One board. `missing` names channels without a value."""

    def __init__(self, period_ms: int = 1000, readings: Readings = classroom, serial: str = "") -> None:
        self.missing: set[str] = set()
        self._first_period = period_ms
        self._readings = readings
        self._serial = serial
        self._boot(0.0, POWER_ON)

    def opened(self, now: float) -> bytes:
        """DTR resets it."""
        return self._boot(now, EXTERNAL)

    def _boot(self, now: float, cause: int) -> bytes:
        self._started = now
        self._next = now + self._first_period / 1000
        self._period_ms = self._first_period
        self._seq = 0
        self._heard = b""
        self._wakes_at: float | None = None
        return b"\0" + self._say(b"b", now, bytes((cause,))) + self._ident(now)

    def _say(self, kind: bytes, now: float, more: bytes = b"") -> bytes:
        t_ms = int((now - self._started) * 1000) & 0xFFFFFFFF
        frame = framed(kind + pack("<HI", self._seq, t_ms) + more)
        self._seq = (self._seq + 1) & 0xFFFF
        return frame

    def _ident(self, now: float) -> bytes:
        texts = {1: "soft-board", 2: "1.0.0", 3: "0000000", 4: "soft", 5: self._serial}
        texts |= {0x10 + at: f"{name}|{unit}|{scale:g}" for at, (name, unit, scale) in enumerate(CHANNELS)}
        fields = b"".join(bytes((tag, len(text))) + text.encode() for tag, text in texts.items() if text)
        return self._say(b"i", now, fields)

    def take(self, data: bytes, now: float) -> bytes:
        """Answers, as far as it is awake."""
        *frames, self._heard = (self._heard + data).split(b"\0")
        self._heard = self._heard[-32:]
        return b"".join(self._answer(opened_frame(frame), now) for frame in frames)

    def _answer(self, payload: bytes, now: float) -> bytes:
        if self._wakes_at is not None:
            return b""
        match payload[:1]:
            case b"P":
                return self._say(b"p", now)
            case b"I":
                return self._ident(now)
            case b"R" if len(payload) >= 3:
                (asked,) = unpack("<H", payload[1:3])
                self._period_ms = min(max(asked, 20), 60_000)
                self._next = now + self._period_ms / 1000
                return self._say(b"r", now, pack("<H", self._period_ms))
            case b"H":
                self._wakes_at = now + WATCHDOG_SECONDS
        return b""

    def tick(self, now: float) -> bytes:
        """Readings when they are due; the boot frame when the watchdog has bitten."""
        if self._wakes_at is not None:
            return self._boot(now, WATCHDOG) if now >= self._wakes_at else b""
        said = b""
        while now >= self._next:
            measured = self._readings(self._next)
            raw = [-32768 if name in self.missing else round(measured[name] / scale) for name, _, scale in CHANNELS]
            said += self._say(b"d", self._next, bytes((len(raw),)) + pack(f"<{len(raw)}h", *raw))
            self._next += self._period_ms / 1000
        return said
