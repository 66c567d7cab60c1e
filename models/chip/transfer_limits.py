"""EF.ATR/INFO (ICAO Doc 9303-10 section 4.3; ISO/IEC 7816-4 section 12.7.1): how much goes over the line at once.

Nothing signs this file. What it promises is tried, not believed: a reader or card that refuses is met with less.
"""

import msgspec

from models.chip.tlv import ParseError, parse_all

_CAPABILITIES, _EXTENDED_LENGTH = 0x47, 0x7F66
_EXTENDED_FIELDS = 0x40  # bit 7 of the third software function table: extended Lc and Le fields


class TransferLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a card says that it takes extended length, and the longest command and answer in bytes; None: unsaid."""

    extended_length: bool
    longest_command: int | None
    longest_answer: int | None


def parse_transfer_limits(ef_atr_info: bytes) -> TransferLimits:
    """The limits in the whole file EF.ATR/INFO, a row of data objects. Raises `ParseError`."""
    objects = parse_all(ef_atr_info)
    capabilities = _only(tuple(one.value for one in objects if one.tag == _CAPABILITIES))
    lengths = _only(tuple(one.value for one in objects if one.tag == _EXTENDED_LENGTH))
    extended = capabilities is not None and len(capabilities) == 3 and bool(capabilities[2] & _EXTENDED_FIELDS)
    if lengths is None:
        return TransferLimits(extended_length=extended, longest_command=None, longest_answer=None)
    numbers = parse_all(lengths)
    if [number.tag for number in numbers] != [0x02, 0x02]:
        raise ParseError("EF.ATR/INFO does not give two lengths.")
    command, answer = (_length(number.value) for number in numbers)
    return TransferLimits(extended_length=True, longest_command=command, longest_answer=answer)


def _only(values: tuple[bytes, ...]) -> bytes | None:
    if len(values) > 1:
        raise ParseError("EF.ATR/INFO says something twice.")
    return values[0] if values else None


def _length(value: bytes) -> int:
    """A length; cards write 02 02 FF FF and mean 65,535, so the first bit is no sign here."""
    length = int.from_bytes(value)
    if not 1 <= len(value) <= 3 or length < 5:  # four bytes of header, and one of anything
        raise ParseError("EF.ATR/INFO gives a length that cannot be.")
    return length
