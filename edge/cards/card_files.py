"""Reading elementary files of the chip by short identifier (ICAO Doc 9303-10 section 3.6), bounded whatever it answers.

Not here: which files, and in which order (`read_identity_card`).
"""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from edge.cards.apdu import (
    SHORT_ANSWER,
    Answer,
    Channel,
    Command,
    UnexpectedStatusError,
    read_on,
    read_short_file,
    select_file,
)
from edge.cards.card_reader import CardMuteError
from models.chip.data_groups import FILE_TAGS
from models.chip.tlv import ParseError, encode, parse_header, parse_one

_SELECTED = 0x9000
_DONE = frozenset({0x9000, 0x6282})  # 6282: the file ended before the bytes asked for
_NOT_FOUND = frozenset({0x6A82, 0x6A83, 0x6A88})
_NO_SUCH_FILE = _NOT_FOUND | {0x6700, 0x6981, 0x6982, 0x6985, 0x6986, 0x6A80, 0x6A81, 0x6A86, 0x6D00, 0x6E00}
_NO_SHORT_IDENTIFIERS = frozenset({0x6A81, 0x6A86})
_SHORTER_THAN_ASKED = 0x6B00
_LONGEST_OBJECT_HEAD = 4
_HEAD = 6
"""Enough for the tag and length of every file that is read, and shorter than any of them."""
_SELECT_MASTER_FILE = Command(ins=0xA4, p1=0x00, p2=0x0C, content=b"\x3f\x00")


class CardFile(msgspec.Struct, frozen=True, kw_only=True):
    """An elementary file: its short identifier, its outermost tag, and the longest that is read of it."""

    name: str
    short_identifier: int
    tag: int
    longest: int

    @property
    def identifier(self) -> int:
        """The two bytes by which SELECT knows it (9303-10 table 38)."""
        return 0x0100 | self.short_identifier


CARD_ACCESS = CardFile(name="EF.CardAccess", short_identifier=0x1C, tag=0x31, longest=4096)
CARD_SECURITY = CardFile(name="EF.CardSecurity", short_identifier=0x1D, tag=0x30, longest=32_768)
"""In the master file; inside the application the same short identifier means EF.SOD."""
SECURITY_OBJECT = CardFile(name="EF.SOD", short_identifier=0x1D, tag=0x77, longest=32_768)
DATA_GROUPS = {
    number: CardFile(name=f"DG{number}", short_identifier=number, tag=FILE_TAGS[number], longest=longest)
    for number, longest in ((1, 256), (2, 262_144), (14, 8192), (15, 8192))
}


class FileMissingError(UnexpectedStatusError):
    """The chip does not have a file that a citizen card must have, or does not show it."""


def read_file(channel: Channel, file: CardFile, size: int, progress: Callable[[float], None]) -> bytes:
    """The whole file, tag and length included, in reads of at most `size` bytes; `progress` gets shares of 0 to 1.

    Named by its short identifier, and selected where the card takes none. Raises `FileMissingError`,
    `UnexpectedStatusError`, `CardMuteError`, `ParseError`, and the channel's errors. There is never a part of a file.
    """
    answer = _read_start(channel, read_short_file(file.short_identifier, size))
    if answer.status in _NO_SHORT_IDENTIFIERS:
        answer = channel.send(select_file(file.identifier))
        if answer.status == _SELECTED:
            answer = _read_start(channel, read_on(0, size))
    if answer.status in _NOT_FOUND:
        raise FileMissingError(f"read {file.name}", answer.status)
    return _read_rest(channel, file, answer, size, progress)


def _read_start(channel: Channel, command: Command) -> Answer:
    """The first bytes; of a file shorter than the read some cards only say how short it is (6Cxx), or only that (6B00).

    Later reads know the length and never ask for more.
    """
    answer = channel.send(command)
    if answer.status >> 8 == 0x6C:
        return channel.send(replace(command, expected=answer.status & 0xFF or SHORT_ANSWER))
    if answer.status == _SHORTER_THAN_ASKED:
        return channel.send(replace(command, expected=_HEAD))
    return answer


def _read_rest(channel: Channel, file: CardFile, first: Answer, size: int, progress: Callable[[float], None]) -> bytes:
    content = bytearray(_part(first, file, size))
    tag, start, length = parse_header(bytes(content[:8]))
    total = start + length
    if tag != file.tag or total > file.longest:
        raise ParseError(f"{file.name} starts with another tag or is longer than {file.longest} bytes.")
    most_reads = 2 * -(-total // min(size, 223)) + 8  # short answers are borne, but not endlessly
    for _ in range(most_reads):
        progress(min(1.0, len(content) / total))
        if len(content) >= total:
            return bytes(content[:total])
        content += _read_further(channel, file, len(content), min(size, total - len(content)), size)
    raise CardMuteError(f"The card gives {file.name} in too many pieces. Lay it down again.")


def _read_further(channel: Channel, file: CardFile, offset: int, asked: int, size: int) -> bytes:
    """At most `asked` bytes from `offset` on; beyond 32,768 they come in an object, which may have `size` bytes."""
    if offset < 0x8000:
        return _part(channel.send(read_on(offset, asked)), file, asked)
    room = min(asked + _LONGEST_OBJECT_HEAD, size)
    answer = channel.send(read_on(offset, room))
    if answer.status >> 8 == 0x6C or answer.status == _SHORTER_THAN_ASKED:  # a card that takes it to the byte
        room = min(len(encode(0x53, bytes(asked))), size)
        answer = channel.send(read_on(offset, room))
    return _discretionary(_part(answer, file, room), file)


def _part(answer: Answer, file: CardFile, asked: int) -> bytes:
    if answer.status not in _DONE:
        raise UnexpectedStatusError(f"read {file.name}", answer.status)
    if not answer.content or len(answer.content) > asked:
        raise CardMuteError(f"The card broke off or gave too much while {file.name} was read. Lay it down again.")
    return answer.content


def _discretionary(part: bytes, file: CardFile) -> bytes:
    """The bytes inside the object 53 with which the odd READ BINARY answers (ISO/IEC 7816-4 section 11.3.3)."""
    content = parse_one(part, 0x53)
    if not content:
        raise CardMuteError(f"The card broke off while {file.name} was read. Lay it down again.")
    return content


def read_card_access(channel: Channel) -> bytes:
    """EF.CardAccess from the master file, before any protection; empty when the chip has none.

    By short identifier first, which saves a command; then selected, with and without SELECT MF, which Vietnamese cards
    refuse. Only statuses that say "no such file" count as its absence. Raises as `read_file` does.
    """
    answer = channel.send(read_short_file(CARD_ACCESS.short_identifier, 256))
    if answer.status in _NO_SUCH_FILE or not answer.content.startswith(b"\x31"):
        answer = channel.send(select_file(CARD_ACCESS.identifier))
        if answer.status in _NO_SUCH_FILE:
            channel.send(_SELECT_MASTER_FILE)
            answer = channel.send(select_file(CARD_ACCESS.identifier))
        if answer.status in _NO_SUCH_FILE:
            return b""
        if answer.status != _SELECTED:
            raise UnexpectedStatusError("select EF.CardAccess", answer.status)
        answer = _read_start(channel, read_on(0, SHORT_ANSWER))
    return _read_rest(channel, CARD_ACCESS, answer, 256, lambda _: None)
