"""The bridge's side of sensor link v1 in a few lines, written from PROTOCOL.md alone: it shares no code with ours."""

import os
import select
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CEILING_SECONDS = 30
PROTOCOL_PAGE = Path(__file__).parents[2] / "firmware_bridge/PROTOCOL.md"


@dataclass(frozen=True, slots=True)
class Frame:
    """One undamaged frame: its bytes as they came, and what they say."""

    wire: bytes
    kind: str
    number: int
    t_ms: int
    rest: bytes

    def words(self) -> list[int]:
        """The readings of a data frame."""
        count = self.rest[0]
        return [int.from_bytes(self.rest[1 + 2 * i : 3 + 2 * i], "little", signed=True) for i in range(count)]

    def fields(self) -> dict[int, str]:
        """The fields of an ident frame."""
        found, rest = {}, self.rest
        while rest:
            found[rest[0]] = rest[2 : 2 + rest[1]].decode()
            rest = rest[2 + rest[1] :]
        return found


def crc(content: bytes) -> int:
    """CRC-16/CCITT-FALSE, bit by bit."""
    value = 0xFFFF
    for byte in content:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


def read_frame(wire: bytes) -> Frame | None:
    """`wire` without its closing 00; None when it is damaged."""
    plain, rest = bytearray(), wire
    while rest:
        plain += rest[1 : rest[0]]
        if len(rest) < rest[0]:
            return None
        rest = rest[rest[0] :]
        if rest:
            plain.append(0)
    if len(plain) < 9 or crc(bytes(plain[:-2])) != int.from_bytes(plain[-2:], "little"):
        return None
    body = bytes(plain[:-2])
    number, t_ms = int.from_bytes(body[1:3], "little"), int.from_bytes(body[3:7], "little")
    return Frame(wire=wire + b"\0", kind=chr(body[0]), number=number, t_ms=t_ms, rest=body[7:])


@dataclass(slots=True)
class Talk:
    """An open port. `damaged` counts what was no frame; a lone 00 is not counted."""

    descriptor: int
    damaged: int = 0
    _held: bytes = b""
    _frames: list[Frame] = field(default_factory=list)

    def say(self, wire: bytes) -> None:
        """Sends these bytes."""
        os.write(self.descriptor, wire)

    def next(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The next frame of this kind; others are read over."""
        end = time.monotonic() + CEILING_SECONDS
        while time.monotonic() < end:
            while self._frames:
                frame = self._frames.pop(0)
                if wanted(frame):
                    return frame
            if select.select([self.descriptor], [], [], 1)[0]:
                self._take(os.read(self.descriptor, 4096))
        raise AssertionError("the board did not say it")

    def next_of(self, kind: str) -> Frame:
        """The next frame of this type."""
        return self.next(lambda frame: frame.kind == kind)

    def _take(self, content: bytes) -> None:
        *whole, self._held = (self._held + content).split(b"\0")
        for wire in filter(None, whole):
            frame = read_frame(wire)
            if frame is None:
                self.damaged += 1
            else:
                self._frames.append(frame)


@contextmanager
def talk_to(path: str) -> Iterator[Talk]:
    """A board's port, raw."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(descriptor)
        yield Talk(descriptor)
    finally:
        os.close(descriptor)


def page_examples(page: Path) -> dict[str, bytes]:
    """The byte examples of PROTOCOL.md: meaning to what stands on the wire."""
    found = {}
    for line in page.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and len(cells) == 4 and cells[0] in ("to board", "from board"):
            found[cells[1]] = bytes.fromhex(cells[3].strip("`| "))
    return found
