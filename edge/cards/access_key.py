"""What opens a chip: the card access number, or three fields of the machine readable zone (ICAO Doc 9303-11 section 4).

Not here: the protocols that use it (`pace`, `bac`).
"""

import hashlib
from dataclasses import dataclass, field
from typing import Self

from edge.cards.card_reader import CardReadError
from models.chip.mrz import holder_of, mrz_information, parse_mrz, wrong_check_digits
from models.errors import BadInputError


class WrongKeyError(CardReadError):
    """The card does not open with these digits. Compare them with the card; it slows down with each wrong try.

    `tries_left` is what the card itself said (63Cx), None when it said nothing. Nobody here tries by itself again.
    """

    def __init__(self, message: str, *, status: int = 0x6300) -> None:
        super().__init__(message)
        self.tries_left = tries_left(status)


def tries_left(status: int) -> int | None:
    """How many tries a status leaves: 63Cx says x, 6983 none (ISO/IEC 7816-4 section 5.6); else None."""
    if status >> 4 == 0x63C:
        return status & 0xF
    return 0 if status == 0x6983 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAccessNumber:
    """Six digits (CAN); on a Vietnamese citizen card the last six of the citizen number."""

    digits: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse anything but six digits with `BadInputError`."""
        if len(self.digits) != 6 or not self.digits.isascii() or not self.digits.isdecimal():
            raise BadInputError("A card access number (CAN) has exactly 6 digits.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MrzKey:
    """Document number, and birth and expiry dates as YYMMDD, as they stand in the machine readable zone."""

    document_number: str = field(repr=False)
    birth_date: str = field(repr=False)
    expiry_date: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse fields that no zone can hold with `ParseError`."""
        mrz_information(self.document_number, self.birth_date, self.expiry_date)

    @classmethod
    def from_zone(cls, text: str) -> Self:
        """The key from a whole zone, TD1 or TD3, as typed or scanned. Raises `ParseError`, `BadInputError`."""
        mrz = parse_mrz(text)
        if wrong_check_digits(mrz):
            raise BadInputError("The machine readable zone was mistyped: a check digit does not fit.")
        return cls(document_number=holder_of(mrz).document_number, birth_date=mrz.birth, expiry_date=mrz.expiry)

    @property
    def information(self) -> bytes:
        """MRZ_information (9303-11 section 9.7.2): the three fields with their check digits, ASCII."""
        return mrz_information(self.document_number, self.birth_date, self.expiry_date).encode("ascii")


AccessKey = CardAccessNumber | MrzKey


def pace_secret(key: AccessKey) -> bytes:
    """f(pi) of 9303-11 section 9.7.3: the digits themselves, or SHA-1 of MRZ_information."""
    match key:
        case CardAccessNumber():
            return key.digits.encode("ascii")
        case MrzKey():
            return hashlib.sha1(key.information, usedforsecurity=False).digest()
