import pytest

from models.chip.tlv import ParseError
from models.chip.transfer_limits import TransferLimits, parse_transfer_limits


@pytest.mark.parametrize(
    ("file", "limits"),
    [
        ("", (False, None, None)),
        ("47 03 848001", (False, None, None)),
        ("47 03 8480C1", (True, None, None)),
        ("47 01 84", (False, None, None)),
        ("43 01 B8 47 03 8480C1 7F66 08 02020200 0202FFFF", (True, 512, 65_535)),
        ("7F66 0A 0203010000 0203010000", (True, 65_536, 65_536)),
    ],
)
def test_9303_10_what_a_card_says_that_it_takes(file: str, limits: tuple[bool, int | None, int | None]) -> None:
    extended, command, answer = limits
    assert parse_transfer_limits(bytes.fromhex(file)) == TransferLimits(
        extended_length=extended, longest_command=command, longest_answer=answer
    )


@pytest.mark.parametrize(
    "file",
    [
        "7F66 04 02020200",
        "7F66 08 02020200 04020200",
        "7F66 0C 02020200 02020200 02020200",
        "7F66 06 02020200 0200",
        "7F66 07 02020200 020104",
        "7F66 0C 0204FFFFFFFF 0204FFFFFFFF",
        "7F66 08 02020200 0202FFFF 7F66 08 02020200 0202FFFF",
        "47 03 848001 47 03 848001",
        "7F66 0A 02020200",
        "7F",
    ],
)
def test_other_bytes_are_no_limits(file: str) -> None:
    with pytest.raises(ParseError):
        parse_transfer_limits(bytes.fromhex(file))


def test_a_wrong_tag_promises_nothing() -> None:
    assert parse_transfer_limits(bytes.fromhex("7F67 08 02020200 0202FFFF")).longest_command is None
