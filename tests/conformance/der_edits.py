"""Changes at one place of a DER object: replaced, left out or added to, with all lengths around it made to fit."""

from collections.abc import Callable

from models.chip.tlv import encode, parse_header

Edit = Callable[[bytes], bytes]
"""From an object, tag and length included, to what stands in its place; b"" leaves it out."""


def at(*path: int, put: Edit) -> Edit:
    """The change `put` at the place reached by these positions, the first among the outermost object's members."""
    return lambda encoded: _changed(encoded, path, put)


def same(encoded: bytes) -> bytes:
    """No change."""
    return encoded


def gone(_: bytes) -> bytes:
    """Leave it out."""
    return b""


def instead(encoded: bytes) -> Edit:
    """Put this there, whatever stood there."""
    return lambda _: encoded


def retagged(tag: int) -> Edit:
    """The same content under another tag of one byte."""
    return lambda encoded: bytes((tag,)) + encoded[1:]


def shorter(encoded: bytes) -> bytes:
    """The outermost length one too small."""
    return _with_length(encoded, -1)


def longer(encoded: bytes) -> bytes:
    """The outermost length one too large."""
    return _with_length(encoded, 1)


def last_bit_turned(encoded: bytes) -> bytes:
    return encoded[:-1] + bytes((encoded[-1] ^ 1,))


def member(encoded: bytes, *path: int) -> bytes:
    """The object at that place."""
    for place in path:
        encoded = _members(encoded)[place]
    return encoded


def _changed(encoded: bytes, path: tuple[int, ...], put: Edit) -> bytes:
    if not path:
        return put(encoded)
    members = _members(encoded)
    members[path[0]] = _changed(members[path[0]], path[1:], put)
    return encode(parse_header(encoded)[0], b"".join(members))


def _members(encoded: bytes) -> list[bytes]:
    _, start, _ = parse_header(encoded)
    members = []
    while start < len(encoded):
        _, content, length = parse_header(encoded, start)
        members.append(encoded[start : content + length])
        start = content + length
    return members


def _with_length(encoded: bytes, more: int) -> bytes:
    tag_end = 1 if encoded[0] & 0x1F != 0x1F else 2
    width = encoded[tag_end] & 0x7F if encoded[tag_end] & 0x80 else 0
    start = tag_end + (1 if width else 0)
    end = tag_end + 1 + width
    length = int.from_bytes(encoded[start:end]) + more
    return encoded[:start] + length.to_bytes(end - start) + encoded[end:]
