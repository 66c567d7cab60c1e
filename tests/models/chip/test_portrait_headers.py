"""The walk through a picture file's own headers (ITU-T T.81 annex B, T.800 annexes A and I), byte by byte."""

import pytest

from models.chip.portrait import portrait_to_jpeg, size_of_portrait
from models.chip.tlv import ParseError
from tests.builders.portraits import drawn_portrait

FRAME = bytes.fromhex("FFC0 000B 08 0020 0018 01 01 11 00")  # 24 wide, 32 high
BOX_SIGNATURE = bytes.fromhex("0000000C 6A502020 0D0A870A")


def siz(*, right: int = 24, lower: int = 32, tile: int = 24, components: int = 3, left: int = 0) -> bytes:
    """A codestream's start: SOC and SIZ."""
    sizes = (right, lower, left, 0, tile, tile, 0, 0)
    return bytes.fromhex("FF4F FF51 002F 0000") + b"".join(size.to_bytes(4) for size in sizes) + components.to_bytes(2)


def box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4) + kind + content


def jp2(*boxes: bytes) -> bytes:
    return BOX_SIGNATURE + b"".join(boxes)


def ihdr(width: int = 24, height: int = 32) -> bytes:
    return box(b"jp2h", box(b"ihdr", height.to_bytes(4) + width.to_bytes(4) + bytes.fromhex("0003 07 07 00 00")))


@pytest.mark.parametrize(
    "picture",
    [
        bytes.fromhex("FFD8") + FRAME,
        bytes.fromhex("FFD8 FFE0 0004 0000") + FRAME,
        bytes.fromhex("FFD8 FFFFFF E0 0004 0000") + FRAME,
        bytes.fromhex("FFD8 FFC4 0004 0000") + FRAME.replace(b"\xff\xc0", b"\xff\xc2"),
        siz(),
        jp2(ihdr(), box(b"jp2c", siz())),
        jp2(box(b"free", b"passed over"), ihdr(), box(b"jp2c", siz())),
        jp2(ihdr(), bytes(4) + b"jp2c" + siz()),
    ],
)
def test_a_size_is_read_from_the_headers_alone(picture: bytes) -> None:
    assert size_of_portrait(picture) == (24, 32)


@pytest.mark.parametrize(
    "picture",
    [
        bytes.fromhex("FFD8FF"),
        bytes.fromhex("FFD8 FFE0 0004 0000 00C0") + FRAME[2:],
        bytes.fromhex("FFD8 FFE0 0001") + FRAME,
        bytes.fromhex("FFD8 FFE0 FFFF") + FRAME,
        bytes.fromhex("FFD8") + FRAME[:8],
        siz()[:-1],
        siz(components=0),
        siz(components=5),
        siz(left=24),
        siz(right=8193),
        siz(left=9000, right=9024, tile=9100),
        siz(tile=0),
        siz(tile=1, right=64, lower=64),
        siz(right=0xFFFFFFFF, lower=0xFFFFFFFF),
        jp2(),
        jp2(ihdr()),
        jp2(box(b"jp2c", siz())),
        jp2(ihdr(width=25), box(b"jp2c", siz())),
        jp2(ihdr(), box(b"jp2c", b"")),
        jp2(ihdr(), bytes.fromhex("00000007 66726565"), box(b"jp2c", siz())),
        jp2(*[box(b"free", b"")] * 64, ihdr(), box(b"jp2c", siz())),
        jp2(box(b"jp2h", box(b"colr", bytes(14))), box(b"jp2c", siz())),
        jp2(ihdr(), bytes.fromhex("FFFFFFFF 66726565"), box(b"jp2c", siz())),
    ],
)
def test_refusal_22_headers_that_lie_or_stop_are_refused(picture: bytes) -> None:
    with pytest.raises(ParseError):
        size_of_portrait(picture)


def test_refusal_22_a_second_size_behind_the_first_is_not_believed() -> None:
    """What counts is the size that the decoder finds; where it differs, nothing is shown."""
    picture = drawn_portrait()
    with pytest.raises(ParseError, match="contradict"):
        portrait_to_jpeg(picture[:2] + FRAME + picture[2:])
