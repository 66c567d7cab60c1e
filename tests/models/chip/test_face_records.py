import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.chip.data_groups import read_portrait
from models.chip.face_records import picture_of_39794
from models.chip.portrait import size_of_portrait
from models.chip.tlv import ParseError, encode
from tests.builders.portraits import drawn_portrait

HEADER_39794 = encode(0xA1, bytes.fromhex("810102 820100 87020101 8802002A"))
INFORMATION = encode(0xA1, bytes.fromhex("A003800102"))


def face_block(picture: bytes, *, information: bytes = INFORMATION, further: bytes = b"") -> bytes:
    """FaceImageDataBlock as the ICAO application profile writes it, outermost tag 65."""
    flat = encode(0x80, picture) + information
    representation = encode(0x80, b"\x00") + encode(0xA1, encode(0xA0, encode(0xA0, flat))) + further
    version = encode(0xA0, bytes.fromhex("800103 810207E3"))
    return encode(0x65, version + encode(0xA1, encode(0x30, representation)))


def with_blocks(count: int) -> bytes:
    representation = encode(0xA1, encode(0xA0, encode(0xA0, encode(0x80, b"x") + INFORMATION)))
    return encode(0x65, encode(0xA1, encode(0x30, representation) * count))


def dg2(record: bytes, header: bytes = HEADER_39794) -> bytes:
    template = encode(0x7F60, header + encode(0x7F2E, record))
    return encode(0x75, encode(0x7F61, encode(0x02, b"\x01") + template))


@pytest.mark.parametrize("form", ["JPEG", "JPEG2000"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_39794_5_gives_the_picture_unchanged(form: str, *, wrapped: bool) -> None:
    picture = drawn_portrait(form=form)
    block = face_block(picture)
    assert read_portrait(dg2(encode(0xA1, block) if wrapped else block)) == picture
    assert size_of_portrait(picture) == (240, 320)


def test_39794_5_a_record_of_one_representation_alone_is_enough() -> None:
    assert picture_of_39794(with_blocks(1)) == b"x"


def test_39794_5_fields_that_are_not_needed_are_passed_over() -> None:
    further = encode(0xA2, encode(0x80, b"\x07\xea")) + encode(0x85, b"\x01")
    assert picture_of_39794(face_block(b"picture", further=further)) == b"picture"


def test_39794_5_a_picture_is_found_by_its_place_and_not_by_its_look() -> None:
    decoy = encode(0xA2, encode(0x80, drawn_portrait()))
    assert picture_of_39794(face_block(b"the real one", further=decoy)) == b"the real one"


@given(st.binary(min_size=1, max_size=70_000))
def test_39794_5_any_picture_goes_there_and_back(picture: bytes) -> None:
    assert picture_of_39794(face_block(picture)) == picture


@pytest.mark.parametrize(
    "record",
    [
        b"",
        encode(0x66, b""),
        encode(0x65, b""),
        face_block(b""),
        face_block(b"x", information=b""),
        face_block(b"x", information=INFORMATION * 2),
        face_block(b"x") + b"\x00",
        encode(0xA1, face_block(b"x") * 2),
        with_blocks(2),
        encode(0x65, encode(0xA1, b"")),
        encode(0x65, encode(0xA1, encode(0x30, b"") * 2)),
        encode(0x65, encode(0xA1, encode(0x30, encode(0xA1, encode(0xA1, b""))))),  # an extension without a picture
    ],
)
def test_other_bytes_are_no_39794_5_record(record: bytes) -> None:
    with pytest.raises(ParseError):
        read_portrait(dg2(record))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        encode(0xA1, b""),
        encode(0xA1, bytes.fromhex("8802002A")),
        encode(0xA1, bytes.fromhex("87020101")),
        encode(0xA1, bytes.fromhex("87020102 8802002A")),
        encode(0xA1, bytes.fromhex("810108 87020101 8802002A")),
        encode(0xA1, bytes.fromhex("87020101 8802002A 8802002A")),
        encode(0xA1, bytes.fromhex("87020101 8802002A A000")),
    ],
)
def test_a_portrait_with_another_header_is_refused(header: bytes) -> None:
    with pytest.raises(ParseError):
        read_portrait(dg2(face_block(b"x"), header))
