"""Modbus RTU in bytes: a question for registers, and its answer found in what came. No clock, no units' memory."""

from typing import Final, NamedTuple

LONGEST_ANSWER: Final = 256
MOST_REGISTERS: Final = 125


def _table() -> tuple[int, ...]:
    rows = []
    for start in range(256):
        crc = start
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        rows.append(crc)
    return tuple(rows)


_TABLE: Final = _table()


def crc_modbus(content: bytes) -> int:
    """CRC-16 with polynomial A001, start FFFF; of b"123456789" it is 0x4B37. Sent low byte first."""
    crc = 0xFFFF
    for byte in content:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc


def with_crc(content: bytes) -> bytes:
    """The frame of this content."""
    return content + crc_modbus(content).to_bytes(2, "little")


class Question(NamedTuple):
    """Read `length` registers from `address` of one unit by function 3 or 4."""

    unit: int
    function: int
    address: int
    length: int

    @property
    def frame(self) -> bytes:
        """Its bytes on the wire."""
        head = bytes((self.unit, self.function))
        return with_crc(head + self.address.to_bytes(2, "big") + self.length.to_bytes(2, "big"))


class Registers(NamedTuple):
    """The answer: two bytes for each register."""

    content: bytes


class Refusal(NamedTuple):
    """The unit answers that it will not: exception `code`."""

    code: int


def find_answer(question: Question, heard: bytes) -> Registers | Refusal | None:
    """The answer to this question in all that came since it was asked, None while there is none.

    Only a frame with the right unit, function, length and check counts; noise before it, our own echo and answers of
    other units are passed over.
    """
    size = 2 * question.length
    good = bytes((question.unit, question.function, size))
    at = heard.find(good)
    while at >= 0:
        frame = heard[at : at + size + 5]
        if len(frame) == size + 5 and _is_right(frame):
            return Registers(frame[3:-2])
        at = heard.find(good, at + 1)
    refused = bytes((question.unit, question.function | 0x80))
    at = heard.find(refused)
    while at >= 0:
        frame = heard[at : at + 5]
        if len(frame) == 5 and _is_right(frame):
            return Refusal(frame[2])
        at = heard.find(refused, at + 1)
    return None


def _is_right(frame: bytes) -> bool:
    return crc_modbus(frame[:-2]) == int.from_bytes(frame[-2:], "little")
