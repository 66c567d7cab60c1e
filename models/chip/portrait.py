"""The portrait's picture file: its size before anything is decoded, then a plain JPEG that a browser can show.

A picture chosen by an attacker may claim any size, so the header is read here and capped first; Pillow only sees what
passed, and only with its JPEG and JPEG 2000 decoders. Not here: faces.
"""

import io

from PIL import Image, UnidentifiedImageError

from models.chip.tlv import ParseError

_WIDEST = 4096
_MOST_PIXELS = 4_000_000
_MOST_BYTES = 1_000_000
_MOST_SCANS = 64
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def size_of_portrait(portrait: bytes) -> tuple[int, int]:
    """Width and height in pixels as the file's own headers say, nothing decoded.

    JPEG, JP2 and raw JPEG 2000 codestreams. Raises `ParseError` when the kind is unknown, headers contradict each
    other, or the picture is larger than 4,096 on a side, 4 million pixels or 1 MB.
    """
    if len(portrait) > _MOST_BYTES:
        raise ParseError("The portrait file is larger than 1 MB.")
    if portrait.startswith(b"\xff\xd8\xff"):
        size = _jpeg_size(portrait)
    elif portrait.startswith(b"\xff\x4f\xff\x51"):
        size = _codestream_size(portrait, 0)
    elif portrait[4:12] == b"jP  \r\n\x87\n":
        size = _jp2_size(portrait)
    else:
        raise ParseError("The portrait is neither JPEG nor JPEG 2000.")
    width, height = size
    if not (0 < width <= _WIDEST and 0 < height <= _WIDEST) or width * height > _MOST_PIXELS:
        raise ParseError("The portrait's header claims no pixels or too many.")
    return size


def portrait_to_jpeg(portrait: bytes) -> bytes:
    """The portrait as a fresh RGB JPEG without metadata. Raises `ParseError` when it cannot be decoded."""
    size = size_of_portrait(portrait)
    try:
        with Image.open(io.BytesIO(portrait), formats=("JPEG", "JPEG2000")) as image:
            if image.size != size:
                raise ParseError("The portrait's headers contradict each other.")
            pixels = image.convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ParseError("The portrait cannot be decoded.") from error
    written = io.BytesIO()
    pixels.save(written, "JPEG", quality=92)
    return written.getvalue()


def _jpeg_size(portrait: bytes) -> tuple[int, int]:
    """Walk the marker segments (ITU-T T.81 annex B) to the start of frame; scans are counted, for each costs time."""
    if portrait.count(b"\xff\xda") > _MOST_SCANS:
        raise ParseError("The portrait has too many scans.")
    offset = 2
    while offset + 4 <= len(portrait):
        if portrait[offset] != 0xFF:
            break
        marker = portrait[offset + 1]
        if marker == 0xFF:
            offset += 1
            continue
        length = int.from_bytes(portrait[offset + 2 : offset + 4])
        if marker in _START_OF_FRAME and offset + 9 <= len(portrait):
            height, width = (int.from_bytes(portrait[offset + at : offset + at + 2]) for at in (5, 7))
            return width, height
        if length < 2:
            break
        offset += 2 + length
    raise ParseError("The portrait's JPEG header is damaged.")


def _codestream_size(portrait: bytes, offset: int) -> tuple[int, int]:
    """Read SIZ (ITU-T T.800 annex A.5.1): marker, length, capabilities, eight 32-bit sizes, number of components."""
    siz = portrait[offset + 2 : offset + 42]
    if len(siz) < 40 or portrait[offset : offset + 4] != b"\xff\x4f\xff\x51":
        raise ParseError("The portrait's JPEG 2000 codestream is damaged.")
    right, lower, left, upper, tile_width, tile_height = (
        int.from_bytes(siz[6 + 4 * at : 10 + 4 * at]) for at in range(6)
    )
    components = int.from_bytes(siz[38:40])
    if not 1 <= components <= 4 or left >= right or upper >= lower or max(right, lower) > 2 * _WIDEST:
        raise ParseError("The portrait's JPEG 2000 header claims impossible sizes.")
    if not tile_width or not tile_height or -(-right // tile_width) * -(-lower // tile_height) > 1024:
        raise ParseError("The portrait's JPEG 2000 header claims too many tiles.")
    return right - left, lower - upper


def _jp2_size(portrait: bytes) -> tuple[int, int]:
    """Walk the boxes (T.800 annex I) for ihdr and the codestream; both must say the same."""
    promised: tuple[int, int] | None = None
    offset = 0
    for _ in range(64):
        if offset + 8 > len(portrait):
            break
        length, kind = int.from_bytes(portrait[offset : offset + 4]), portrait[offset + 4 : offset + 8]
        if kind == b"jp2h" and portrait[offset + 12 : offset + 16] == b"ihdr" and offset + 24 <= len(portrait):
            height, width = (int.from_bytes(portrait[offset + at : offset + at + 4]) for at in (16, 20))
            promised = width, height
        if kind == b"jp2c":
            if promised is None or promised != _codestream_size(portrait, offset + 8):
                raise ParseError("The portrait's headers contradict each other.")
            return promised
        if length < 8:
            break
        offset += length
    raise ParseError("The portrait's JPEG 2000 file has no picture.")
