"""What a scanner gives: six digits, or nothing at all; never a guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cards.card_code import access_number_in

QR = "001208012345||Nguyễn Văn An|03092008|Nam|Hà Nội|01012023"


@pytest.mark.parametrize("text", [QR, QR + "|more|fields", " 001208012345 ", "012345", "012345\r"])
def test_a_cards_code_gives_its_last_six_digits(text: str) -> None:
    assert access_number_in(text) == "012345"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "1234567",
        "00120801234x",
        "012345|x",
        "https://example.invalid/012345",
        "|001208012345",
        "x" * 10_000,
    ],
)
def test_other_texts_give_nothing(text: str) -> None:
    assert access_number_in(text) is None


@given(st.text())
def test_whatever_is_scanned_gives_six_ascii_digits_or_nothing(text: str) -> None:
    found = access_number_in(text)
    assert found is None or (len(found) == 6 and found.isascii() and found.isdigit())
