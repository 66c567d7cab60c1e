"""Secure messaging (ICAO Doc 9303-11 section 9.8): every command sealed, every answer proven, or nothing at all.

After the first fault the keys are wiped and the channel stays closed. Not here: where the keys come from
(`pace`, `bac`), how blocks are enciphered (`session_ciphers`).
"""

import hmac

from msgspec.structs import replace

from edge.cards.apdu import LONGEST_ANSWER, SHORT_ANSWER, SHORT_CONTENT, Answer, Command, exchange
from edge.cards.card_reader import CardReader, CardReadError
from edge.cards.session_ciphers import SessionCipher
from models.chip.tlv import ParseError, encode, parse_fields

_CRYPTOGRAM, _CRYPTOGRAM_ODD, _EXPECTED, _STATUS, _CHECKSUM = 0x87, 0x85, 0x97, 0x99, 0x8E
_LONGEST_SURROUNDINGS = 4 + 4 + 10
"""Head of the cryptogram with its padding indicator, Le object, checksum object."""


class ChannelBrokenError(CardReadError):
    """The card broke the secure channel. Do not accept it; call the exam office if it happens again with this card."""


class SecureChannel:
    """A protected channel. `cipher` holds the session keys and its counter."""

    def __init__(self, reader: CardReader, cipher: SessionCipher) -> None:
        self._reader = reader
        self._cipher = cipher
        self._closed = False
        self._first_answer = b""

    @property
    def read_size(self) -> int:
        """The most content bytes that fit into one protected short answer."""
        return self._cipher.read_size

    @property
    def short_content(self) -> int:
        """The most content bytes that fit into one protected short command: its Le, padding and checksum take room."""
        room = SHORT_CONTENT - _LONGEST_SURROUNDINGS
        return room - room % self._cipher.block - 1

    @property
    def first_answer(self) -> bytes:
        """The first answer as it came, objects and status word; b"" before."""
        return self._first_answer

    def send(self, command: Command) -> Answer:
        """Exchange one command under protection. Raises `ChannelBrokenError` and the reader's errors."""
        if self._closed:
            raise ChannelBrokenError("The secure channel is closed. Lay the card down again.")
        try:
            sealed = self._seal(command)
            answer = exchange(self._reader, sealed.without_expected(), sealed.expected_field())
            self._first_answer = self._first_answer or answer.content + answer.status.to_bytes(2)
            return self._open(command, answer)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Wipe the keys; nothing can be sent any more."""
        self._closed = True
        self._cipher.wipe()

    def _seal(self, command: Command) -> Command:
        """The protected command: extended where the plain one is, or where its objects do not fit otherwise."""
        header = bytes((command.cla | 0x0C,)) + command.header[1:]
        body = b""
        self._cipher.step()
        if command.content:
            cryptogram = self._cipher.encrypt(self._pad(command.content))
            body = encode(_CRYPTOGRAM_ODD, cryptogram) if command.ins & 1 else encode(_CRYPTOGRAM, b"\x01" + cryptogram)
        if command.expected is not None:
            body += encode(_EXPECTED, command.expected_field())
        sealed = self._pad(header) + (self._pad(body) if body else b"")
        body += encode(_CHECKSUM, self._cipher.checksum(sealed))
        expected = LONGEST_ANSWER if command.extended else SHORT_ANSWER
        return replace(command, cla=header[0], content=body, expected=expected)

    def _open(self, command: Command, answer: Answer) -> Answer:
        try:
            fields = parse_fields(answer.content, (_CRYPTOGRAM, _CRYPTOGRAM_ODD, _STATUS, _CHECKSUM))
        except ParseError as error:
            raise ChannelBrokenError("The card's protected answer is damaged. Lay it down again.") from error
        status, checksum = fields.get(_STATUS, b""), fields.get(_CHECKSUM, b"")
        if len(status) != 2 or len(checksum) != 8:
            raise ChannelBrokenError("The card answered without protection. Lay it down again.")
        self._cipher.step()
        sealed = answer.content[: -len(encode(_CHECKSUM, checksum))]
        if not hmac.compare_digest(self._cipher.checksum(self._pad(sealed)), checksum):
            raise ChannelBrokenError("The card's answer carries a wrong checksum. Do not accept it.")
        if int.from_bytes(status) != answer.status:
            raise ChannelBrokenError(
                "The card's protected answer says another thing than its status. Do not accept it."
            )
        return Answer(content=self._content(command, fields), status=int.from_bytes(status))

    def _content(self, command: Command, fields: dict[int, bytes]) -> bytes:
        wanted, other = (_CRYPTOGRAM_ODD, _CRYPTOGRAM) if command.ins & 1 else (_CRYPTOGRAM, _CRYPTOGRAM_ODD)
        if other in fields:
            raise ChannelBrokenError("The card answered with the wrong kind of cryptogram.")
        if wanted not in fields:
            return b""
        cryptogram = fields[wanted]
        if wanted == _CRYPTOGRAM:
            if cryptogram[:1] != b"\x01":
                raise ChannelBrokenError("The card's cryptogram has an unknown padding.")
            cryptogram = cryptogram[1:]
        if not cryptogram or len(cryptogram) % self._cipher.block:
            raise ChannelBrokenError("The card's cryptogram is not made of whole blocks.")
        return unpad(self._cipher.decrypt(cryptogram), self._cipher.block)

    def _pad(self, content: bytes) -> bytes:
        return pad(content, self._cipher.block)


def pad(content: bytes, block: int) -> bytes:
    """ISO/IEC 9797-1 padding method 2 to whole blocks."""
    return content + b"\x80" + b"\x00" * (-(len(content) + 1) % block)


def unpad(content: bytes, block: int) -> bytes:
    """What stood before the padding. Raises `ChannelBrokenError` when there is no proper padding."""
    stripped = content.rstrip(b"\x00")
    if not stripped.endswith(b"\x80") or len(content) - len(stripped) >= block:
        raise ChannelBrokenError("The card's answer is badly padded.")
    return stripped[:-1]
