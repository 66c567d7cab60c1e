"""The frames of ViewSonic, BenQ, AA BB CC, SICP and MAXHUB boards, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.displays.aabbcc import AabbccCodec
from firmware_bridge.displays.board_frames import BoardCodec
from firmware_bridge.displays.codec import Codec, Heard, Noise, Verdict
from firmware_bridge.displays.maxhub import MaxhubCodec
from firmware_bridge.displays.meaning import understand
from firmware_bridge.displays.sicp import SicpCodec, iiyama_codec
from firmware_bridge.displays.tables import table_of

ANSWER = Verdict.ANSWER


def answers(codec: Codec, data: bytes) -> list[tuple[Verdict, int | None, str | None, str]]:
    return [(s.verdict, s.unit, s.key, s.payload) for s in codec.take(data) if isinstance(s, Heard)]


@pytest.mark.parametrize(
    ("unit", "words", "frame"),
    [
        (1, "s 21 001", "38 30 31 73 21 30 30 31 0D"),
        (1, "g 6C 000", b"801gl000\r".hex()),
        (1, "g 6A 000", b"801gj000\r".hex()),
        (1, "g 30 000", b"801g0000\r".hex()),
        (1, "A 42 050", b"801AB050\r".hex()),
        (1, "a 42 000", b"801aB000\r".hex()),
        (1, "g 31 000 4i", b"801g1000\r".hex()),
        (1, "g 20 x060000000000000000000000000000", "44 30 31 67 20 06" + "00" * 14 + "0D"),
        (1, "g 22 000", "38 30 31 67 22 30 30 30 0D"),
        (7, "g 76 00000", "3A 30 37 67 76 30 30 30 30 30 0D"),
    ],
)
def test_boards_are_asked_as_their_documents_say(unit: int, words: str, frame: str) -> None:
    assert BoardCodec().frame(unit, words) == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("frame", "heard"),
    [
        (b"401+\r", (Verdict.TAKEN, 1, None, "")),
        (b"401-\r", (Verdict.REFUSED, 1, None, "")),
        (b"801rl001\r", (ANSWER, 1, "6C", "001")),
        (bytes.fromhex("38 30 31 72 22 30 30 31 0D"), (ANSWER, 1, "22", "001")),
        (bytes.fromhex("39 30 37 72 71 2B 30 37 35 0D"), (ANSWER, 7, "71", "+075")),
        (bytes.fromhex("3A 30 37 72 71 01 2B 30 37 35 0D"), (ANSWER, 7, "71", "\x01+075")),
        (bytes.fromhex("3A 30 37 72 76 32 31 33 35 36 0D"), (ANSWER, 7, "76", "21356")),
        (bytes.fromhex("44 30 31 72 20 06") + b"EIP01234567890\r", (ANSWER, 1, "20", "\x06EIP01234567890")),
    ],
)
def test_boards_answer_as_their_documents_say(frame: bytes, heard: tuple[Verdict, int, str, str]) -> None:
    codec = BoardCodec()
    assert answers(codec, frame) == [heard]
    assert [answer for byte in frame for answer in answers(codec, bytes([byte]))] == [heard]


@pytest.mark.parametrize(
    ("question", "payload", "value"),
    [
        ("temperature", "+075", 75.0),
        ("temperature", "\x01+075", 75.0),
        ("temperature", "-005", -5.0),
        ("hours", "21356", 21356.0),
    ],
)
def test_benq_numbers_are_read(question: str, payload: str, value: float) -> None:
    row = table_of("benq-board").question(question)
    assert row is not None
    learned = understand(table_of("benq-board"), row, payload)
    assert learned is not None
    assert list(learned.values.values()) == [value]


@pytest.mark.parametrize("length", [0x40, 0x30, 0x3F, 0x50, 0x32, 0x20, 0xFF])
def test_a_wrong_length_byte_is_forgiven_where_the_end_is_right(length: int) -> None:
    wrong = bytes([length]) + b"01rl001\r"
    assert answers(BoardCodec(), wrong) == [(ANSWER, 1, "6C", "001")]
    packet = bytes([length]) + b"01r1201123456" + b" " * 17 + b"\r"
    assert answers(BoardCodec(), packet) == [(ANSWER, 1, "31", "201123456" + " " * 17)]


def test_a_length_byte_of_another_answer_is_forgiven_too() -> None:
    assert [heard[2:] for heard in answers(BoardCodec(), b"901rl001\r801rf020\r")] == [("6C", "001"), ("66", "020")]


def test_raw_bytes_in_an_answer_do_not_cut_it() -> None:
    raw = bytes.fromhex("44 30 31 72 20 05 0D 30 0D 00 0D") + b"\0" * 9 + b"\r"
    assert [heard[2] for heard in answers(BoardCodec(), raw + b"801rl000\r")] == ["20", "6C"]


def test_noise_before_an_answer_is_passed_over() -> None:
    sounds = BoardCodec().take(b"\x00\xffboot\r\n801rl001\r")
    assert [type(sound) for sound in sounds] == [Noise, Heard]


@pytest.mark.parametrize("cut", range(9))
def test_a_cut_answer_says_nothing(cut: int) -> None:
    assert answers(BoardCodec(), b"801rl001\r"[:cut]) == []


def test_an_answer_in_four_numbered_replies_is_heard_once() -> None:
    codec = BoardCodec()
    codec.frame(1, "g 31 000 4i")
    assert answers(codec, b"801r1100\r801r1212\r801r1334\r") == []
    assert answers(codec, b"801r1456\r") == [(ANSWER, 1, "31", "00123456")]


def test_a_doubled_reply_is_skipped_and_a_missing_one_spoils_the_answer() -> None:
    codec = BoardCodec()
    codec.frame(1, "g 31 000 4i")
    assert answers(codec, b"801r1100\r801r1100\r801r1212\r801r1212\r801r1334\r801r1456\r") == [
        (ANSWER, 1, "31", "00123456")
    ]
    codec.frame(1, "g 31 000 4i")
    assert answers(codec, b"801r1100\r801r1334\r801r1456\r801r1212\r") == []


def test_an_answer_without_numbers_is_counted() -> None:
    codec = BoardCodec()
    codec.frame(1, "g 31 000 2")
    assert answers(codec, b"801r1001\r801r1200\r") == [(ANSWER, 1, "31", "001200")]


@pytest.mark.parametrize(
    ("payload", "hours"),
    [("00123456", 123456.0), ("201123456" + "\0" * 17, 123456.0), ("001200                    ", 1200.0)],
)
def test_viewsonic_hours_have_two_forms(payload: str, hours: float) -> None:
    row = table_of("viewsonic").question("hours")
    assert row is not None
    learned = understand(table_of("viewsonic"), row, payload)
    assert learned is not None
    assert learned.values == {"hours": hours}


@pytest.mark.parametrize(
    ("words", "frame"),
    [
        ("01 00 00", "01 00 00 01"),
        ("01 01 00", "01 01 00 02"),
        ("01 02 00", "01 02 00 03"),
        ("02 00 00", "02 00 00 02"),
        ("02 06 00", "02 06 00 08"),
        ("02 07 00", "02 07 00 09"),
        ("02 08 00", "02 08 00 0A"),
        ("03 00 20", "03 00 20 23"),
        ("03 02 00", "03 02 00 05"),
        ("09 02 00", "09 02 00 0B"),
    ],
)
def test_aabbcc_boards_are_asked_as_described(words: str, frame: str) -> None:
    assert AabbccCodec().frame(1, words) == bytes.fromhex(f"AA BB CC {frame} DD EE FF")


@pytest.mark.parametrize(
    ("frame", "words", "payload"),
    [
        ("80 00 00 80", "01 02 00", "0000"),
        ("80 01 00 81", "01 02 00", "0100"),
        ("81 06 00 87", "02 00 00", "0600"),
        ("82 00 20 A2", "03 02 00", "20"),
        ("82 01 00 83", "03 03 00", "00"),
        ("83 02 00 85", "09 02 00", "0200"),
    ],
)
def test_aabbcc_boards_answer_as_described(frame: str, words: str, payload: str) -> None:
    codec = AabbccCodec()
    whole = bytes.fromhex(f"AA BB CC {frame} DD EE FF")
    assert answers(codec, whole) == [(ANSWER, None, codec.key(words), payload)]
    assert answers(codec, whole[:6] + bytes([whole[6] ^ 1]) + whole[7:]) == []


@pytest.mark.parametrize(
    ("words", "frame"),
    [
        ("18 02", "06 01 00 18 02 1D"),
        ("18 01", "06 01 00 18 01 1E"),
        ("19", "05 01 00 19 1D"),
        ("AD", "05 01 00 AD A9"),
        ("15", "05 01 00 15 11"),
        ("2F", "05 01 00 2F 2B"),
        ("0F 02", "06 01 00 0F 02 0A"),
        ("A1 01", "06 01 00 A1 01 A7"),
    ],
)
def test_philips_is_asked_as_described(words: str, frame: str) -> None:
    assert SicpCodec().frame(1, words) == bytes.fromhex(frame)


def test_philips_answers_with_its_group_or_with_a_verdict() -> None:
    assert answers(SicpCodec(), bytes.fromhex("06 01 01 19 02 1D")) == [(ANSWER, 1, "19", "02")]
    for code, verdict in ((0x06, Verdict.TAKEN), (0x15, Verdict.REFUSED), (0x18, Verdict.UNSUPPORTED)):
        body = bytes([6, 1, 1, 0, code])
        assert answers(SicpCodec(), body + bytes([6 ^ code])) == [(verdict, 1, None, "")]
    assert answers(SicpCodec(), bytes.fromhex("06 01 00 18 02 1D")) == []
    assert answers(SicpCodec(), bytes.fromhex("06 01 01 19 02 1C")) == []


def test_iiyamas_form_begins_with_a6() -> None:
    assert iiyama_codec().frame(1, "19") == bytes.fromhex("A6 01 00 00 00 03 01 19 BC")
    assert answers(iiyama_codec(), bytes.fromhex("21 01 00 00 04 01 AD 0D 85")) == [(ANSWER, 1, "AD", "0D")]
    assert answers(iiyama_codec(), bytes.fromhex("21 01 00 00 04 01 00 00 25")) == [(Verdict.TAKEN, 1, None, "")]


def test_maxhub_is_asked_and_answers_in_both_forms() -> None:
    codec = MaxhubCodec()
    assert codec.frame(1, "G 30 000") == bytes.fromhex("3A 30 31 47 30 30 30 30 0D")
    assert codec.frame(1, "S 3A 103") == b":01S:103\r"
    assert answers(codec, b":01r0003\r") == [(ANSWER, 1, "30", "003")]
    assert codec.take(b"::01r:001\r") == [Heard(verdict=ANSWER, unit=1, key="3A", payload="001")]
    assert answers(codec, b"401+\r") == [(Verdict.TAKEN, 1, None, "")]
    assert answers(codec, b":01G0000\r") == []


@given(st.lists(st.binary(max_size=40), max_size=10), st.integers(1, 12))
def test_no_bytes_make_a_codec_raise_and_pieces_change_nothing(pieces: list[bytes], size: int) -> None:
    whole = b"".join(pieces)
    for make in (BoardCodec, AabbccCodec, SicpCodec, iiyama_codec, MaxhubCodec):
        at_once, in_pieces = make(), make()
        heard = [found for start in range(0, len(whole), size) for found in in_pieces.take(whole[start : start + size])]
        assert [s for s in heard if isinstance(s, Heard)] == [s for s in at_once.take(whole) if isinstance(s, Heard)]
