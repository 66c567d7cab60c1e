"""Intel HEX, as avr-objcopy writes it: the flash image that it means. Not here: whose image it is (`manifest`)."""

from typing import Final

from models.errors import BadInputError

ERASED: Final = 0xFF
"""What flash holds where nothing was written."""

LARGEST_BYTES: Final = 1 << 20
"""Of a HEX file and of the image: any sensor board's is far smaller."""

_DATA, _END, _SEGMENT, _SEGMENT_START, _LINEAR, _LINEAR_START = range(6)
_LENGTHS: Final = {_END: 0, _SEGMENT: 2, _SEGMENT_START: 4, _LINEAR: 2, _LINEAR_START: 4}


class HexError(BadInputError):
    """The file is no whole Intel HEX; the sentence names line and fault. Fetch the image again."""


def read_hex(content: bytes) -> bytes:
    """The image from address 0 on; gaps are filled as erased flash.

    Records 00 to 05; start addresses are read over. Raises HexError: not HEX, wrong length or checksum, an unknown kind
    of record, a byte given twice, an address beyond `LARGEST_BYTES`, no end record, something behind it, nothing at
    address 0.
    """
    if len(content) > LARGEST_BYTES:
        raise HexError(f"A HEX file for a board has at most {LARGEST_BYTES} bytes.")
    image = _bytes_of([line.strip() for line in content.split(b"\n")])
    if 0 not in image:
        raise HexError("Nothing stands at address 0: this is no application.")
    whole = bytearray([ERASED]) * (max(image) + 1)
    for at, byte in image.items():
        whole[at] = byte
    return bytes(whole)


def _bytes_of(lines: list[bytes]) -> dict[int, int]:
    image: dict[int, int] = {}
    origin, ended = 0, False
    for number, text in enumerate(lines, start=1):
        if not text:
            continue
        if ended:
            raise HexError(f"Line {number}: something stands behind the end record.")
        address, kind, payload = _record(text, number)
        if kind == _DATA:
            _place(image, origin + address, payload, number)
        elif kind in (_SEGMENT, _LINEAR):
            origin = int.from_bytes(payload) << (4 if kind == _SEGMENT else 16)
        ended = kind == _END
    if not ended:
        raise HexError("The end record is missing: the file was cut off.")
    return image


def _record(text: bytes, number: int) -> tuple[int, int, bytes]:
    if not text.startswith(b":"):
        raise HexError(f"Line {number}: it does not begin with a colon.")
    try:
        raw = bytes.fromhex(text[1:].decode("ascii"))
    except ValueError:
        raise HexError(f"Line {number}: it holds other signs than pairs of hex digits.") from None
    if b" " in text or len(raw) < 5 or len(raw) != raw[0] + 5:
        raise HexError(f"Line {number}: its length is not the one that it names.")
    if sum(raw) & 0xFF:
        raise HexError(f"Line {number}: its checksum is wrong.")
    kind = raw[3]
    if kind > _LINEAR_START or _LENGTHS.get(kind, raw[0]) != raw[0]:
        raise HexError(f"Line {number}: a record of an unknown kind or shape.")
    return int.from_bytes(raw[1:3]), kind, raw[4:-1]


def _place(image: dict[int, int], address: int, payload: bytes, number: int) -> None:
    if address + len(payload) > LARGEST_BYTES:
        raise HexError(f"Line {number}: its address is beyond any board's flash.")
    for at, byte in enumerate(payload, start=address):
        if at in image:
            raise HexError(f"Line {number}: it gives a byte for the second time.")
        image[at] = byte
