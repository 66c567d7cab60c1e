import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.chip.tlv import (
    ParseError,
    check_nesting,
    encode,
    parse_all,
    parse_fields,
    parse_header,
    parse_one,
    parse_tag_list,
)


@given(st.sampled_from([0x04, 0x30, 0x5F1F, 0x7F61]), st.binary(max_size=70_000))
def test_what_is_encoded_reads_back(tag: int, value: bytes) -> None:
    assert parse_one(encode(tag, value), tag) == value


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_by_name(content: bytes) -> None:
    try:
        objects = parse_all(content)
    except ParseError:
        return
    assert b"".join(encode(tlv.tag, tlv.value) for tlv in objects) == content


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("3080 0400 0000", "indefinite length"),
        ("04 8101 41", "length not shortest: 81 below 128"),
        ("04 820041", "length not shortest: leading zero"),
        ("04 85 0000000001 41", "length of five bytes"),
        ("04 84 FFFFFFFF 41", "2^32 - 1 bytes claimed"),
        ("04 05 4142", "longer than what holds it"),
        ("04", "no length"),
        ("04 82 01", "ends within its length"),
        ("5F", "ends within its tag"),
        ("1F80 01 41", "tag not shortest"),
        ("1F81828301 01 41", "tag of five bytes"),
    ],
)
def test_refusal_21_broken_objects_are_parse_errors(content: str, why: str) -> None:
    with pytest.raises(ParseError):
        parse_all(bytes.fromhex(content))
    assert why


def test_refusal_21_trailing_bytes_are_a_parse_error() -> None:
    with pytest.raises(ParseError, match="does not fit"):
        parse_one(bytes.fromhex("0401 41 00"), 0x04)


def test_refusal_21_a_repeated_tag_is_a_parse_error() -> None:
    with pytest.raises(ParseError, match="stands twice"):
        parse_fields(bytes.fromhex("870101 870102"), (0x87,))


def test_a_tag_out_of_place_is_a_parse_error() -> None:
    with pytest.raises(ParseError, match="no place"):
        parse_fields(bytes.fromhex("870101 8101 02"), (0x87,))


def test_refusal_21_a_nesting_bomb_ends_soon() -> None:
    bomb = b""
    for _ in range(3000):
        bomb = encode(0x30, bomb)
    began = time.monotonic()
    with pytest.raises(ParseError, match="too deeply"):
        check_nesting(bomb)
    assert time.monotonic() - began < 1.0


def test_refusal_21_a_heap_of_empty_objects_ends_soon() -> None:
    with pytest.raises(ParseError, match="Too many"):
        check_nesting(encode(0x30, b"\x05\x00" * 30_000))


def test_a_long_tag_says_that_its_value_is_objects_again() -> None:
    with pytest.raises(ParseError):
        check_nesting(encode(0x7F60, b"\x04\x05"))
    check_nesting(encode(0x5F60, b"\x04\x05"))


def test_refusal_21_objects_are_counted_over_all_levels() -> None:
    with pytest.raises(ParseError, match="Too many"):
        check_nesting(encode(0x30, b"\x05\x00" * 3000) * 2)


def test_a_tag_list_is_bounded_and_names_each_tag_once() -> None:
    assert parse_tag_list(bytes.fromhex("61755F1F")) == (0x61, 0x75, 0x5F1F)
    for broken in (b"\x61\x61", b"\x5f", bytes(range(0x20, 0x41)).replace(b"\x3f", b"\x44")):
        with pytest.raises(ParseError):
            parse_tag_list(broken)


def test_a_header_tells_the_size_before_the_file_is_there() -> None:
    assert parse_header(bytes.fromhex("75823AE7")) == (0x75, 4, 0x3AE7)
