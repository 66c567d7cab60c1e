"""Chip authentication: what DG14 offers, and whether a recorded answer proves the chip."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from models.chip.chip_authentication import answer_proves_chip, chip_key_offers, lists_chip_key
from models.chip.modular_numbers import MODP_1024_160, MODP_2048_224, MODP_2048_256, ModularNumbers
from models.chip.security_infos import SecurityInfo, infos_of_dg14
from models.chip.session_keys import SessionSuite
from models.chip.signatures import UnsupportedKeyError
from models.chip.tlv import ParseError, encode
from models.evidence import ChipAuthentication
from provisioning.rehearsal.soft_chip.ciphers import SuiteKind
from tests.builders.chip_authentication_runs import (
    CurveKey,
    NumberKey,
    chip_info,
    dg14,
    first_answer,
    good_run,
    key_info,
    protocol,
)
from tests.builders.chip_evidence import der, issuer, with_curve_written_out

KEY = CurveKey(private=ec.derive_private_key(0xC0FFEE, ec.BrainpoolP256R1()))
OTHER = CurveKey(private=ec.derive_private_key(0xBEEF, ec.BrainpoolP256R1()))


def infos(*encoded: bytes) -> tuple[SecurityInfo, ...]:
    return infos_of_dg14(dg14(*encoded))


def offered(key: CurveKey | NumberKey = KEY, suite: SuiteKind = SuiteKind.AES_128) -> tuple[SecurityInfo, ...]:
    return infos(chip_info(key.kind, suite), key_info(key.kind, key.public))


@pytest.mark.parametrize("suite", list(SuiteKind))
@pytest.mark.parametrize(
    "curve", [ec.SECP192R1, ec.SECP224R1, ec.SECP256R1, ec.BrainpoolP384R1, ec.BrainpoolP512R1, ec.SECP521R1]
)
def test_a_chip_on_any_curve_and_cipher_proves_itself(suite: SuiteKind, curve: Callable[[], ec.EllipticCurve]) -> None:
    key = CurveKey(private=ec.derive_private_key(0xC0FFEE, curve()))
    if curve is ec.SECP192R1:
        key_infos = infos(chip_info(2, suite), key_info(2, _by_standard_number(8, key.point)))
    else:
        key_infos = offered(key, suite)
    assert answer_proves_chip(key_infos, good_run(key, suite))


@pytest.mark.parametrize("numbers", [MODP_1024_160, MODP_2048_224, MODP_2048_256])
@pytest.mark.parametrize("form", ["x9.42", "pkcs#3", "standard"])
def test_a_chip_with_diffie_hellman_numbers_proves_itself(numbers: ModularNumbers, form: str) -> None:
    key = NumberKey(numbers=numbers, private=0xC0FFEE)
    public = {
        "x9.42": key.public,
        "pkcs#3": key.in_form("1.2.840.113549.1.3.1", numbers.p, numbers.g, 224),
        "standard": _by_standard_number(
            (MODP_1024_160, MODP_2048_224, MODP_2048_256).index(numbers), key.value.to_bytes(numbers.width)
        ),
    }[form]
    key_infos = infos(chip_info(1, SuiteKind.TRIPLE_DES), key_info(1, public))
    assert answer_proves_chip(key_infos, good_run(key, SuiteKind.TRIPLE_DES))
    assert not answer_proves_chip(key_infos, msgspec.structs.replace(_run(key), answer=first_answer(b"", SuiteKind(1))))


def _run(key: NumberKey) -> ChipAuthentication:
    return good_run(key, SuiteKind.TRIPLE_DES)


def _by_standard_number(number: int, encoded: bytes) -> bytes:
    algorithm = encode(0x06, bytes.fromhex("04007f00070102")) + encode(0x02, bytes([number]))
    return encode(0x30, encode(0x30, algorithm) + encode(0x03, b"\x00" + encoded))


def test_a_curve_written_out_is_the_named_one_only_with_all_its_numbers() -> None:
    certificate = der(issuer().document_signer)
    written = asn1_x509.Certificate.load(with_curve_written_out(certificate))["tbs_certificate"]
    changed = asn1_x509.Certificate.load(with_curve_written_out(certificate, changed={"x": 5}))["tbs_certificate"]
    assert len(chip_key_offers(infos(key_info(2, written["subject_public_key_info"].dump())))) == 1
    with pytest.raises(UnsupportedKeyError):
        chip_key_offers(infos(key_info(2, changed["subject_public_key_info"].dump())))


def test_a_chip_without_the_private_key_proves_nothing() -> None:
    run = msgspec.structs.replace(good_run(KEY), answer=good_run(OTHER).answer)
    assert not answer_proves_chip(offered(), run)
    assert not answer_proves_chip(offered(OTHER), good_run(KEY))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda answer: answer[:0],
        lambda answer: answer[-2:],
        lambda answer: answer[:-1],
        lambda answer: answer[:-3] + b"\x00\x90\x00",
        lambda answer: b"\x87\x01\x01" + answer,
        lambda answer: encode(0x99, b"\x90\x00") + answer[-2:],
        lambda answer: encode(0x99, b"\x90\x00") + encode(0x8E, bytes(8)) + answer[-2:],
        lambda answer: encode(0x8E, bytes(8)) + encode(0x99, b"\x90\x00") + answer[-2:],
        lambda answer: encode(0x8E, bytes(8)) + answer[-2:],
        lambda answer: encode(0x99, b"\x90\x00") + encode(0x8E, b"") + answer[-2:],
    ],
)
def test_an_answer_of_another_shape_proves_nothing(spoil: Callable[[bytes], bytes]) -> None:
    run = good_run(KEY)
    assert not answer_proves_chip(offered(), msgspec.structs.replace(run, answer=spoil(run.answer)))


@given(place=st.integers(0, 200), flip=st.integers(1, 255))
@settings(max_examples=60)
def test_every_flipped_byte_of_the_objects_spoils_the_proof(place: int, flip: int) -> None:
    run = good_run(KEY)
    spoilt = bytearray(run.answer)
    spoilt[place % (len(spoilt) - 2)] ^= flip
    assert not answer_proves_chip(offered(), msgspec.structs.replace(run, answer=bytes(spoilt)))


@pytest.mark.parametrize("private", [b"", b"\x00", b"\xff" * 40])
def test_a_private_key_out_of_range_proves_nothing(private: bytes) -> None:
    assert not answer_proves_chip(offered(), msgspec.structs.replace(good_run(KEY), private_key=private))


def test_a_run_that_dg14_does_not_offer_is_an_error() -> None:
    run = good_run(KEY)
    for wrong in (
        msgspec.structs.replace(run, key_id=3),
        msgspec.structs.replace(run, protocol=protocol(2, SuiteKind.AES_256)),
    ):
        with pytest.raises(ParseError):
            answer_proves_chip(offered(), wrong)
    with pytest.raises(ParseError):
        answer_proves_chip((), run)


def test_keys_and_protocols_belong_together_by_their_number_and_the_strongest_goes_first() -> None:
    both = infos(
        chip_info(2, SuiteKind.TRIPLE_DES, key_id=1),
        chip_info(2, SuiteKind.AES_256, key_id=2),
        chip_info(2, SuiteKind.AES_128, key_id=2),
        chip_info(2, SuiteKind.AES_128, key_id=2, version=2),
        chip_info(1, SuiteKind.AES_256, key_id=2),
        key_info(2, KEY.public, key_id=1),
        key_info(2, OTHER.public, key_id=2),
    )
    offers = [(offer.suite, offer.key_id) for offer in chip_key_offers(both)]
    assert offers == [(SessionSuite.AES_256, 2), (SessionSuite.AES_128, 2), (SessionSuite.TRIPLE_DES, 1)]
    assert answer_proves_chip(both, good_run(OTHER, SuiteKind.AES_256, key_id=2))
    assert not answer_proves_chip(both, good_run(KEY, SuiteKind.AES_256, key_id=2))


def test_a_key_without_a_protocol_means_3des() -> None:
    alone = infos(key_info(2, KEY.public))
    assert [offer.suite for offer in chip_key_offers(alone)] == [SessionSuite.TRIPLE_DES]


def test_no_key_is_no_offer_and_a_key_of_unknown_kind_is_named() -> None:
    assert not lists_chip_key(infos(chip_info(2, SuiteKind.AES_128)))
    assert chip_key_offers(infos(chip_info(2, SuiteKind.AES_128))) == ()
    numbers = NumberKey(numbers=MODP_1024_160, private=7)
    strange = numbers.in_form("1.2.840.113549.1.3.1", numbers.numbers.p, 3, 160)
    for unusable in (
        infos(key_info(1, strange)),
        infos(chip_info(2, SuiteKind.AES_128, version=3), key_info(2, KEY.public)),
        infos(key_info(2, _by_standard_number(5, KEY.point))),
        infos(key_info(2, encode(0x30, encode(0x30, encode(0x06, b"\x2a\x03") + b"\x05\x00") + b"\x03\x01\x00"))),
    ):
        assert lists_chip_key(unusable)
        with pytest.raises(UnsupportedKeyError):
            chip_key_offers(unusable)


def test_a_usable_key_beside_an_unusable_one_is_used() -> None:
    both = infos(
        chip_info(2, SuiteKind.AES_128), key_info(2, _by_standard_number(5, KEY.point), 9), key_info(2, KEY.public, 1)
    )
    assert [offer.key_id for offer in chip_key_offers(both)] == [1]


@pytest.mark.parametrize(
    "public",
    [
        _by_standard_number(13, b"\x04" + bytes(64)),
        _by_standard_number(13, KEY.point[:-1]),
        _by_standard_number(0, b"\x01"),
        encode(0x30, encode(0x30, b"") + b"\x03\x01\x00"),
        encode(0x30, b"\x05\x00"),
        encode(
            0x30, encode(0x30, encode(0x06, bytes.fromhex("2a8648ce3d0201")) + encode(0x02, b"\x01")) + b"\x03\x01\x00"
        ),
    ],
)
def test_a_damaged_key_or_one_outside_its_group_is_an_error(public: bytes) -> None:
    with pytest.raises((ParseError, UnsupportedKeyError)):
        chip_key_offers(infos(key_info(2, public)))


def test_the_public_specimens_key_is_offered() -> None:
    file = Path(__file__).parents[4] / "shared" / "data" / "chip" / "DG14.bin"
    if not file.exists():
        pytest.skip("the public specimen does not lie beside the checkout")
    (offer,) = chip_key_offers(infos_of_dg14(file.read_bytes()))
    assert (offer.suite, offer.group.name) == (SessionSuite.TRIPLE_DES, "brainpoolP224r1")
