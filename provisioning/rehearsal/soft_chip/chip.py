"""A citizen card as a function from command to answer: no socket, no reader, no clock.

Not here: the files (`file_system`), the ways in (`pace_door`, `bac`), the chip's own proofs (`chip_proofs`).
"""

import secrets

from msgspec.structs import replace

from provisioning.rehearsal.soft_chip.bac import answer_mutual_authentication
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.soft_chip.chip_proofs import ChipProofs
from provisioning.rehearsal.soft_chip.ciphers import CipherSuite
from provisioning.rehearsal.soft_chip.commands import (
    Answer,
    Command,
    CommandLengthError,
    StatusWord,
    parse_command,
)
from provisioning.rehearsal.soft_chip.dialect import LongAnswers
from provisioning.rehearsal.soft_chip.faults import ChannelDeceit, ChipExchanged, SessionLost
from provisioning.rehearsal.soft_chip.file_system import APPLICATION, CardGoneError, CardHangsError, FileSystem
from provisioning.rehearsal.soft_chip.groups import Draw
from provisioning.rehearsal.soft_chip.hostile_answers import HostileChannel
from provisioning.rehearsal.soft_chip.pace_door import PaceDoor
from provisioning.rehearsal.soft_chip.secure_channel import ChannelBrokenError, SecureChannel

__all__ = ["APPLICATION", "CardGoneError", "CardHangsError", "SoftChip"]

_PIECE = 256
_GET_RESPONSE = 0xC0


class SoftChip:
    """One card on a reader, from power-up on. `draw` gives so many random octets."""

    atr = bytes.fromhex("3B80800101")
    """A contactless card without historical bytes, as PC/SC part 3 composes it."""

    def __init__(self, card: Card, draw: Draw = secrets.token_bytes) -> None:
        self._card = card
        self._draw = draw
        self.reset()

    def reset(self) -> None:
        """Power off and on: sessions and selections are forgotten."""
        self._files = FileSystem(self._card)
        self._door = PaceDoor(self._card, self._draw)
        self._proofs = ChipProofs(self._card, self._draw)
        self._channel: SecureChannel | None = None
        self._next_channel: SecureChannel | None = None
        self._challenge: bytes | None = None
        self._rest = b""

    def respond(self, command: bytes) -> bytes:
        """The answer APDU to a command APDU; raises `CardGoneError` or `CardHangsError` when there is none."""
        try:
            received = parse_command(command)
        except CommandLengthError:
            return Answer(status=StatusWord.WRONG_LENGTH).encode()
        if received.extended and not self._card.dialect.extended_length:
            return Answer(status=StatusWord.WRONG_LENGTH).encode()
        if received.ins == _GET_RESPONSE and self._rest:
            return self._next_piece()
        self._exchange_card(received.ins)
        answer = self._respond_secured(received) if received.secured else self._respond_plain(received)
        self._channel, self._next_channel = self._next_channel or self._channel, None
        return self._fitting(answer, received)

    def _respond_plain(self, received: Command) -> bytes:
        # A command in the clear ends the session (ICAO Doc 9303-11 section 9.8.8).
        self._channel = None
        return self._execute(received, open_files=False).encode()

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
        return channel.wrap(answer, odd_instruction=received.ins & 1)

    def _execute(self, command: Command, *, open_files: bool) -> Answer:
        if command.cla & 0xEF:
            return Answer(status=StatusWord.UNKNOWN_CLASS)
        match command.ins:
            case 0xA4:
                return Answer(status=self._files.select(command, open_files=open_files))
            case 0xB0 | 0xB1:
                return self._files.read(command, open_files=open_files)
            case 0x22:
                return self._set_environment(command, open_files=open_files)
            case 0x86:
                return self._authenticate(command)
            case _:
                return self._execute_in_application(command, open_files=open_files)

    def _execute_in_application(self, command: Command, *, open_files: bool) -> Answer:
        match command.ins:
            case _ if not self._files.application:
                return Answer(status=StatusWord.UNKNOWN_COMMAND)
            case 0x84 if self._card.opens_by_bac:
                self._challenge = self._draw(8)
                return Answer(status=StatusWord.OK, body=self._challenge)
            case 0x82 if self._card.opens_by_bac:
                return self._mutually_authenticate(command)
            case 0x88 if open_files:
                return self._proofs.sign(command)
            case 0x88 if self._card.active_key is not None:
                return Answer(status=StatusWord.SECURITY_NOT_SATISFIED)
            case _:
                return Answer(status=StatusWord.UNKNOWN_COMMAND)

    def _set_environment(self, command: Command, *, open_files: bool) -> Answer:
        """PACE is chosen by C1A4, chip authentication by 41A4 or, with 3DES, done by 41A6."""
        match command.p1 << 8 | command.p2:
            case 0xC1A4:
                return Answer(status=self._door.choose(command))
            case 0x41A4 | 0x41A6 if not (open_files and self._files.application):
                return Answer(status=StatusWord.SECURITY_NOT_SATISFIED)
            case 0x41A4:
                return Answer(status=self._proofs.choose(command))
            case 0x41A6:
                answer, suite = self._proofs.agree_in_one(command)
                self._start_session(suite)
                return answer
            case _:
                return Answer(status=StatusWord.WRONG_DATA)

    def _authenticate(self, command: Command) -> Answer:
        answer, suite = (self._proofs.agree if self._proofs.agreeing else self._door.authenticate)(command)
        self._start_session(suite)
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
        body, suite, counter = opened
        self._start_session(suite, counter)
        return Answer(status=StatusWord.OK, body=body)

    def _start_session(self, suite: CipherSuite | None, counter: int = 0) -> None:
        """The new keys count from the next command on; this one's answer still goes out under the old ones."""
        match self._card.fault:
            case _ if suite is None:
                return
            case ChannelDeceit() as deceit:
                self._next_channel = HostileChannel(suite, counter, deceit)
            case _:
                self._next_channel = SecureChannel(suite, counter)

    def _exchange_card(self, instruction: int) -> None:
        match self._card.fault:
            case ChipExchanged(instruction=place) as other if place == instruction:
                self._card = replace(self._card, chip_key=other.chip_key, active_key=other.active_key, fault=None)
                self._proofs = ChipProofs(self._card, self._draw)
            case SessionLost(instruction=place) if place == instruction:
                self._card = replace(self._card, fault=None)
                self.reset()
            case _:
                pass

    def _fitting(self, answer: bytes, command: Command) -> bytes:
        if command.extended or len(answer) - 2 <= _PIECE or self._card.dialect.long_answers is LongAnswers.GIVEN:
            return answer
        if self._card.dialect.long_answers is LongAnswers.REFUSED:
            self._channel = None
            return Answer(status=StatusWord.WRONG_LENGTH).encode()
        self._rest = answer
        return self._next_piece()

    def _next_piece(self) -> bytes:
        piece, status, self._rest = self._rest[:-2][:_PIECE], self._rest[-2:], self._rest[_PIECE:]
        left = len(self._rest) - 2
        if left <= 0:
            self._rest = b""
            return piece + status
        return piece + bytes((0x61, min(left, 0xFF) if left < _PIECE else 0))
