"""BER-TLV as a card writes and reads it (ISO/IEC 7816-4 section 6, ITU-T X.690), for short, well-known objects.

This is the card's own copy on purpose: the reader's strict walker is `models.chip.tlv`, and a fault in one must not
hide in the other.
"""

from models.errors import BadInputError


class CardObjectError(BadInputError):
    """A command's data objects end too early or have a length that a card does not accept."""


def tlv(tag: int, *parts: bytes) -> bytes:
    """One object: the tag's own bytes (0x7F61 is two), the shortest length form, the parts joined."""
    value = b"".join(parts)
    octets = tag.to_bytes((tag.bit_length() + 7) // 8, "big")
    if len(value) < 0x80:
        return octets + bytes((len(value),)) + value
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return octets + bytes((0x80 | len(length),)) + length + value


def objects(content: bytes) -> list[tuple[int, bytes]]:
    """The objects of a command in their order, one-byte tags only; raises `CardObjectError`."""
    found = []
    at = 0
    while at < len(content):
        start, length = _value_place(content, at)
        if start + length > len(content):
            raise CardObjectError("An object runs past the end of the command.")
        found.append((content[at], content[start : start + length]))
        at = start + length
    return found


def _value_place(content: bytes, at: int) -> tuple[int, int]:
    if at + 2 > len(content):
        raise CardObjectError("An object has no length.")
    first = content[at + 1]
    if first < 0x80:
        return at + 2, first
    width = first & 0x7F
    if width not in (1, 2):
        raise CardObjectError("An object's length has an unknown form.")
    return at + 2 + width, int.from_bytes(content[at + 2 : at + 2 + width], "big")
