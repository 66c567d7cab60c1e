"""PACE in all kinds of the standard against the rehearsal's chip, which computes on its own."""

import secrets
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from edge.cards.access_key import CardAccessNumber, WrongKeyError
from edge.cards.apdu import PlainChannel, select_application
from edge.cards.card_reader import CardReadError
from edge.cards.pace import PaceSession, establish_pace
from edge.cards.pace_choice import choose_pace
from edge.cards.secure_messaging import ChannelBrokenError, SecureChannel
from models.chip.chip_mapping import mapping_proves_chip
from models.chip.key_agreement import ModularGroup, standard_group
from models.chip.security_infos import CHIP_PUBLIC_KEY, SecurityInfo, parse_security_infos
from models.chip.tlv import encode, parse_fields, parse_one
from models.evidence import ChipMapping
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.soft_chip.chip_keys import AgreementKey, PaceMapping, PaceOffer
from provisioning.rehearsal.soft_chip.ciphers import SuiteKind
from tests.builders.soft_card import Disturb, SoftCardReader, can_of, good_card

APPLICATION = bytes.fromhex("A0000002471001")
PRIVATE = 0x1234567890ABCDEF1234567890ABCDEF
CURVES = range(8, 19)
KINDS = [
    (mapping, suite, 0 if mapping in {PaceMapping.DH_GENERIC, PaceMapping.DH_INTEGRATED} else 13)
    for mapping in PaceMapping
    for suite in SuiteKind
    if (mapping, suite) != (PaceMapping.ECDH_CHIP, SuiteKind.TRIPLE_DES)
]


def group_name(parameter: int) -> str:
    return standard_group(parameter).name


def offering(*offers: PaceOffer) -> Card:
    """A card with these ways in, and a static key in the group of the first."""
    parameter = offers[0].parameter
    return structs.replace(
        good_card(), pace=offers, mapping_key=AgreementKey(parameter=parameter, private=PRIVATE.to_bytes(16))
    )


def infos_of(*offers: PaceOffer) -> tuple[SecurityInfo, ...]:
    infos = [
        encode(0x30, encode(0x06, offer.oid) + bytes((2, 1, 2)) + encode(0x02, bytes((offer.parameter,))))
        for offer in offers
    ]
    return parse_security_infos(encode(0x31, b"".join(infos)))


def open_with(reader: SoftCardReader, *offers: PaceOffer, key: CardAccessNumber | None = None) -> PaceSession:
    """PACE, and one command under its keys."""
    option = choose_pace(infos_of(*offers))
    session = establish_pace(PlainChannel(reader), key or can_of(good_card()), option, secrets.token_bytes)
    assert SecureChannel(reader, session.cipher).send(select_application(APPLICATION)).status == 0x9000
    return session


def open_card(*offers: PaceOffer) -> PaceSession:
    return open_with(SoftCardReader(offering(*offers)), *offers)


@pytest.mark.parametrize(("mapping", "suite", "parameter"), KINDS)
def test_every_protocol_of_the_standard_opens(mapping: PaceMapping, suite: SuiteKind, parameter: int) -> None:
    open_card(PaceOffer(mapping=mapping, suite=suite, parameter=parameter))


@pytest.mark.parametrize("parameter", [number for number in CURVES if number != 10], ids=group_name)
def test_integrated_mapping_on_every_curve_but_p224(parameter: int) -> None:
    open_card(PaceOffer(mapping=PaceMapping.ECDH_INTEGRATED, suite=SuiteKind.AES_256, parameter=parameter))


@pytest.mark.parametrize("parameter", [0, 1, 2], ids=group_name)
@pytest.mark.parametrize("mapping", [PaceMapping.DH_GENERIC, PaceMapping.DH_INTEGRATED])
def test_every_group_of_numbers(mapping: PaceMapping, parameter: int) -> None:
    open_card(PaceOffer(mapping=mapping, suite=SuiteKind.AES_128, parameter=parameter))


def card_security(parameter: int) -> tuple[SecurityInfo, ...]:
    group = standard_group(parameter)
    algorithm = encode(0x30, encode(0x06, bytes.fromhex("04007F00070102")) + bytes((2, 1, parameter)))
    point = encode(0x03, b"\x00" + group.encode(group.base_multiple(PRIVATE)))
    key = encode(0x30, encode(0x06, CHIP_PUBLIC_KEY + b"\x02") + encode(0x30, algorithm + point))
    return parse_security_infos(encode(0x31, key))


def mapped(parameter: int = 13, disturb: Disturb = lambda _number, _command, answer: answer) -> ChipMapping:
    offer = PaceOffer(mapping=PaceMapping.ECDH_CHIP, suite=SuiteKind.AES_128, parameter=parameter)
    session = open_with(SoftCardReader(offering(offer), disturb), offer)
    assert session.chip_mapping
    return session.chip_mapping


@pytest.mark.parametrize("parameter", CURVES, ids=group_name)
def test_chip_authentication_mapping_proves_the_chip_on_every_curve(parameter: int) -> None:
    mapping = mapped(parameter)
    assert mapping.parameter_id == parameter
    assert mapping_proves_chip(card_security(parameter), mapping)


def with_last(change: Callable[[dict[int, bytes]], dict[int, bytes]]) -> Disturb:
    """Change the objects of the answer that carries the chip's token."""

    def disturb(number: int, _command: bytes, answer: bytes) -> bytes:
        if number != 5:
            return answer
        fields = change(parse_fields(parse_one(answer[:-2], 0x7C), (0x86, 0x8A)))
        return encode(0x7C, b"".join(encode(tag, value) for tag, value in fields.items())) + answer[-2:]

    return disturb


def without_chip_data(fields: dict[int, bytes]) -> dict[int, bytes]:
    return {tag: value for tag, value in fields.items() if tag != 0x8A}


@pytest.mark.parametrize(
    "change",
    [
        without_chip_data,
        lambda fields: fields | {0x8A: b""},
        lambda fields: fields | {0x8A: fields[0x8A][:-1]},
        lambda fields: fields | {0x8A: fields[0x8A][:-16]},
        lambda fields: fields | {0x8A: fields[0x8A][:-1] + bytes([fields[0x8A][-1] ^ 1])},
        lambda fields: fields | {0x8A: bytes(48)},
    ],
)
def test_refusal_3_chip_data_that_are_missing_or_damaged_are_kept_and_prove_nothing(
    change: Callable[[dict[int, bytes]], dict[int, bytes]],
) -> None:
    assert not mapping_proves_chip(card_security(13), mapped(disturb=with_last(change)))


def test_chip_data_without_their_mapping_are_refused() -> None:
    offer = PaceOffer()
    unasked = with_last(lambda fields: fields | {0x8A: bytes(16)})
    with pytest.raises(ChannelBrokenError):
        open_with(SoftCardReader(offering(offer), unasked), offer)


def refused(offer: PaceOffer, at: int, value: Callable[[bytes, bytes], bytes]) -> None:
    """PACE breaks off at the answer `at` (1: MSE:Set AT), whose inner object holds another value."""

    def disturb(number: int, command: bytes, answer: bytes) -> bytes:
        if number != at:
            return answer
        template = parse_one(answer[:-2], 0x7C)
        tag = template[0]
        return encode(0x7C, encode(tag, value(command, parse_one(template, tag)))) + b"\x90\x00"

    reader = SoftCardReader(offering(offer), disturb)
    with pytest.raises(ChannelBrokenError):
        open_with(reader, offer)
    assert len(reader.commands) == at, "nothing may be sent afterwards"


def own_key(command: bytes) -> bytes:
    body = command[5 : 5 + command[4]] if command[4] else command[7:-2]
    template = parse_one(body, 0x7C)
    return parse_one(template, template[0])


def numbers_of(parameter: int) -> dict[str, int]:
    group = standard_group(parameter)
    assert isinstance(group, ModularGroup)
    p = group.numbers.p
    outside = next(number for number in range(2, 99) if pow(number, group.order, p) != 1)
    return {"zero": 0, "one": 1, "outside": outside, "minus one": p - 1, "p": p, "beyond": p + group.numbers.g}


@pytest.mark.parametrize("which", ["zero", "one", "outside", "minus one", "p", "beyond"])
@pytest.mark.parametrize("at", [3, 4], ids=["mapping", "agreement"])
def test_refusal_18_numbers_of_low_order_are_refused(at: int, which: str) -> None:
    number = numbers_of(0)[which]
    offer = PaceOffer(mapping=PaceMapping.DH_GENERIC, parameter=0)
    refused(offer, at, lambda _command, _value: number.to_bytes((number.bit_length() + 7) // 8))


@pytest.mark.parametrize("mapping", [PaceMapping.DH_GENERIC, PaceMapping.ECDH_INTEGRATED, PaceMapping.ECDH_CHIP])
def test_refusal_18_our_own_key_sent_back_is_refused(mapping: PaceMapping) -> None:
    offer = PaceOffer(mapping=mapping, parameter=0 if mapping is PaceMapping.DH_GENERIC else 13)
    refused(offer, 4, lambda command, _value: own_key(command))
    if mapping is not PaceMapping.ECDH_INTEGRATED:
        refused(offer, 3, lambda command, _value: own_key(command))


@pytest.mark.parametrize("parameter", [9, 11, 14, 18], ids=group_name)
def test_refusal_18_points_off_the_curve_are_refused_where_integers_compute_too(parameter: int) -> None:
    refused(PaceOffer(parameter=parameter), 4, lambda _, value: value[:-1] + bytes([value[-1] ^ 1]))
    refused(PaceOffer(parameter=parameter), 3, lambda _, value: b"\x04" + bytes(len(value) - 1))
    refused(PaceOffer(parameter=parameter), 4, lambda _command, _value: b"\x00")


@pytest.mark.parametrize(
    ("mapping", "suite", "parameter"), [kind for kind in KINDS if kind[0] is not PaceMapping.ECDH_CHIP]
)
def test_refusal_16_a_wrong_token_of_the_chip_is_refused(
    mapping: PaceMapping, suite: SuiteKind, parameter: int
) -> None:
    refused(PaceOffer(mapping=mapping, suite=suite, parameter=parameter), 5, lambda _command, _value: bytes(8))


def test_refusal_16_a_wrong_token_is_refused_beside_good_chip_data() -> None:
    with pytest.raises(ChannelBrokenError):
        mapped(disturb=with_last(lambda fields: fields | {0x86: bytes(8)}))
    with pytest.raises(ChannelBrokenError):
        mapped(disturb=with_last(lambda fields: {0x8A: fields[0x8A]}))


@pytest.mark.parametrize("length", [0, 8, 15, 16, 48])
def test_a_nonce_of_another_length_is_refused_in_integrated_mapping(length: int) -> None:
    offer = PaceOffer(mapping=PaceMapping.ECDH_INTEGRATED, suite=SuiteKind.AES_256)
    refused(offer, 2, lambda _command, _value: bytes(length))


def test_an_answer_with_content_to_our_nonce_is_refused() -> None:
    offer = PaceOffer(mapping=PaceMapping.ECDH_INTEGRATED)

    def disturb(number: int, _command: bytes, answer: bytes) -> bytes:
        return bytes.fromhex("7C0382010090 00") if number == 3 else answer

    with pytest.raises(ChannelBrokenError):
        open_with(SoftCardReader(offering(offer), disturb), offer)


def test_an_answer_without_any_object_to_our_nonce_is_borne() -> None:
    offer = PaceOffer(mapping=PaceMapping.ECDH_INTEGRATED)
    open_with(SoftCardReader(offering(offer), lambda number, _, answer: answer if number != 3 else b"\x90\x00"), offer)


@pytest.mark.parametrize(("mapping", "suite", "parameter"), KINDS[::3])
def test_refusal_20_a_wrong_can_is_said_after_one_try(mapping: PaceMapping, suite: SuiteKind, parameter: int) -> None:
    offer = PaceOffer(mapping=mapping, suite=suite, parameter=parameter)
    reader = SoftCardReader(offering(offer))
    with pytest.raises(WrongKeyError):
        open_with(reader, offer, key=CardAccessNumber(digits="999999"))
    assert len(reader.commands) == 5


@pytest.mark.parametrize(
    ("status", "left"), [(0x6300, None), (0x63C2, 2), (0x63C0, 0), (0x6982, None), (0x6983, 0), (0x6988, None)]
)
def test_refusal_20_the_tries_that_are_left_are_told(status: int, left: int | None) -> None:
    reader = SoftCardReader(
        offering(PaceOffer()), lambda number, _, answer: status.to_bytes(2) if number == 5 else answer
    )
    with pytest.raises(WrongKeyError) as caught:
        open_with(reader, PaceOffer())
    assert caught.value.tries_left == left
    assert len(reader.commands) == 5


@pytest.mark.parametrize("status", [0x63C0, 0x6983])
def test_refusal_20_a_chip_without_tries_is_not_tried(status: int) -> None:
    reader = SoftCardReader(
        offering(PaceOffer()), lambda number, _, answer: status.to_bytes(2) if number == 1 else answer
    )
    with pytest.raises(WrongKeyError):
        open_with(reader, PaceOffer())
    assert len(reader.commands) == 1


def test_a_warning_of_few_tries_does_not_stop_the_one_try() -> None:
    reader = SoftCardReader(offering(PaceOffer()), lambda number, _, answer: b"\x63\xc1" if number == 1 else answer)
    open_with(reader, PaceOffer())


def test_of_several_groups_the_chip_is_told_which_is_meant() -> None:
    offers = PaceOffer(parameter=12), PaceOffer(parameter=17)
    reader = SoftCardReader(offering(*offers))
    open_with(reader, *offers)
    assert reader.commands[0].endswith(bytes.fromhex("830102840111"))


@settings(max_examples=60, deadline=None)
@given(
    mapping=st.sampled_from([PaceMapping.ECDH_GENERIC, PaceMapping.ECDH_INTEGRATED, PaceMapping.DH_GENERIC]),
    at=st.integers(min_value=1, max_value=5),
    tag=st.sampled_from([None, 0x80, 0x82, 0x84, 0x86]),
    noise=st.binary(max_size=140),
)
def test_whatever_a_chip_says_during_pace_ends_in_a_named_error_or_a_session(
    mapping: PaceMapping, at: int, tag: int | None, noise: bytes
) -> None:
    said = noise if tag is None else encode(0x7C, encode(tag, noise)) + b"\x90\x00"
    offer = PaceOffer(mapping=mapping, parameter=0 if mapping is PaceMapping.DH_GENERIC else 12)
    reader = SoftCardReader(offering(offer), lambda number, _, answer: said if number == at else answer)
    with suppress(CardReadError):
        open_with(reader, offer)
    assert len(reader.commands) <= 7
