from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.chip.national_record import (
    NationalRecord,
    NationalRecordRefusedError,
    NationalRecordUse,
    read_national_record,
)
from models.chip.tlv import ParseError, encode
from models.identifiers import CitizenId

USE = NationalRecordUse.COMPARE_NAME_AND_NUMBER
ID, NAME, BIRTH = encode(0x13, b"001208012345"), encode(0x0C, "Nguyễn Văn An".encode()), encode(0x13, b"09/03/2008")
PARENTS = (encode(0x0C, "Nguyễn Văn Bình".encode()), encode(0x0C, "Trần Thị Cúc".encode()))
ONE_SEQUENCE = encode(0x30, b"".join(PARENTS))
TWO_SEQUENCES = b"".join(encode(0x30, parent) for parent in PARENTS)
FIELDS = {1: ID, 2: NAME, 3: BIRTH, 6: encode(0x0C, b"Kinh"), 7: encode(0x0C, "Không".encode()), 13: ONE_SEQUENCE}
RECORD = NationalRecord(
    citizen_id=CitizenId("001208012345"), full_name="Nguyễn Văn An", birth_date=date(2008, 3, 9), old_number=None
)


def field(number: int, value: bytes) -> bytes:
    return encode(0x30, encode(0x02, number.to_bytes()) + value)


def dg13(
    fields: dict[int, bytes],
    *,
    version: bytes = b"\x02\x01\x01",
    coding: str = "28d316010008",
    further: bytes = b"",
) -> bytes:
    members = b"".join(field(number, value) for number, value in fields.items()) + further
    return encode(0x6D, encode(0x30, version + encode(0x06, bytes.fromhex(coding)) + encode(0x31, members)))


def test_the_national_data_are_not_read_unless_the_profile_asks() -> None:
    with pytest.raises(NationalRecordRefusedError):
        read_national_record(dg13(FIELDS), NationalRecordUse.NEVER)


@pytest.mark.parametrize("parents", [ONE_SEQUENCE, TWO_SEQUENCES, b"", encode(0x30, b"")])
def test_four_fields_leave_whatever_shape_the_parents_have(parents: bytes) -> None:
    record = read_national_record(dg13(FIELDS | {13: parents, 14: encode(0x30, b"")}), USE)
    assert record == RECORD
    for kept_back in ("Bình", "Cúc", "Kinh", "Không"):
        assert kept_back not in repr(record)


@pytest.mark.parametrize(
    ("value", "old_number"),
    [
        (encode(0x13, b"012345678"), "012345678"),
        (encode(0x13, b"01234567"), None),
        (encode(0x13, b"ABCDEFGHI"), None),
        (encode(0x0C, b"012345678"), None),
        (b"", None),
    ],
)
def test_field_15_is_the_old_number_only_when_it_has_nine_digits(value: bytes, old_number: str | None) -> None:
    assert read_national_record(dg13(FIELDS | {15: value}), USE).old_number == old_number


def test_field_16_is_never_taken_for_the_old_number() -> None:
    assert read_national_record(dg13(FIELDS | {16: encode(0x13, b"012345678")}), USE) == RECORD


def test_a_name_over_127_bytes_has_a_long_length_and_is_read() -> None:
    name = "Ắ" * 60
    assert read_national_record(dg13(FIELDS | {2: encode(0x0C, name.encode())}), USE).full_name == name


@given(st.dictionaries(st.integers(4, 12), st.binary(max_size=300).map(lambda value: encode(0x0C, value))))
def test_other_fields_change_nothing(others: dict[int, bytes]) -> None:
    assert read_national_record(dg13(FIELDS | others), USE) == RECORD


def _without(number: int) -> dict[int, bytes]:
    return {key: value for key, value in FIELDS.items() if key != number}


@pytest.mark.parametrize(
    "file",
    [
        b"",
        dg13(FIELDS) + b"\x00",
        dg13(FIELDS, version=b"\x02\x01\x02"),
        dg13(FIELDS, version=b""),
        dg13(FIELDS, coding="28d316010007"),
        *[dg13(_without(number)) for number in (1, 2, 3)],
        dg13(FIELDS | {1: encode(0x13, b"00120801234")}),
        dg13(FIELDS | {1: encode(0x0C, b"001208012345")}),
        dg13(FIELDS | {1: ID + ID}),
        dg13(FIELDS | {2: encode(0x0C, b"\xff")}),
        dg13(FIELDS | {2: encode(0x0C, b"A\nB")}),
        dg13(FIELDS | {2: encode(0x0C, b"A" * 201)}),
        dg13(FIELDS | {3: encode(0x13, b"31/02/2008")}),
        dg13(FIELDS | {3: encode(0x13, b"2008-03-09")}),
        dg13(FIELDS | {6: b"\x0c\x81\x01A"}),
        encode(0x6D, encode(0x30, b"\x02\x01\x01" + encode(0x06, bytes.fromhex("28d316010008")) + b"\x30\x00")),
        dg13(FIELDS)[:-1],
        dg13(FIELDS, further=field(6, encode(0x0C, b"Kinh"))),
        encode(0x6D, encode(0x30, b"\x02\x01\x01\x06\x06\x28\xd3\x16\x01\x00\x08" + encode(0x31, b"\x30\x00"))),
        encode(0x6D, encode(0x30, b"\x02\x01\x01\x06\x06\x28\xd3\x16\x01\x00\x08" + encode(0x31, b"\x02\x01\x01"))),
        encode(0x6D, encode(0x30, b"\x02\x01\x01\x06\x06\x28\xd3\x16\x01\x00\x08" + encode(0x31, field(1, ID) * 2))),
    ],
)
def test_other_bytes_are_no_national_record(file: bytes) -> None:
    with pytest.raises(ParseError):
        read_national_record(file, USE)
