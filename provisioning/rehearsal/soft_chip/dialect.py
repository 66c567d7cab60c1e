"""How one card's habits differ from another's, where the standards leave room or cards take it."""

from enum import StrEnum

import msgspec


class EndOfFile(StrEnum):
    """What is said when a read asks for a stated number of octets and the file has fewer left."""

    WARNING = "6282"
    """What there is, and 6282."""
    EXACT = "6Cxx"
    """Nothing, and how many there are."""
    SILENT = "9000"
    """What there is, as if nothing were the matter."""
    OUTSIDE = "6B00"
    """Nothing, and 6B00."""


class LongAnswers(StrEnum):
    """What is said to a short command whose answer has more than 256 octets."""

    GIVEN = "given"
    """The whole answer, as contactless cards do."""
    IN_PIECES = "61xx"
    """256 octets and 61xx; the rest by GET RESPONSE."""
    REFUSED = "6700"


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """A card's habits; the defaults are those of a citizen card where they are known.

    `extended_length` False refuses extended commands with 6700. `parameter_demanded` answers 6A87 to MSE:Set AT
    without tag 84. `master_file_selectable` False answers SELECT MF with 6D00. `short_identifiers` False refuses
    READ BINARY by short identifier with 6A86. `counts_tries` says 63Cx instead of 6300 to a wrong password.
    """

    extended_length: bool = True
    long_answers: LongAnswers = LongAnswers.GIVEN
    end_of_file: EndOfFile = EndOfFile.WARNING
    parameter_demanded: bool = False
    master_file_selectable: bool = False
    short_identifiers: bool = True
    counts_tries: bool = False


USUAL = Dialect()
SHORT_ONLY = Dialect(extended_length=False, long_answers=LongAnswers.REFUSED)
"""A card or reader without extended length."""
