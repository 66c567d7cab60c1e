"""Cards and middlemen that break the secure channel (refusals 16, 17 and 18)."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from edge.cards.apdu import UnexpectedStatusError
from edge.cards.card_reader import CardReadError
from edge.cards.read_identity_card import ReadPolicy, read_identity_card
from edge.cards.secure_messaging import ChannelBrokenError, pad, unpad
from edge.cards.trouble import trouble_of
from models.chip.curve_points import encode_point
from models.chip.curves import P256
from models.chip.tlv import encode, parse_fields, parse_one
from models.evidence import CardTrouble
from provisioning.rehearsal.soft_chip.faults import ChannelDeceit, ChannelTrick
from tests.builders.soft_card import SoftCardReader, can_of, good_card, mrz_key_of

FIRST_PROTECTED = 7  # EF.CardAccess, MSE:Set AT and four of PACE come before
SET_AT, READ_BINARY = 0x22, 0xB0

Spoil = Callable[[bytes], bytes]


def read_with(spoil: Callable[[bytes, bytes], bytes], at: int) -> tuple[SoftCardReader, CardReadError]:
    """Read a good card whose answer number `at` is replaced by `spoil(command, answer)`."""
    card = good_card()
    reader = SoftCardReader(card, lambda number, command, answer: spoil(command, answer) if number == at else answer)
    with pytest.raises(CardReadError) as caught:
        read_identity_card(reader, can_of(card), ReadPolicy(), lambda _: None)
    return reader, caught.value


def fields(answer: bytes) -> dict[int, bytes]:
    return parse_fields(answer[:-2], (0x85, 0x87, 0x99, 0x8E))


def rebuilt(parts: dict[int, bytes], status: bytes = b"\x90\x00") -> bytes:
    return b"".join(encode(tag, value) for tag, value in parts.items()) + status


SPOILERS: dict[str, Spoil] = {
    "plain 9000": lambda _: b"\x90\x00",
    "plain content": lambda _: b"\x61\x5b\x5f\x1f\x90\x00",
    "plain error": lambda _: b"\x69\x88",
    "no checksum": lambda answer: rebuilt({tag: value for tag, value in fields(answer).items() if tag != 0x8E}),
    "short checksum": lambda answer: rebuilt(fields(answer) | {0x8E: fields(answer)[0x8E][:4]}),
    "empty checksum": lambda answer: rebuilt(fields(answer) | {0x8E: b""}),
    "wrong checksum": lambda answer: rebuilt(fields(answer) | {0x8E: bytes(8)}),
    "no status object": lambda answer: rebuilt({tag: value for tag, value in fields(answer).items() if tag != 0x99}),
    "other status object": lambda answer: rebuilt(fields(answer) | {0x99: b"\x62\x82"}),
    "checksum first": lambda answer: rebuilt(dict(reversed(fields(answer).items()))),
    "checksum twice": lambda answer: answer[:-2] + answer[-12:-2] + answer[-2:],
    "something behind": lambda answer: answer[:-2] + b"\x99\x02\x90\x00" + answer[-2:],
    "flipped bit": lambda answer: bytes([answer[0], answer[1], answer[2] ^ 1]) + answer[3:],
    "cut": lambda answer: answer[: len(answer) // 2] + answer[-2:],
    "nothing": lambda _: b"",
    "one byte": lambda _: b"\x90",
}


@pytest.mark.parametrize("how", SPOILERS)
@pytest.mark.parametrize("at", [FIRST_PROTECTED, FIRST_PROTECTED + 1, FIRST_PROTECTED + 20])
def test_refusal_17_a_spoilt_protected_answer_ends_everything(how: str, at: int) -> None:
    reader, error = read_with(lambda _, answer: SPOILERS[how](answer), at)
    assert len(reader.commands) == at, "nothing may be sent after the channel broke"
    if how not in {"nothing", "one byte"}:
        assert trouble_of(error) is CardTrouble.REFUSED_CHANNEL


def test_refusal_17_a_replayed_answer_ends_everything() -> None:
    card = good_card()
    kept: list[bytes] = []

    def disturb(number: int, _command: bytes, answer: bytes) -> bytes:
        kept.append(answer)
        return kept[-2] if number == FIRST_PROTECTED + 3 else answer

    with pytest.raises(ChannelBrokenError):
        read_identity_card(SoftCardReader(card, disturb), can_of(card), ReadPolicy(), lambda _: None)


def test_refusal_17_a_status_word_that_the_protected_one_contradicts_ends_everything() -> None:
    deceit = ChannelDeceit(trick=ChannelTrick.OTHER_STATUS, from_answer=4)
    card = replace(good_card(), fault=deceit)
    with pytest.raises(ChannelBrokenError):
        read_identity_card(SoftCardReader(card), can_of(card), ReadPolicy(), lambda _: None)


def refusing_pace(status: str) -> tuple[SoftCardReader, CardReadError]:
    """Read a card, BAC allowed, that answers each MSE:Set AT with `status`."""
    card = good_card()
    reader = SoftCardReader(card, lambda _, command, answer: bytes.fromhex(status) if command[1] == SET_AT else answer)
    with pytest.raises(CardReadError) as caught:
        read_identity_card(reader, mrz_key_of(card), ReadPolicy(allow_bac=True), lambda _: None)
    assert {command[1] for command in reader.commands} == {READ_BINARY, SET_AT}
    return reader, caught.value


@pytest.mark.parametrize("status", ["6A80", "6985", "6A86", "6D00"])
def test_refusal_15_a_card_that_refuses_the_pace_it_offers_is_refused_and_never_asked_for_bac(status: str) -> None:
    _, error = refusing_pace(status)
    assert trouble_of(error) is CardTrouble.REFUSED_CHANNEL


@pytest.mark.parametrize("status", ["6A88", "6F00", "6700"])
def test_a_card_that_cannot_do_pace_just_now_is_unreadable(status: str) -> None:
    _, error = refusing_pace(status)
    assert trouble_of(error) is CardTrouble.UNREADABLE


def point_in(answer: bytes) -> tuple[int, bytes]:
    template = parse_one(answer[:-2], 0x7C)
    tag = template[0]
    return tag, parse_one(template, tag)


def with_point(answer: bytes, point: bytes) -> bytes:
    tag, _ = point_in(answer)
    return encode(0x7C, encode(tag, point)) + b"\x90\x00"


def own_point(command: bytes) -> bytes:
    template = parse_one(command[5:-1], 0x7C)
    return parse_one(template, template[0])


BAD_POINTS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "off the curve": lambda _, answer: with_point(answer, point_in(answer)[1][:-1] + b"\x00"),
    "infinity": lambda _, answer: with_point(answer, b"\x00"),
    "zero": lambda _, answer: with_point(answer, b"\x04" + bytes(64)),
    "compressed": lambda _, answer: with_point(answer, b"\x02" + point_in(answer)[1][1:33]),
    "beyond the field": lambda _, answer: with_point(answer, b"\x04" + b"\xff" * 64),
    "of another curve": lambda _, answer: with_point(answer, encode_point(P256, P256.generator)),
    "our own": lambda command, answer: with_point(answer, own_point(command)),
    "empty": lambda _, answer: with_point(answer, b""),
    "no template": lambda _command, _answer: b"\x90\x00",
}


@pytest.mark.parametrize("how", BAD_POINTS)
@pytest.mark.parametrize("at", [4, 5], ids=["mapping", "agreement"])
def test_refusal_18_a_bad_point_is_refused(how: str, at: int) -> None:
    reader, error = read_with(BAD_POINTS[how], at)
    assert trouble_of(error) is CardTrouble.REFUSED_CHANNEL
    assert len(reader.commands) == at


def test_refusal_16_a_wrong_token_of_the_card_is_refused() -> None:
    _, error = read_with(lambda _, __: bytes.fromhex("7C0A8608000000000000000090 00"), 6)
    assert trouble_of(error) is CardTrouble.REFUSED_CHANNEL


def test_a_nonce_of_the_wrong_length_is_refused() -> None:
    _, error = read_with(lambda _, __: bytes.fromhex("7C0480020102 9000"), 3)
    assert trouble_of(error) is CardTrouble.REFUSED_CHANNEL


def test_a_status_that_says_nothing_of_the_key_is_not_called_a_wrong_key() -> None:
    _, error = read_with(lambda _, __: b"\x6f\x00", 6)
    assert isinstance(error, UnexpectedStatusError)
    assert trouble_of(error) is CardTrouble.UNREADABLE


@pytest.mark.parametrize("block", [8, 16])
@pytest.mark.parametrize("length", [0, 1, 7, 8, 15, 16, 223])
def test_padding_goes_there_and_back(block: int, length: int) -> None:
    content = bytes(range(256))[:length]
    assert unpad(pad(content, block), block) == content


@pytest.mark.parametrize("content", [b"", bytes(16), b"\x80" + bytes(16), b"\x01" * 16])
def test_bad_padding_is_refused(content: bytes) -> None:
    with pytest.raises(ChannelBrokenError):
        unpad(content, 16)
