"""A citizen card as a function from command to answer: no socket, no reader, no clock.

Not here: active and chip authentication; the keys for them lie in the card and wait.
"""

import secrets
from collections.abc import Callable

from models.errors import ClassroomError
from provisioning.rehearsal.soft_chip.bac import answer_mutual_authentication
from provisioning.rehearsal.soft_chip.card import Card, Damaged, PulledOut, ShortFile
from provisioning.rehearsal.soft_chip.commands import (
    Answer,
    Command,
    CommandLengthError,
    StatusWord,
    parse_command,
)
from provisioning.rehearsal.soft_chip.elliptic_curve import CURVES
from provisioning.rehearsal.soft_chip.pace import PACE_OID, PaceExchange, can_password, mrz_password
from provisioning.rehearsal.soft_chip.secure_channel import ChannelBrokenError, SecureChannel
from provisioning.rehearsal.tlv_writing import CardObjectError, objects

APPLICATION = bytes.fromhex("A0000002471001")
_MASTER_FILE = b"\x3f\x00"


class CardGoneError(ClassroomError):
    """The card left the reader in the middle of a command; there is no answer."""


class SoftChip:
    """One card on a reader, from power-up on.

    `draw` gives so many random octets. `largest_answer` caps an answer's data field in octets: some cards and readers
    carry no more than 256.
    """

    atr = bytes.fromhex("3B80800101")
    """A contactless card without historical bytes, as PC/SC part 3 composes it."""

    def __init__(
        self, card: Card, draw: Callable[[int], bytes] = secrets.token_bytes, largest_answer: int = 65_533
    ) -> None:
        self._card = card
        self._draw = draw
        self._largest_answer = largest_answer
        self._channel: SecureChannel | None = None
        self._pace: PaceExchange | None = None
        self._challenge: bytes | None = None
        self._application = False
        self._file: ShortFile | None = None

    def reset(self) -> None:
        """Power off and on: sessions and selections are forgotten."""
        self._channel = None
        self._pace = None
        self._challenge = None
        self._application = False
        self._file = None

    def respond(self, command: bytes) -> bytes:
        """The answer APDU to a command APDU; raises `CardGoneError` when the card is pulled out meanwhile."""
        try:
            received = parse_command(command)
        except CommandLengthError:
            return Answer(status=StatusWord.WRONG_LENGTH).encode()
        if received.secured:
            return self._respond_secured(received)
        # A command in the clear ends the session (ICAO Doc 9303-11 section 9.8.8).
        self._channel = None
        answer = self._execute(received, open_files=False)
        return self._fitting(answer.encode())

    def _respond_secured(self, received: Command) -> bytes:
        channel = self._channel
        if channel is None:
            return Answer(status=StatusWord.SECURE_OBJECTS_WRONG).encode()
        try:
            plain = channel.unwrap(received)
        except ChannelBrokenError as error:
            self._channel = None
            return Answer(status=error.status).encode()
        answer = self._execute(plain, open_files=True)
        return self._fitting(channel.wrap(answer, odd_instruction=received.ins & 1))

    def _fitting(self, answer: bytes) -> bytes:
        if len(answer) - 2 <= self._largest_answer:
            return answer
        self._channel = None
        return Answer(status=StatusWord.WRONG_LENGTH).encode()

    def _execute(self, command: Command, *, open_files: bool) -> Answer:
        if command.cla & 0xEF:
            return Answer(status=StatusWord.UNKNOWN_CLASS)
        match command.ins:
            case 0xA4:
                answer = Answer(status=self._select(command, open_files=open_files))
            case 0xB0:
                answer = self._read(command, open_files=open_files)
            case 0x22:
                answer = Answer(status=self._choose_password(command))
            case 0x86:
                answer = self._authenticate(command)
            case 0x84 if self._application:
                self._challenge = self._draw(8)
                answer = Answer(status=StatusWord.OK, body=self._challenge)
            case 0x82 if self._application:
                answer = self._mutually_authenticate(command)
            case _:
                answer = Answer(status=StatusWord.UNKNOWN_COMMAND)
        return answer

    def _select(self, command: Command, *, open_files: bool) -> StatusWord:
        match command.p1:
            case 0x00 if command.body in (_MASTER_FILE, b""):
                # Vietnamese cards refuse to select the master file.
                return StatusWord.UNKNOWN_COMMAND
            case 0x04:
                if command.body != APPLICATION:
                    return StatusWord.FILE_NOT_FOUND
                self._application, self._file = True, None
                return StatusWord.OK
            case 0x02 if len(command.body) == 2:
                return self._choose_file(int.from_bytes(command.body, "big") - 0x0100, open_files=open_files)
            case _:
                return StatusWord.WRONG_PARAMETERS

    def _choose_file(self, short_file: int, *, open_files: bool) -> StatusWord:
        known = short_file in self._card.files and self._application != (short_file == ShortFile.CARD_ACCESS)
        if not known:
            return StatusWord.FILE_NOT_FOUND
        if self._application and not open_files:
            return StatusWord.SECURITY_NOT_SATISFIED
        self._file = ShortFile(short_file)
        return StatusWord.OK

    def _read(self, command: Command, *, open_files: bool) -> Answer:
        if command.p1 & 0x80:
            status = self._choose_file(command.p1 & 0x1F, open_files=open_files)
            if status is not StatusWord.OK:
                return Answer(status=status)
            offset = command.p2
        else:
            offset = command.p1 << 8 | command.p2
        if self._file is None:
            return Answer(status=StatusWord.NO_CURRENT_FILE)
        if self._application and not open_files:
            return Answer(status=StatusWord.SECURITY_NOT_SATISFIED)
        if command.expected is None:
            return Answer(status=StatusWord.WRONG_LENGTH)
        return self._octets(self._file, offset, command.expected)

    def _octets(self, file: ShortFile, offset: int, expected: int) -> Answer:
        content = self._card.files[file]
        if offset >= len(content):
            return Answer(status=StatusWord.OUTSIDE_FILE)
        end = min(offset + expected, len(content))
        match self._card.fault:
            case PulledOut(file=broken, at_octet=place) if broken is file and end > place:
                raise CardGoneError("The card was pulled out.")
            case Damaged(file=broken, from_octet=place) if broken is file and end > place:
                return Answer(status=StatusWord.BROKEN)
            case _:
                pass
        # Le of all zeros asks for what there is; only a stated number can be missed (ISO/IEC 7816-4 section 11.3.3).
        missed = end < offset + expected and expected not in (256, 65_536)
        return Answer(status=StatusWord.END_OF_FILE if missed else StatusWord.OK, body=content[offset:end])

    def _choose_password(self, command: Command) -> StatusWord:
        self._pace = None
        try:
            wanted = dict(objects(command.body))
        except CardObjectError:
            return StatusWord.WRONG_DATA
        if (command.p1, command.p2) != (0xC1, 0xA4) or wanted.get(0x80) != PACE_OID:
            return StatusWord.WRONG_DATA
        if wanted.get(0x84, bytes((self._card.pace_parameter,))) != bytes((self._card.pace_parameter,)):
            return StatusWord.REFERENCE_NOT_FOUND
        match wanted.get(0x83):
            case b"\x01":
                password = mrz_password(self._card.mrz_key_text)
            case b"\x02":
                password = can_password(self._card.access_number)
            case _:
                return StatusWord.REFERENCE_NOT_FOUND
        self._pace = PaceExchange(curve=CURVES[self._card.pace_parameter], password=password, draw=self._draw)
        return StatusWord.OK

    def _authenticate(self, command: Command) -> Answer:
        if self._pace is None:
            return Answer(status=StatusWord.NOT_NOW)
        answer = self._pace.step(command.body)
        if self._pace.suite is not None:
            self._channel = SecureChannel(self._pace.suite)
        if self._pace.over:
            self._pace = None
        return answer

    def _mutually_authenticate(self, command: Command) -> Answer:
        challenge, self._challenge = self._challenge, None
        if challenge is None:
            return Answer(status=StatusWord.NOT_NOW)
        opened = answer_mutual_authentication(
            command.body, mrz_key_text=self._card.mrz_key_text, challenge=challenge, draw=self._draw
        )
        if opened is None:
            return Answer(status=StatusWord.AUTHENTICATION_FAILED)
        body, self._channel = opened
        return Answer(status=StatusWord.OK, body=body)
