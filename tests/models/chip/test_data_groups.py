from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.chip.data_groups import read_holder, read_portrait
from models.chip.portrait import portrait_to_jpeg, size_of_portrait
from models.chip.tlv import ParseError, encode
from tests.builders.portraits import drawn_portrait

TD1_SPECIMEN = "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<"


HEADER = encode(0xA1, bytes.fromhex("810102 820100 87020101 88020008"))


def dg1(zone: bytes) -> bytes:
    return encode(0x61, encode(0x5F1F, zone))


def record(picture: bytes, *, points: int = 0, length: int | None = None) -> bytes:
    """An ISO/IEC 19794-5 record by its own layout, written apart from the code that reads it."""
    face = 4 + 2 + 14 + 8 * points + 12 + len(picture)
    block = (length or face).to_bytes(4) + points.to_bytes(2) + bytes(14) + bytes(8 * points) + bytes(12) + picture
    return b"FAC\x00010\x00" + (14 + len(block)).to_bytes(4) + b"\x00\x01" + block


def dg2(content: bytes, *, count: int = 1, tag: int = 0x5F2E) -> bytes:
    template = encode(0x7F60, HEADER + encode(tag, content))
    return encode(0x75, encode(0x7F61, encode(0x02, bytes([count])) + template))


def test_9303_10_dg1_of_a_card() -> None:
    holder = read_holder(dg1(TD1_SPECIMEN.encode()))
    assert (holder.name, holder.birth_date) == ("ERIKSSON ANNA MARIA", date(1974, 8, 12))


@pytest.mark.parametrize(
    "file",
    [
        b"",
        dg1(TD1_SPECIMEN.encode()) + b"\x00",
        encode(0x60, encode(0x5F1F, TD1_SPECIMEN.encode())),
        encode(0x61, encode(0x5F1E, TD1_SPECIMEN.encode())),
        dg1(TD1_SPECIMEN.encode()[:-1]),
        dg1(TD1_SPECIMEN.encode()[:-1] + b"\xc3"),
        dg1(b" " + TD1_SPECIMEN.encode()),
    ],
)
def test_other_bytes_are_no_dg1(file: bytes) -> None:
    with pytest.raises(ParseError):
        read_holder(file)


@pytest.mark.parametrize("form", ["JPEG", "JPEG2000"])
@pytest.mark.parametrize("points", [0, 3])
def test_9303_10_dg2_gives_the_picture_unchanged(form: str, points: int) -> None:
    picture = drawn_portrait(form=form)
    assert read_portrait(dg2(record(picture, points=points))) == picture
    assert size_of_portrait(picture) == (240, 320)
    assert size_of_portrait(portrait_to_jpeg(picture)) == (240, 320)


@pytest.mark.parametrize(
    "file",
    [
        dg2(record(b"x"), count=2),
        dg2(record(b"x"), count=0),
        dg2(record(b"x", length=5000)),
        dg2(record(b"x", length=2)),
        dg2(record(b"x", points=2)[:-20]),
        dg2(record(b"x") + b"\x00"),
        dg2(b"IIR" + record(b"x")[3:]),
        dg2(record(b"x")[:35] + b"\x02" + record(b"x")[36:]),
        dg2(record(b"x")).replace(bytes.fromhex("88020008"), bytes.fromhex("8802002A")),
        dg2(record(b"xyz", length=34)),  # one byte behind the only face
        dg2(b""),
        dg2(b"FAC", tag=0x5F2F),
        encode(0x75, b""),
    ],
)
def test_other_bytes_are_no_dg2(file: bytes) -> None:
    with pytest.raises(ParseError):
        read_portrait(file)


def jpeg_claiming(width: int, height: int) -> bytes:
    picture = drawn_portrait()
    at = picture.index(b"\xff\xc0") + 5
    return picture[:at] + height.to_bytes(2) + width.to_bytes(2) + picture[at + 4 :]


def jp2_claiming(width: int, height: int) -> bytes:
    picture = bytearray(drawn_portrait(form="JPEG2000"))
    box, siz = picture.index(b"ihdr") + 4, picture.index(b"\xff\x4f\xff\x51") + 8
    picture[box : box + 8] = height.to_bytes(4) + width.to_bytes(4)
    picture[siz : siz + 8] = width.to_bytes(4) + height.to_bytes(4)
    return bytes(picture)


@pytest.mark.parametrize(
    "picture",
    [
        jpeg_claiming(60_000, 60_000),
        jpeg_claiming(0, 320),
        jp2_claiming(60_000, 60_000),
        jp2_claiming(3000, 3000),
        drawn_portrait() + b"\xff\xda" * 100,
        drawn_portrait() + bytes(1_000_000),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"",
    ],
)
def test_refusal_22_a_bomb_is_refused_before_it_is_decoded(picture: bytes) -> None:
    with pytest.raises(ParseError):
        size_of_portrait(picture)
    with pytest.raises(ParseError):
        portrait_to_jpeg(picture)


def test_refusal_22_contradicting_headers_are_refused() -> None:
    picture = bytearray(drawn_portrait(form="JPEG2000"))
    at = picture.index(b"ihdr") + 4
    picture[at : at + 4] = (4000).to_bytes(4)
    with pytest.raises(ParseError, match="contradict"):
        portrait_to_jpeg(bytes(picture))


@pytest.mark.parametrize("form", ["JPEG", "JPEG2000"])
def test_a_picture_cut_short_is_refused_by_name(form: str) -> None:
    picture = drawn_portrait(form=form)
    with pytest.raises(ParseError):
        portrait_to_jpeg(picture[: len(picture) // 3])


@given(st.data())
def test_a_picture_with_flipped_bytes_is_decoded_or_refused_by_name(data: st.DataObject) -> None:
    picture = bytearray(drawn_portrait(form=data.draw(st.sampled_from(["JPEG", "JPEG2000"]))))
    for _ in range(3):
        picture[data.draw(st.integers(0, min(len(picture), 400) - 1))] = data.draw(st.integers(0, 255))
    try:
        portrait_to_jpeg(bytes(picture))
    except ParseError:
        return
