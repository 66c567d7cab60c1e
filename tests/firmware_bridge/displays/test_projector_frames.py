"""The frames of BenQ, NEC and ViewSonic projectors and of Hisense sets, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.displays.benq_projector import BenqProjectorCodec
from firmware_bridge.displays.codec import Codec, Heard, Skipped, Verdict
from firmware_bridge.displays.hisense import HisenseCodec, HisenseHexCodec, HisenseLanCodec
from firmware_bridge.displays.meaning import understand
from firmware_bridge.displays.nec_projector import NecProjectorCodec
from firmware_bridge.displays.tables import table_of
from firmware_bridge.displays.viewsonic_projector import ViewsonicProjectorCodec

ANSWER = Verdict.ANSWER


def answers(codec: Codec, data: bytes) -> list[tuple[Verdict, str | None, str]]:
    return [(s.verdict, s.key, s.payload) for s in codec.take(data) if isinstance(s, Heard)]


def test_a_benq_projector_is_asked_between_two_returns() -> None:
    assert BenqProjectorCodec().frame(1, "pow=?") == b"\r*pow=?#\r"


@pytest.mark.parametrize(
    "said",
    [b"*POW=ON#\r", b"\r\n>*pow=?#\r\n*POW=ON#\r\n>", b"> \r*pow=on#\r", b"\x00*Pow=On#\r\n", b"*pow=?#\r*POW=ON#\r"],
)
def test_prompt_echo_and_empty_lines_of_a_benq_projector_are_skipped(said: bytes) -> None:
    codec = BenqProjectorCodec()
    codec.frame(1, "pow=?")
    assert answers(codec, said) == [(ANSWER, "POW", "ON")]


def test_the_echo_of_a_command_is_no_answer() -> None:
    codec = BenqProjectorCodec()
    codec.frame(1, "pow=on")
    assert [type(sound) for sound in codec.take(b">*pow=on#\r")] == [Skipped]
    assert answers(codec, b"*POW=ON#\r") == [(ANSWER, "POW", "ON")]


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (b"Illegal format\r", Verdict.REFUSED),
        (b"*Illegal format#\r", Verdict.REFUSED),
        (b"*Unsupported item#\r\n", Verdict.UNSUPPORTED),
        (b">*BLOCK ITEM#\r", Verdict.NOT_NOW),
    ],
)
def test_a_benq_projector_says_no_in_three_ways(said: bytes, verdict: Verdict) -> None:
    assert answers(BenqProjectorCodec(), said) == [(verdict, None, "")]


@pytest.mark.parametrize(
    ("words", "frame"),
    [
        ("0200", "02 00 00 00 00 02"),
        ("0201", "02 01 00 00 00 03"),
        ("0085 01", "00 85 00 00 01 01 87"),
        ("0085 04", "00 85 00 00 01 04 8A"),
        ("0088", "00 88 00 00 00 88"),
        ("038A", "03 8A 00 00 00 8D"),
        ("00BF 0106", "00 BF 00 00 02 01 06 C8"),
        ("0203 01A1", "02 03 00 00 02 01 A1 A9"),
    ],
)
def test_nec_projectors_are_asked_as_described(words: str, frame: str) -> None:
    assert NecProjectorCodec().frame(1, words) == bytes.fromhex(frame)


def summed(frame: str) -> bytes:
    body = bytes.fromhex(frame)
    return body + bytes([sum(body) & 0xFF])


@pytest.mark.parametrize(
    ("frame", "heard"),
    [
        ("22 00 01 60 00", (Verdict.TAKEN, "200", "")),
        ("23 96 00 00 06 00 01 50 46 00 00", (ANSWER, "396", "000150460000")),
        ("A2 00 01 60 02 02 0D", (Verdict.NOT_NOW, "200", "")),
        ("A0 88 01 60 02 00 01", (Verdict.UNSUPPORTED, "088", "")),
        ("A2 03 01 60 02 01 01", (Verdict.REFUSED, "203", "")),
    ],
)
def test_nec_projectors_answer_as_described(frame: str, heard: tuple[Verdict, str, str]) -> None:
    assert answers(NecProjectorCodec(), summed(frame)) == [heard]
    assert answers(NecProjectorCodec(), summed(frame)[:-1] + b"\x11\x12") == []


def test_the_sum_is_that_of_the_documents_example() -> None:
    assert answers(NecProjectorCodec(), bytes.fromhex("20 81 01 60 01 00 03")) == [(ANSWER, "081", "00")]


@pytest.mark.parametrize(
    ("words", "frame"),
    [
        ("r 1126", "07 14 00 05 00 34 00 00 11 26 84"),
        ("r 1100", "07 14 00 05 00 34 00 00 11 00 5E"),
        ("w 110000", "06 14 00 04 00 34 11 00 00 5D"),
        ("w 110100", "06 14 00 04 00 34 11 01 00 5E"),
        ("w 130103", "06 14 00 04 00 34 13 01 03 63"),
        ("r 1501", "07 14 00 05 00 34 00 00 15 01 63"),
    ],
)
def test_viewsonic_projectors_are_asked_as_described(words: str, frame: str) -> None:
    assert ViewsonicProjectorCodec().frame(1, words) == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("frame", "heard"),
    [
        ("05 14 00 03 00 00 00 01 18", (ANSWER, None, "01")),
        ("05 14 00 06 00 00 00 B8 0B 00 00 DD", (ANSWER, None, "B80B0000")),
        ("03 14 00 00 00 14", (Verdict.TAKEN, None, "")),
        ("00 14 00 00 00 14", (Verdict.NOT_NOW, None, "")),
    ],
)
def test_viewsonic_projectors_answer_as_described(frame: str, heard: tuple[Verdict, str | None, str]) -> None:
    codec = ViewsonicProjectorCodec()
    whole = bytes.fromhex(frame)
    assert [found for byte in whole for found in answers(codec, bytes([byte]))] == [heard]
    assert answers(ViewsonicProjectorCodec(), whole[:-1] + bytes([whole[-1] ^ 1])) == []


@pytest.mark.parametrize(
    ("family", "question", "payload", "value"),
    [
        ("viewsonic-projector", "hours", "B80B0000", 3000.0),
        ("viewsonic-projector", "temperature", "2901000000000000", 29.7),
        ("nec-projector", "lamp", "000150460000", 5.0),
    ],
)
def test_numbers_with_the_lowest_byte_first_are_read(family: str, question: str, payload: str, value: float) -> None:
    row = table_of(family).question(question)
    assert row is not None
    learned = understand(table_of(family), row, payload)
    assert learned is not None
    assert list(learned.values.values()) == [value]


def test_each_bit_of_an_error_byte_is_a_fault() -> None:
    table = table_of("nec-projector")
    row = table.question("errors")
    assert row is not None
    learned = understand(table, row, "4B" + "0" * 22)
    assert learned is not None
    assert learned.faults == {"cover", "temperature", "fan", "lamp"}


def test_a_hisense_set_is_asked_by_its_own_letters() -> None:
    assert HisenseCodec("5FA").frame(1, "Q INPT ????") == b"Q5FAINPT????\xbc\r"
    assert HisenseCodec("465").frame(1, "S POWR 0001") == bytes.fromhex("53 34 36 35 50 4F 57 52 30 30 30 31 05 0D")
    assert HisenseCodec("465").frame(1, "S INPT 0009") == bytes.fromhex("53 34 36 35 49 4E 50 54 30 30 30 39 0A 0D")


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (b"5FA:OKAY####\x4a\r", [(Verdict.TAKEN, None, "####")]),
        (b"5FA:OKAYHDM1\xcc\r", [(ANSWER, None, "HDM1")]),
        (b"5FA:WAIT####\x49\r5FA:OKAY####\x4a\r", [(Verdict.TAKEN, None, "####")]),
        (b"5FA:OKAYHDM1\xcb\r", []),  # as a public catalogue prints it: against the rule of its other frames
        (b"5FB:OKAY####\x49\r", []),
    ],
)
def test_a_hisense_set_answers_with_its_own_letters(said: bytes, heard: list[tuple[Verdict, str | None, str]]) -> None:
    assert answers(HisenseCodec("5FA"), said) == heard


def test_a_hisense_board_on_the_lan_speaks_in_bytes_or_in_digits() -> None:
    off = "DD FF 00 08 C1 15 00 00 01 AA AA DD BB CC"
    assert HisenseLanCodec().frame(1, "15 AAAA") == bytes.fromhex(off)
    assert HisenseHexCodec().frame(1, "15 AAAA") == off.encode()
    assert HisenseLanCodec().frame(1, "28") == bytes.fromhex("DD FF 00 06 C1 28 00 00 01 EE BB CC")
    status = "AB AB 00 0C 28 00 00 14 05 05 00 00 00 00 99 CD CD"
    assert answers(HisenseLanCodec(), bytes.fromhex(status)) == [(ANSWER, "28", "14050500000000")]
    assert answers(HisenseHexCodec(), status.encode()) == [(ANSWER, "28", "14050500000000")]
    with_c1 = status.replace("0C 28", "0C C1 28")
    assert answers(HisenseLanCodec(), bytes.fromhex(with_c1)) == [(ANSWER, "28", "14050500000000")]


@given(st.lists(st.binary(max_size=40), max_size=10), st.integers(1, 12))
def test_no_bytes_make_a_codec_raise_and_pieces_change_nothing(pieces: list[bytes], size: int) -> None:
    whole = b"".join(pieces)
    makes = (BenqProjectorCodec, HisenseCodec, HisenseLanCodec, HisenseHexCodec, NecProjectorCodec)
    for make in (*makes, ViewsonicProjectorCodec):
        at_once, in_pieces = make(), make()
        heard = [found for start in range(0, len(whole), size) for found in in_pieces.take(whole[start : start + size])]
        assert [s for s in heard if isinstance(s, Heard)] == [s for s in at_once.take(whole) if isinstance(s, Heard)]
