"""The frames of the makers' documents, byte for byte."""

import pytest

from firmware_bridge.displays.codec import Codec, Heard, Sound, Trouble, Verdict
from firmware_bridge.displays.lg import LgCodec
from firmware_bridge.displays.mdc import MdcCodec
from firmware_bridge.displays.nec import NecCodec
from firmware_bridge.displays.pjlink import KEPT_OUT, PROOF_WANTED, UNSUPPORTED, PjlinkCodec


def heard(codec: Codec, *pieces: bytes) -> list[Sound]:
    return [sound for piece in pieces for sound in codec.take(piece)]


def answers(codec: Codec, data: bytes) -> list[tuple[Verdict, int | None, str | None, str]]:
    return [(s.verdict, s.unit, s.key, s.payload) for s in heard(codec, data) if isinstance(s, Heard)]


@pytest.mark.parametrize(
    ("words", "frame"),
    [
        ("11", "AA 11 01 00 12"),
        ("11 01", "AA 11 01 01 01 14"),
        ("11 00", "AA 11 01 01 00 13"),
        ("00", "AA 00 01 00 01"),
        ("14", "AA 14 01 00 15"),
        ("14 23", "AA 14 01 01 23 39"),
        ("0B", "AA 0B 01 00 0C"),
        ("0E", "AA 0E 01 00 0F"),
        ("8A", "AA 8A 01 00 8B"),
        ("25", "AA 25 01 00 26"),
        ("0D", "AA 0D 01 00 0E"),
        ("83", "AA 83 01 00 84"),
    ],
)
def test_samsung_is_asked_as_its_document_says(words: str, frame: str) -> None:
    assert MdcCodec().frame(1, words) == bytes.fromhex(frame)


def test_samsung_answers_with_its_command_and_data() -> None:
    assert answers(MdcCodec(), bytes.fromhex("AA FF 01 03 41 11 01 56")) == [(Verdict.ANSWER, 1, "11", "01")]
    assert answers(MdcCodec(), bytes.fromhex("AA FF 01 03 4E 11 01 63")) == [(Verdict.REFUSED, 1, "11", "01")]


def test_a_samsung_frame_with_a_wrong_sum_is_nothing() -> None:
    assert answers(MdcCodec(), bytes.fromhex("AA FF 01 03 41 11 01 57")) == []


def test_a_secured_samsung_is_recognised_also_in_pieces() -> None:
    sounds = heard(MdcCodec(), b"MDCSTA", b"RT<<TLS>>")
    assert [type(sound) for sound in sounds] == [Trouble]


@pytest.mark.parametrize(
    ("words", "frame"),
    [("ka FF", b"ka 01 FF\r"), ("ka 01", b"ka 01 01\r"), ("sv 02 FF", b"sv 01 02 FF\r"), ("xb 90", b"xb 01 90\r")],
)
def test_lg_is_asked_as_its_document_says(words: str, frame: bytes) -> None:
    assert LgCodec().frame(1, words) == frame


def test_the_address_of_an_lg_display_is_written_in_hex() -> None:
    assert LgCodec().frame(26, "ka FF") == b"ka 1A FF\r"


def test_lg_answers_with_the_second_letter_alone() -> None:
    assert answers(LgCodec(), b"a 01 OK01x") == [(Verdict.ANSWER, 1, "a", "01")]
    assert answers(LgCodec(), b"a 01 NG00x") == [(Verdict.REFUSED, 1, "a", "00")]
    assert answers(LgCodec(), b"ka 01 FF\r\na 01 OK01x\r\n") == [(Verdict.ANSWER, 1, "a", "01")]


@pytest.mark.parametrize(
    ("words", "frame"),
    [
        ("A 01D6", "01 30 41 30 41 30 36 02 30 31 44 36 03 74 0D"),
        ("A C203D6 0004", "01 30 41 30 41 30 43 02 43 32 30 33 44 36 30 30 30 34 03 76 0D"),
        ("A C203D6 0001", "01 30 41 30 41 30 43 02 43 32 30 33 44 36 30 30 30 31 03 73 0D"),
        ("A C217", "01 30 41 30 41 30 36 02 43 32 31 37 03 70 0D"),
        ("A C216", "01 30 41 30 41 30 36 02 43 32 31 36 03 71 0D"),
        ("A B1", "01 30 41 30 41 30 34 02 42 31 03 76 0D"),
        ("A CA0200", "01 30 41 30 41 30 38 02 43 41 30 32 30 30 03 09 0D"),
        ("C 0010", "01 30 41 30 43 30 36 02 30 30 31 30 03 04 0D"),
        ("E 0060 0011", "01 30 41 30 45 30 41 02 30 30 36 30 30 30 31 31 03 72 0D"),
        ("E 0278 0001", "01 30 41 30 45 30 41 02 30 32 37 38 30 30 30 31 03 78 0D"),
        ("C 0279", "01 30 41 30 43 30 36 02 30 32 37 39 03 09 0D"),
    ],
)
def test_nec_is_asked_as_its_document_says(words: str, frame: str) -> None:
    assert NecCodec().frame(1, words) == bytes.fromhex(frame)


def nec_reply(kind: str, payload: str, unit: int = 1) -> bytes:
    body = (
        b"00" + bytes([0x40 + unit]) + f"{kind}{len(payload) + 2:02X}".encode() + b"\x02" + payload.encode() + b"\x03"
    )
    check = 0
    for byte in body:
        check ^= byte
    return b"\x01" + body + bytes([check]) + b"\r"


@pytest.mark.parametrize(
    ("words", "kind", "reply", "payload"),
    [
        ("A 01D6", "B", "0200D60000040001", "0001"),
        ("A C203D6 0004", "B", "00C203D60004", "0004"),
        ("A C217", "B", "C3174D5441", "4D5441"),
        ("A C216", "B", "C31639", "39"),
        ("A B1", "B", "A17081", "7081"),
        ("A CA0200", "B", "CB020000R1.203", "0000R1.203"),
        ("C 0060", "D", "000060000082" + "0011", "0011"),
        ("E 0060 0011", "F", "000060000082" + "0011", "0011"),
    ],
)
def test_nec_replies_name_what_they_answer(words: str, kind: str, reply: str, payload: str) -> None:
    codec = NecCodec()
    assert answers(codec, nec_reply(kind, reply)) == [(Verdict.ANSWER, 1, codec.key(words), payload)]


def test_a_nec_frame_with_a_wrong_xor_is_nothing() -> None:
    good = nec_reply("B", "0200D60000040001")
    assert answers(NecCodec(), good[:-2] + bytes([good[-2] ^ 1]) + good[-1:]) == []


def test_nec_says_that_it_does_not_know_a_command() -> None:
    assert answers(NecCodec(), nec_reply("B", "BE")) == [(Verdict.UNSUPPORTED, 1, None, "")]
    assert answers(NecCodec(), nec_reply("D", "0100600000000000")) == [(Verdict.UNSUPPORTED, 1, "D0060", "0000")]


def test_pjlink_proves_its_password_before_the_first_command_only() -> None:
    codec = PjlinkCodec("JBMIAProjectorLink")
    codec.begin()
    assert heard(codec, b"PJLINK 1 85") == []
    waited = not codec.ready
    assert heard(codec, b"196e3e\r") == []
    assert (waited, codec.ready) == (True, True)
    assert codec.frame(1, "1POWR ?") == b"d1845b39ca4c01355cfc4f9580b5d20a%1POWR ?\r"
    assert codec.frame(1, "1POWR ?") == b"%1POWR ?\r"


@pytest.mark.parametrize(
    ("password", "line", "sentence"),
    [
        ("right", b"PJLINK ERRA\r", KEPT_OUT),
        ("", b"PJLINK 1 85196e3e\r", PROOF_WANTED),
        ("", b"PJLINK 2 85196e3e\r", UNSUPPORTED),
        ("", b"PJLINK\r", UNSUPPORTED),
        ("", b"SSH-2.0-OpenSSH\r\n", UNSUPPORTED),
    ],
)
def test_a_pjlink_greeting_that_keeps_us_out_is_said_in_a_sentence(password: str, line: bytes, sentence: str) -> None:
    codec = PjlinkCodec(password)
    codec.begin()
    assert heard(codec, line) == [Trouble(sentence=sentence, ours=line.startswith(b"PJLINK"))]
    assert not codec.ready


@pytest.mark.parametrize(
    ("line", "verdict", "payload"),
    [
        ("%1LAMP=1200 1", Verdict.ANSWER, "1200 1"),
        ("%1POWR=OK", Verdict.TAKEN, "OK"),
        ("%1LAMP=ERR1", Verdict.UNSUPPORTED, "ERR1"),
        ("%1INPT=ERR2", Verdict.REFUSED, "ERR2"),
        ("%1INPT=ERR3", Verdict.NOT_NOW, "ERR3"),
        ("%1POWR=ERR4", Verdict.BROKEN, "ERR4"),
    ],
)
def test_pjlink_answers_have_their_verdict(line: str, verdict: Verdict, payload: str) -> None:
    codec = PjlinkCodec()
    codec.begin()
    heard(codec, b"PJLINK 0\r")
    assert answers(codec, line.encode() + b"\r") == [(verdict, None, line[1:6], payload)]
