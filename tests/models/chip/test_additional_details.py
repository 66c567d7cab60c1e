import pytest

from models.chip.additional_details import AdditionalDetails, read_document_details, read_person_details
from models.chip.tlv import ParseError, encode


def listing(*tags: int) -> bytes:
    return encode(0x5C, b"".join(tag.to_bytes((tag.bit_length() + 7) // 8) for tag in tags))


def counted(count: int, tag: int, *names: bytes) -> bytes:
    return encode(0xA0, encode(0x02, count.to_bytes()) + b"".join(encode(tag, name) for name in names))


def dg11(*parts: bytes) -> bytes:
    return encode(0x6B, b"".join(parts))


def test_9303_10_dg11_of_a_passport() -> None:
    file = dg11(
        listing(0x5F0E, 0x5F0F, 0x5F2B, 0x5F11, 0x5F16),
        encode(0x5F0E, "NGUYỄN<<VĂN<AN".encode()),
        counted(2, 0x5F0F, b"AN<<B", b"AN<<C"),
        encode(0x5F2B, b"20080309"),
        encode(0x5F11, "HÀ NỘI".encode()),
        encode(0x5F16, b"\xff\xd8"),
    )
    assert read_person_details(file) == AdditionalDetails(
        texts={"full name": "NGUYỄN<<VĂN<AN", "full date of birth": "20080309", "place of birth": "HÀ NỘI"},
        pictures={"proof of citizenship": b"\xff\xd8"},
        others=("AN<<B", "AN<<C"),
    )


def test_9303_10_dg12_of_a_passport_with_both_codings_of_dates() -> None:
    file = encode(
        0x6C,
        listing(0x5F19, 0x5F26, 0x5F55, 0xA0)
        + encode(0x5F19, b"VNM")
        + encode(0x5F26, bytes.fromhex("20230105"))
        + encode(0x5F55, b"20230105123000")
        + counted(1, 0x5F1A, b"B<<C"),
    )
    details = read_document_details(file)
    assert details.texts["date of issue"] == "20230105"
    assert details.texts["date and time of personalization"] == "20230105123000"
    assert details.others == ("B<<C",)


@pytest.mark.parametrize(("names", "count"), [(0, 0), (1, 0), (1, 2), (2, 1), (17, 17), (1, 255), (0, 1)])
def test_gmrtd_323_a_count_is_bounded_and_compared(names: int, count: int) -> None:
    with pytest.raises(ParseError):
        read_person_details(dg11(listing(0x5F0F), counted(count, 0x5F0F, *[b"A"] * names)))


@pytest.mark.parametrize(
    "file",
    [
        b"",
        dg11(),
        dg11(encode(0x5F0E, b"A")),
        dg11(listing(0x5F0E)),
        dg11(listing(), encode(0x5F0E, b"A")),
        dg11(listing(0x5F0E), encode(0x5F0E, b"A"), encode(0x5F0E, b"A")),
        dg11(listing(0x5F0E), encode(0x5F0E, b"A" * 1001)),
        dg11(listing(0x5F0E), encode(0x5F0E, b"\xff")),
        dg11(listing(0x5F2B), encode(0x5F2B, b"2008030X")),
        dg11(listing(0x5F2B), encode(0x5F2B, b"200803")),
        dg11(listing(0x5F2B), encode(0x5F2B, bytes.fromhex("2008030A"))),
        dg11(listing(0x5F2B), encode(0x5F2B, "２００８".encode())),
        dg11(listing(0x5F19), encode(0x5F19, b"A")),
        dg11(listing(0x5F16), encode(0x5F16, bytes(1_000_001))),
        dg11(listing(0x5F0F), encode(0xA0, b"")),
        dg11(listing(0x5F0F), encode(0xA0, encode(0x04, b"\x01") + encode(0x5F0F, b"A"))),
        dg11(listing(0x5F0F), counted(1, 0x5F0E, b"A")),
        dg11(listing(*range(0x5F01, 0x5F01 + 40))),
        encode(0x6C, listing(0x5F0E) + encode(0x5F0E, b"A")),
    ],
)
def test_other_bytes_are_no_dg11(file: bytes) -> None:
    with pytest.raises(ParseError):
        read_person_details(file)
