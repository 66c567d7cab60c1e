"""Commands and answers of ISO/IEC 7816-4 in short and extended form, and their plain exchange with a card.

Not here: protecting them (`secure_messaging`).
"""

from typing import Protocol

import msgspec

from edge.cards.card_reader import CardMuteError, CardReader, CardReadError

SHORT_CONTENT, SHORT_ANSWER = 255, 256
"""The most bytes of a command's content and of an answer in short form."""
LONGEST_CONTENT, LONGEST_ANSWER = 65_535, 65_536
"""The same in extended form."""

_MOST_PARTS = 260
"""61xx gives up to 256 bytes at a time; 65,536 are the most that one answer may have."""


class UnexpectedStatusError(CardReadError):
    """The card answered a command with a status that ends the reading."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(f"The card answered {status:04X} to: {what}. Lay it down again.")
        self.status = status


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command APDU. `expected` is the number of answer bytes asked for (a power of 256: as many as there are).

    None asks for no answer bytes. More than 255 content or 256 expected bytes make the command an extended one.
    """

    cla: int = 0x00
    ins: int
    p1: int = 0x00
    p2: int = 0x00
    content: bytes = b""
    expected: int | None = None

    @property
    def header(self) -> bytes:
        """The four bytes CLA INS P1 P2."""
        return bytes((self.cla, self.ins, self.p1, self.p2))

    @property
    def extended(self) -> bool:
        """Whether its lengths need the extended form (ISO/IEC 7816-4 section 5.1)."""
        return len(self.content) > SHORT_CONTENT or (self.expected or 0) > SHORT_ANSWER

    def encode(self) -> bytes:
        """The whole command. At most 65,535 content and 65,536 expected bytes."""
        return self.without_expected() + self.expected_field()

    def without_expected(self) -> bytes:
        """Header and content, with the content's length before it."""
        if self.extended:
            return self.header + b"\x00" + (len(self.content).to_bytes(2) + self.content if self.content else b"")
        length = bytes([len(self.content)]) if self.content else b""
        return self.header + length + self.content

    def expected_field(self) -> bytes:
        """The Le field: one byte, two in an extended command, or none."""
        if self.expected is None:
            return b""
        return (self.expected & 0xFFFF).to_bytes(2) if self.extended else bytes([self.expected & 0xFF])


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a card answered: content and status word."""

    content: bytes
    status: int


class Channel(Protocol):
    """A way to say commands to a card, plain or protected."""

    def send(self, command: Command) -> Answer:
        """Exchange one command. Raises the errors of the reader and of the protection."""


class PlainChannel:
    """Commands as they are, before secure messaging."""

    def __init__(self, reader: CardReader) -> None:
        self._reader = reader

    def send(self, command: Command) -> Answer:
        """Exchange one command. Raises the reader's errors."""
        return exchange(self._reader, command.without_expected(), command.expected_field())


def exchange(reader: CardReader, command: bytes, expected_field: bytes) -> Answer:
    """One exchange, with what contact cards under T=0 add to it: 61xx (fetch the rest) and 6Cxx (ask for xx bytes).

    `command` comes without its Le field, which follows apart. A 6Cxx is followed once, where bytes were expected and
    none came: beside content it is a protected answer's, whose command must not be sent twice. 61xx is followed at most
    260 times. Raises the reader's errors and `CardMuteError`.
    """
    content, status = _split(reader.transmit(command + expected_field))
    if status >> 8 == 0x6C and expected_field and not content:
        exact = bytes(len(expected_field) - 1) + bytes([status & 0xFF])
        content, status = _split(reader.transmit(command + exact))
    parts = [content]
    for _ in range(_MOST_PARTS):
        if status >> 8 != 0x61:
            return Answer(content=b"".join(parts), status=status)
        part, status = _split(reader.transmit(bytes((0x00, 0xC0, 0x00, 0x00, status & 0xFF))))
        parts.append(part)
    raise CardMuteError("The card never ends its answer. Lay it down again.")


def _split(answer: bytes) -> tuple[bytes, int]:
    if len(answer) < 2:
        raise CardMuteError("The card's answer has no status. Lay it down again.")
    return answer[:-2], int.from_bytes(answer[-2:])


def select_application(aid: bytes) -> Command:
    """SELECT by application identifier, no answer content wanted (ICAO Doc 9303-10 section 3.6.3)."""
    return Command(ins=0xA4, p1=0x04, p2=0x0C, content=aid)


def select_file(identifier: int) -> Command:
    """SELECT an elementary file of the current directory, no answer content wanted (9303-10 section 3.6.2)."""
    return Command(ins=0xA4, p1=0x02, p2=0x0C, content=identifier.to_bytes(2))


def read_short_file(short_identifier: int, expected: int) -> Command:
    """READ BINARY from the start of a file named by its short identifier, which also selects it."""
    return Command(ins=0xB0, p1=0x80 | short_identifier, expected=expected)


def read_on(offset: int, expected: int) -> Command:
    """READ BINARY of the selected file; from 32,768 on by the odd instruction, with the offset in an object."""
    if offset < 0x8000:
        return Command(ins=0xB0, p1=offset >> 8, p2=offset & 0xFF, expected=expected)
    place = offset.to_bytes(2 if offset < 0x10000 else 3)
    return Command(ins=0xB1, content=bytes((0x54, len(place))) + place, expected=expected)


def in_chain(command: Command, size: int) -> tuple[Command, ...]:
    """The command as several with at most `size` content bytes each, all but the last marked as to be continued.

    Command chaining (ISO/IEC 7816-4 section 5.3.3), for content that does not fit otherwise.
    """
    parts = [command.content[start : start + size] for start in range(0, len(command.content), size)] or [b""]
    chained = [msgspec.structs.replace(command, cla=command.cla | 0x10, content=part, expected=None) for part in parts]
    return (*chained[:-1], msgspec.structs.replace(command, content=parts[-1]))
