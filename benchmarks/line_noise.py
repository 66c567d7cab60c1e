"""What a noisy line does to three ways of sending readings, and what reading sensor link v1 costs.

`python -m benchmarks.line_noise [--frames N] [--rate R]`: N frames each as link v1, as bare JSON lines and as JSON
lines with an integrity mark pass the same kind of noise (half of the hit bytes get a flipped bit, a quarter are lost, a
quarter are followed by a new one) and are read by the real drivers. A reading is wrong when it is none that was sent.
Bars: 0 wrong of link v1 and of marked lines; after an error at most one further frame is lost with it. Then CPU time
per frame of the link driver, as share of a core at 1 Mbaud (4,168 frames of 20 bytes a second); bar 10 %.
"""

import argparse
import json
import random
import struct
import time
from binascii import crc_hqx
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from firmware_bridge.drivers.catalogue import DRIVERS
from firmware_bridge.drivers.driver import Driver, Said
from models.equipment import EquipmentKind
from models.room_messages import encode_room
from models.room_plan import PlannedDevice, SerialLink

PIECE = 4096
LINE_FRAMES_AT_ONE_MEGABAUD = 4168
CPU_BAR = 0.10
CHANNELS = 4
Values = tuple[int, ...]


def _link_frame(number: int, values: Values) -> bytes:
    payload = struct.pack("<BHIB4h", 0x64, number & 0xFFFF, number & 0xFFFFFFFF, CHANNELS, *values)
    payload += struct.pack("<H", crc_hqx(payload, 0xFFFF))
    return b"".join(bytes((len(block) + 1,)) + block for block in payload.split(b"\0")) + b"\0"


def _json_text(number: int, values: Values) -> bytes:
    readings = {"s": number, **{f"m{channel}": value for channel, value in enumerate(values)}}
    return json.dumps(readings, separators=(",", ":")).encode()


def _json_line(number: int, values: Values) -> bytes:
    return _json_text(number, values) + b"\n"


def _marked_line(number: int, values: Values) -> bytes:
    text = _json_text(number, values)
    return text + f"*{crc_hqx(text, 0xFFFF):04X}\n".encode()


def _values(number: int) -> Values:
    """Readings that only belong to this number, so that a wrong one is known by itself."""
    mixed = (number + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    return tuple((mixed >> 16 * channel & 0xFFFF) % 64_000 - 32_000 for channel in range(CHANNELS))


class Noise:
    """Hits bytes at a rate; says how many frames it hit."""

    def __init__(self, rate: float, seed: int) -> None:
        self._chance = random.Random(seed)
        self._rate = rate
        self._next = self._gap()

    def _gap(self) -> int:
        return int(self._chance.expovariate(self._rate)) if self._rate else 1 << 60

    def spoil(self, frame: bytes) -> tuple[bytes, bool]:
        """The frame as it arrives, and whether it was hit."""
        if self._next >= len(frame):
            self._next -= len(frame)
            return frame, False
        out = bytearray()
        at = 0
        while at + self._next < len(frame):
            end = at + self._next
            out += frame[at:end]
            kind = self._chance.randrange(4)
            if kind < 2:
                out.append(frame[end] ^ 1 << self._chance.randrange(8))
            elif kind == 2:
                out += bytes((frame[end], self._chance.randrange(256)))
            at = end + 1
            self._next = self._gap()
        out += frame[at:]
        self._next -= len(frame) - at
        return bytes(out), True


@dataclass(slots=True)
class Tally:
    """What came through."""

    sent: int = 0
    hit: int = 0
    delivered: int = 0
    wrong: int = 0
    lost_unhit: int = 0
    """Frames that the noise did not touch and that are missing: the price of finding back."""
    longest_run: int = 0
    """Of those, the most in a row."""


def _driver(name: str) -> Driver:
    names = ",".join(f"m{channel}" for channel in range(CHANNELS)) if name == "link-v1" else ""
    link = SerialLink(port="/dev/null", driver=name, map=names)
    device = PlannedDevice(device_id="dev-noise", kind=EquipmentKind.SENSOR_BOARD, link=link)
    driver = DRIVERS[name].make([device])
    driver.open(0.0)
    return driver


def _rows(driver: Driver, data: bytes) -> list[Values]:
    """What was read, one tuple for each frame."""
    numbers: list[int] = []
    for word in driver.take(data, 1.0):
        if isinstance(word, Said) and word.batch is not None:
            numbers += [round(float(entry.x)) for entry in word.batch.e if entry.n != "s"]
    return [tuple(numbers[at : at + CHANNELS]) for at in range(0, len(numbers), CHANNELS)]


def measure(name: str, write: Callable[[int, Values], bytes], frames: int, rate: float) -> Tally:
    """Frame by frame, so that what comes out is known to belong to what went in (or to the one before)."""
    driver, noise, tally = _driver(name), Noise(rate, 7), Tally(sent=frames)
    driver.take(b"\0" if name == "link-v1" else b"\n", 0.0)
    recent: list[Values] = []
    run = 0
    for number in range(frames):
        values = _values(number)
        recent = [*recent[-3:], values]
        heard, hit = noise.spoil(write(number, values))
        rows = _rows(driver, heard)
        tally.hit += hit
        right = sum(row in recent for row in rows)
        tally.wrong += len(rows) - right
        tally.delivered += right
        if hit or values in rows:
            run = 0
        else:
            run += 1
            tally.lost_unhit += 1
            tally.longest_run = max(tally.longest_run, run)
    return tally


def cpu_of_link(frames: int) -> tuple[float, float]:
    """Microseconds of CPU for a frame: reading alone, and with the JSON of its batches."""
    stream = b"".join(_link_frame(number, _values(number)) for number in range(frames))
    pieces = [stream[at : at + 1024] for at in range(0, len(stream), 1024)]
    driver = _driver("link-v1")
    began = time.process_time()
    words: list[Sequence[object]] = [driver.take(piece, 1.0) for piece in pieces]
    reading = time.process_time() - began
    for word in (word for some in words for word in some):
        if isinstance(word, Said) and word.batch is not None:
            encode_room(word.batch)
    whole = time.process_time() - began
    if driver.counts.good != frames or driver.counts.bad:
        raise SystemExit(f"good {driver.counts.good} of {frames}, bad {driver.counts.bad}")
    return reading / frames * 1e6, whole / frames * 1e6


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=1e-3, help="of bytes that are hit")
    arguments = parser.parse_args()
    print(f"{arguments.frames} frames each, {arguments.rate:g} of the bytes hit")
    for title, name, write in (
        ("link v1 (COBS + CRC-16)", "link-v1", _link_frame),
        ("JSON line + mark", "text-lines", _marked_line),
        ("bare JSON line", "text-lines", _json_line),
    ):
        tally = measure(name, write, arguments.frames, arguments.rate)
        print(
            f"{title:24} hit {tally.hit / tally.sent:8.3%}  delivered {tally.delivered / tally.sent:8.3%}"
            f"  wrong accepted {tally.wrong}  lost beside the hit ones {tally.lost_unhit}"
            f", at most {tally.longest_run} in a row"
        )
    reading, whole = cpu_of_link(200_000)
    share = whole * LINE_FRAMES_AT_ONE_MEGABAUD / 1e6
    print(f"link v1: {reading:.2f} us CPU a frame to words, {whole:.2f} us with JSON; 1 Mbaud: {share:.1%} of a core")
    print(f"bar {CPU_BAR:.0%}: {share / CPU_BAR:.2f} of it")


if __name__ == "__main__":
    main()
