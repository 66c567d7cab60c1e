"""Intel HEX in, flash image out; what is malformed is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.updating.intel_hex import HexError, read_hex


def record(address: int, kind: int, payload: bytes) -> bytes:
    raw = bytes([len(payload)]) + address.to_bytes(2) + bytes([kind]) + payload
    return b":" + (raw + bytes([-sum(raw) & 0xFF])).hex().upper().encode() + b"\n"


END = record(0, 1, b"")
HEAD = record(0, 0, b"\x0c\x94")


@given(image=st.binary(min_size=1, max_size=5000), step=st.integers(1, 255), order=st.randoms())
def test_an_image_comes_back_however_its_records_are_cut_and_ordered(image: bytes, step: int, order: object) -> None:
    pieces = [record(at, 0, image[at : at + step]) for at in range(0, len(image), step)]
    getattr(order, "shuffle")(pieces)  # noqa: B009 - hypothesis gives its Random no type
    assert read_hex(b"".join(pieces) + END) == image


def test_gaps_are_erased_flash_and_start_addresses_are_read_over() -> None:
    content = HEAD + record(4, 0, b"\x01") + record(0, 3, bytes(4)) + record(0, 5, bytes(4)) + END
    assert read_hex(content) == b"\x0c\x94\xff\xff\x01"


@pytest.mark.parametrize("above", [record(0, 2, b"\x10\x00"), record(0, 4, b"\x00\x01")])
def test_addresses_beyond_64_kilobytes(above: bytes) -> None:
    image = read_hex(HEAD + above + record(2, 0, b"\x55") + END)
    assert (len(image), image[-1]) == (0x10003, 0x55)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "end record is missing"),
        (HEAD, "end record is missing"),
        (END, "Nothing stands at address 0"),
        (record(128, 0, b"\x01") + END, "Nothing stands at address 0"),
        (HEAD + b"0C94\n" + END, "Line 2: it does not begin with a colon"),
        (HEAD + b":0\n" + END, "Line 2: it holds other signs"),
        (HEAD + b":zz00000000\n" + END, "Line 2: it holds other signs"),
        (HEAD + ":０1".encode() + b"\n" + END, "Line 2: it holds other signs"),
        (HEAD + record(8, 0, b"\x01")[:-3] + b"\n" + END, "Line 2: its length"),
        (HEAD[:-2] + b"F\n" + END, "Line 1: its checksum"),
        (HEAD + record(8, 6, b"\x01") + END, "Line 2: a record of an unknown kind"),
        (HEAD + record(0, 4, b"\x01") + END, "Line 2: a record of an unknown kind or shape"),
        (HEAD + END + HEAD, "Line 3: something stands behind"),
        (HEAD + HEAD + END, "Line 2: it gives a byte for the second time"),
        (HEAD + record(0, 4, b"\x00\x81") + record(0, 0, b"\x01") + END, "Line 3: its address is beyond"),
        (b"\n" * 1_100_000, "at most"),
    ],
)
def test_what_is_malformed_is_named(content: bytes, fault: str) -> None:
    with pytest.raises(HexError, match=fault):
        read_hex(content)


@given(noise=st.binary(max_size=300))
def test_noise_is_never_anything_else_than_an_error(noise: bytes) -> None:
    with pytest.raises(HexError):
        read_hex(noise)
