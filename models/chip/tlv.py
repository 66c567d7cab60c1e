"""Strict tag-length-value reading (ISO/IEC 7816-4 section 5.2.2, ITU-T X.690 DER), for bytes that a card chose.

Definite, shortest lengths only, nothing beyond the end, nothing left over. Time and memory are bounded by the input's
own size: no length that a card claims is ever allocated. Not here: what the tags mean.
"""

from collections.abc import Iterable

import msgspec

from models.errors import BadInputError

_DEEPEST = 16
_IDENTIFIER, _LONGEST_IDENTIFIER = 0x06, 64
_MOST_OBJECTS = 4096
_LONGEST_TAG_LIST = 32


class ParseError(BadInputError):
    """Bytes of a chip are not what the standard asks for. The message names the place, never personal values."""


class Tlv(msgspec.Struct, frozen=True, kw_only=True):
    """One object: its tag as the number its bytes form (0x5F2E), and the bytes that it holds."""

    tag: int
    value: bytes

    @property
    def constructed(self) -> bool:
        """Whether its value is said to be objects again (bit 6 of the first tag byte)."""
        first = self.tag
        while first > 0xFF:
            first >>= 8
        return bool(first & 0x20)


def parse_header(content: bytes, offset: int = 0) -> tuple[int, int, int]:
    """Tag, offset of the value and length of the value of the object that starts at `offset`.

    The value itself may still be missing: the first bytes of a file are enough to learn its size. Raises `ParseError`.
    """
    tag, offset = _parse_tag(content, offset)
    if offset >= len(content):
        raise ParseError("An object ends before its length.")
    first = content[offset]
    offset += 1
    if first < 0x80:
        return tag, offset, first
    count = first & 0x7F
    if count == 0:
        raise ParseError("Indefinite lengths are not allowed.")
    if count > 4:
        raise ParseError("A length of more than four bytes is not allowed.")
    if offset + count > len(content):
        raise ParseError("An object ends within its length.")
    length = int.from_bytes(content[offset : offset + count])
    if length < 0x80 or length >> (8 * (count - 1)) == 0:
        raise ParseError("A length is not in its shortest form.")
    return tag, offset + count, length


def _parse_tag(content: bytes, offset: int) -> tuple[int, int]:
    if offset >= len(content):
        raise ParseError("An object is missing.")
    tag = content[offset]
    offset += 1
    if tag & 0x1F != 0x1F:
        return tag, offset
    for place in range(3):
        if offset >= len(content):
            raise ParseError("An object ends within its tag.")
        byte = content[offset]
        offset += 1
        tag = tag << 8 | byte
        if place == 0 and byte == 0x80:
            raise ParseError("A tag is not in its shortest form.")
        if byte < 0x80:
            return tag, offset
    raise ParseError("A tag of more than three bytes is not allowed.")


def parse_all(content: bytes) -> tuple[Tlv, ...]:
    """The objects that fill `content` to its last byte. Raises `ParseError`."""
    objects: list[Tlv] = []
    offset = 0
    while offset < len(content):
        tag, start, length = parse_header(content, offset)
        offset = start + length
        if offset > len(content):
            raise ParseError("An object is longer than what holds it.")
        if len(objects) == _MOST_OBJECTS:
            raise ParseError("Too many objects.")
        objects.append(Tlv(tag=tag, value=content[start:offset]))
    return tuple(objects)


def parse_one(content: bytes, tag: int) -> bytes:
    """The value of the one object that `content` is; it must carry `tag`. Raises `ParseError`."""
    found, start, length = parse_header(content)
    if found != tag:
        raise ParseError(f"Tag {tag:X} was expected and {found:X} was found.")
    if start + length != len(content):
        raise ParseError(f"The length of tag {tag:X} does not fit its {len(content)} bytes.")
    return content[start:]


def parse_fields(content: bytes, allowed: Iterable[int]) -> dict[int, bytes]:
    """Objects with different tags, by tag. A repeated tag or one that is not allowed raises `ParseError`."""
    known = frozenset(allowed)
    fields: dict[int, bytes] = {}
    for tlv in parse_all(content):
        if tlv.tag not in known:
            raise ParseError(f"Tag {tlv.tag:X} has no place here.")
        if tlv.tag in fields:
            raise ParseError(f"Tag {tlv.tag:X} stands twice.")
        fields[tlv.tag] = tlv.value
    return fields


def parse_tag_list(content: bytes) -> tuple[int, ...]:
    """The tags that stand one after the other in a tag list (5C), without repetition. Raises `ParseError`."""
    tags: list[int] = []
    offset = 0
    while offset < len(content):
        tag, offset = _parse_tag(content, offset)
        if tag in tags:
            raise ParseError("A tag list names a tag twice.")
        if len(tags) == _LONGEST_TAG_LIST:
            raise ParseError("A tag list is too long.")
        tags.append(tag)
    return tuple(tags)


def parse_integer(value: bytes) -> int:
    """The number in a DER INTEGER's value: not negative, in the shortest form, below 2^31. Raises `ParseError`."""
    if not 1 <= len(value) <= 4 or value[0] >= 0x80 or (len(value) > 1 and value[0] == 0 and value[1] < 0x80):
        raise ParseError("A number is missing, negative, too large or not in its shortest form.")
    return int.from_bytes(value)


def check_nesting(content: bytes) -> None:
    """Walk through all levels of `content`, so that a lenient parser may follow. Raises `ParseError`.

    At most 16 levels and 4,096 objects; an object identifier has at most 64 bytes, for the time that another parser
    takes to write one out grows with the square of its length.
    """
    waiting: list[tuple[bytes, int]] = [(content, 1)]
    objects = 0
    while waiting:
        part, depth = waiting.pop()
        if depth > _DEEPEST:
            raise ParseError("Objects are nested too deeply.")
        inner = parse_all(part)
        objects += len(inner)
        if objects > _MOST_OBJECTS:
            raise ParseError("Too many objects.")
        if any(tlv.tag == _IDENTIFIER and len(tlv.value) > _LONGEST_IDENTIFIER for tlv in inner):
            raise ParseError("An object identifier is longer than any real one.")
        waiting.extend((tlv.value, depth + 1) for tlv in inner if tlv.constructed)


def encode(tag: int, value: bytes) -> bytes:
    """One object in the shortest form."""
    head = tag.to_bytes(max(1, (tag.bit_length() + 7) // 8))
    length = len(value)
    if length < 0x80:
        return head + bytes([length]) + value
    size = (length.bit_length() + 7) // 8
    return head + bytes([0x80 | size]) + length.to_bytes(size) + value
