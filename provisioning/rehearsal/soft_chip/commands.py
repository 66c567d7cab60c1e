"""Command and answer APDUs as the card sees them (ISO/IEC 7816-4 section 5)."""

from dataclasses import dataclass
from enum import IntEnum

from models.errors import BadInputError


class StatusWord(IntEnum):
    """The two octets that end every answer, in the words of ISO/IEC 7816-4 section 5.6."""

    OK = 0x9000
    END_OF_FILE = 0x6282
    AUTHENTICATION_FAILED = 0x6300
    WRONG_LENGTH = 0x6700
    SECURITY_NOT_SATISFIED = 0x6982
    NOT_NOW = 0x6985
    NO_CURRENT_FILE = 0x6986
    SECURE_OBJECTS_MISSING = 0x6987
    SECURE_OBJECTS_WRONG = 0x6988
    WRONG_DATA = 0x6A80
    FILE_NOT_FOUND = 0x6A82
    WRONG_PARAMETERS = 0x6A86
    PARAMETER_MISSING = 0x6A87
    REFERENCE_NOT_FOUND = 0x6A88
    OUTSIDE_FILE = 0x6B00
    UNKNOWN_COMMAND = 0x6D00
    UNKNOWN_CLASS = 0x6E00
    BROKEN = 0x6F00


class CommandLengthError(BadInputError):
    """A command's length fields contradict its length; the card answers 6700."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command. `expected` is Ne: None without Le, 256 for 00, 65,536 for 0000; `extended` is its lengths' form."""

    cla: int
    ins: int
    p1: int
    p2: int
    body: bytes = b""
    expected: int | None = None
    extended: bool = False

    @property
    def secured(self) -> bool:
        """Whether the class octet announces secure messaging with an authenticated header."""
        return self.cla & 0x0C == 0x0C

    @property
    def chained(self) -> bool:
        """Whether the class octet says that another command of the chain follows."""
        return bool(self.cla & 0x10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the card says to one command."""

    status: int
    body: bytes = b""

    def encode(self) -> bytes:
        """Body and status word."""
        return self.body + self.status.to_bytes(2, "big")


def parse_command(apdu: bytes) -> Command:
    """A short or extended command; raises `CommandLengthError`."""
    if len(apdu) < 4:
        raise CommandLengthError("A command has at least four octets.")
    rest = apdu[4:]
    extended = len(rest) > 1 and rest[0] == 0
    if extended:
        body, expected = _extended(rest[1:])
    else:
        body, expected = _short(rest)
    return Command(cla=apdu[0], ins=apdu[1], p1=apdu[2], p2=apdu[3], body=body, expected=expected, extended=extended)


def _short(rest: bytes) -> tuple[bytes, int | None]:
    match len(rest):
        case 0:
            return b"", None
        case 1:
            return b"", rest[0] or 256
        case _:
            body, end = rest[1 : 1 + rest[0]], rest[1 + rest[0] :]
    if len(body) < rest[0] or len(end) > 1:
        raise CommandLengthError("Lc does not agree with the command's length.")
    return body, (end[0] or 256) if end else None


def _extended(rest: bytes) -> tuple[bytes, int | None]:
    length = int.from_bytes(rest[:2], "big")
    if len(rest) == 2:
        return b"", length or 65_536
    body, end = rest[2 : 2 + length], rest[2 + length :]
    if not length or len(body) < length or len(end) not in (0, 2):
        raise CommandLengthError("The extended Lc does not agree with the command's length.")
    return body, (int.from_bytes(end, "big") or 65_536) if end else None
