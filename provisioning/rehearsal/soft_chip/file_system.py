"""The files of a card and who may read which: SELECT and READ BINARY (ISO/IEC 7816-4 section 11).

Not here: the session that opens the application's files (`chip`).
"""

from typing import Final

from models.errors import ClassroomError
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.soft_chip.commands import Answer, Command, StatusWord
from provisioning.rehearsal.soft_chip.dialect import EndOfFile
from provisioning.rehearsal.soft_chip.faults import CutShort, Damaged, Hanging, PulledOut
from provisioning.rehearsal.soft_chip.short_file import ShortFile
from provisioning.rehearsal.tlv_writing import CardObjectError, objects, tlv

APPLICATION: Final = bytes.fromhex("A0000002471001")
_MASTER_FILE = b"\x3f\x00"
_UNDER_THE_CARD: Final = {
    0x011C: ShortFile.CARD_ACCESS,
    0x011D: ShortFile.CARD_SECURITY,
    0x2F01: ShortFile.ATR_INFO,
}
_SHORT_UNDER_THE_CARD: Final = {0x1C: 0x011C, 0x1D: 0x011D, 0x01: 0x2F01}
_IN_APPLICATION: Final = frozenset(ShortFile) - frozenset(_UNDER_THE_CARD.values())
_OFFSET, _DISCRETIONARY = 0x54, 0x53


class CardGoneError(ClassroomError):
    """The card left the reader in the middle of a command; there is no answer."""


class CardHangsError(ClassroomError):
    """The card lies there and never answers this command."""


class FileSystem:
    """What is selected on one card since power-up. `open_files` says whether the command came through a session."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self.application = False
        self._file: ShortFile | None = None

    def select(self, command: Command, *, open_files: bool) -> int:
        """The status of a SELECT."""
        match command.p1:
            case 0x00 if command.body in (_MASTER_FILE, b""):
                if not self._card.dialect.master_file_selectable:
                    return StatusWord.UNKNOWN_COMMAND
                self.application, self._file = False, None
                return StatusWord.OK
            case 0x04:
                if command.body != APPLICATION:
                    return StatusWord.FILE_NOT_FOUND
                self.application, self._file = True, None
                return StatusWord.OK
            case 0x02 if len(command.body) == 2:
                return self._choose(int.from_bytes(command.body, "big"), open_files=open_files)
            case _:
                return StatusWord.WRONG_PARAMETERS

    def read(self, command: Command, *, open_files: bool) -> Answer:
        """The answer to READ BINARY in both forms; raises `CardGoneError`, `CardHangsError`."""
        odd = bool(command.ins & 1)
        by_short_identifier = command.p1 == 0 and command.p2 if odd else command.p1 & 0x80
        status: int = StatusWord.OK
        if by_short_identifier:
            status = self._choose_short((command.p2 if odd else command.p1) & 0x1F, open_files=open_files)
        if status == StatusWord.OK:
            status = self._hindrance(command, open_files=open_files)
        if status != StatusWord.OK or self._file is None or command.expected is None:
            return Answer(status=status)
        if odd:
            return self._read_discretionary(self._file, command.body, command.expected)
        offset = command.p2 if by_short_identifier else command.p1 << 8 | command.p2
        return self._octets(self._file, offset, command.expected)

    def _hindrance(self, command: Command, *, open_files: bool) -> int:
        if self._file is None:
            return StatusWord.NO_CURRENT_FILE
        if _is_closed(self._file) and not open_files:
            return StatusWord.SECURITY_NOT_SATISFIED
        return StatusWord.OK if command.expected is not None else StatusWord.WRONG_LENGTH

    def _choose_short(self, short: int, *, open_files: bool) -> int:
        if not self._card.dialect.short_identifiers:
            return StatusWord.WRONG_PARAMETERS
        identifier = short + 0x0100 if self.application else _SHORT_UNDER_THE_CARD.get(short, 0)
        return self._choose(identifier, open_files=open_files)

    def _choose(self, identifier: int, *, open_files: bool) -> int:
        file = _in_application(identifier) if self.application else _UNDER_THE_CARD.get(identifier)
        if file is None or file not in self._card.files:
            return StatusWord.FILE_NOT_FOUND
        if _is_closed(file) and not open_files:
            return StatusWord.SECURITY_NOT_SATISFIED
        self._file = file
        return StatusWord.OK

    def _read_discretionary(self, file: ShortFile, body: bytes, expected: int) -> Answer:
        """Offset in an object 54, the octets in an object 53, whose head counts against what was asked for."""
        try:
            offset = int.from_bytes(dict(objects(body))[_OFFSET], "big")
        except (CardObjectError, KeyError):
            return Answer(status=StatusWord.WRONG_DATA)
        head = 2 if expected <= 129 else 3 if expected <= 258 else 4
        found = self._octets(file, offset, max(0, expected - head))
        return found if not found.body else Answer(status=found.status, body=tlv(_DISCRETIONARY, found.body))

    def _octets(self, file: ShortFile, offset: int, expected: int) -> Answer:
        content = self._card.files[file]
        end = min(offset + expected, len(content))
        match self._card.fault:
            case PulledOut(file=broken, at_octet=place) if broken is file and end > place:
                raise CardGoneError("The card was pulled out.")
            case Hanging(file=broken, at_octet=place) if broken is file and end > place:
                raise CardHangsError("The card hangs.")
            case Damaged(file=broken, from_octet=place) if broken is file and end > place:
                return Answer(status=StatusWord.BROKEN)
            case CutShort(file=broken, at_octet=place, status=status) if broken is file and end > place:
                return Answer(status=status, body=content[offset:place])
            case _:
                pass
        if offset >= len(content):
            return Answer(status=StatusWord.OUTSIDE_FILE)
        # Le of all zeros asks for what there is; only a stated number can be missed (ISO/IEC 7816-4 section 11.3.3).
        missed = end < offset + expected and expected not in (256, 65_536)
        return self._missing(content[offset:end]) if missed else Answer(status=StatusWord.OK, body=content[offset:end])

    def _missing(self, rest: bytes) -> Answer:
        match self._card.dialect.end_of_file:
            case EndOfFile.WARNING:
                return Answer(status=StatusWord.END_OF_FILE, body=rest)
            case EndOfFile.SILENT:
                return Answer(status=StatusWord.OK, body=rest)
            case EndOfFile.EXACT:
                return Answer(status=0x6C00 | len(rest) & 0xFF)
            case EndOfFile.OUTSIDE:
                return Answer(status=StatusWord.OUTSIDE_FILE)


def _is_closed(file: ShortFile) -> bool:
    return file not in {ShortFile.CARD_ACCESS, ShortFile.ATR_INFO}


def _in_application(identifier: int) -> ShortFile | None:
    number = identifier - 0x0100
    return ShortFile(number) if number in _IN_APPLICATION else None
