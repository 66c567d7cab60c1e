"""Active authentication: RSA after ISO/IEC 9796-2, ECDSA in both forms, and keys that prove nothing (refusal 19)."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from asn1crypto import core, keys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from models.chip.active_authentication import WeakKeyError, answer_is_good, answer_length
from models.chip.curves import CURVES, Curve
from models.chip.security_infos import SecurityInfo, parse_security_infos
from models.chip.signatures import UnsupportedKeyError
from models.chip.tlv import ParseError, encode
from tests.builders.active_keys import (
    RsaPair,
    curve_answers,
    curve_dg15,
    dg15_of,
    ecdsa_info,
    named_domain,
    plain_ecdsa,
    rsa_answer,
    rsa_dg15,
    rsa_pair,
    short_rsa_pair,
    uneven_rsa_pair,
    written_domain,
)

CHALLENGE = bytes.fromhex("0102030405060708")
OTHER = bytes.fromhex("0102030405060709")


@cache
def ec_pair() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.BrainpoolP256R1())


def infos(*encoded: bytes) -> tuple[SecurityInfo, ...]:
    return parse_security_infos(encode(0x31, b"".join(encoded)))


@pytest.mark.parametrize(
    ("digest", "trailer"),
    [
        ("sha1", "bc"),
        ("sha1", "33cc"),
        ("sha224", "38cc"),
        ("sha256", "34cc"),
        ("sha384", "36cc"),
        ("sha512", "35cc"),
    ],
)
def test_rsa_answers_with_every_trailer_and_answers_no_other_challenge(digest: str, trailer: str) -> None:
    pair = rsa_pair(2048)
    answer = rsa_answer(pair, CHALLENGE, digest=digest, trailer=bytes.fromhex(trailer))
    assert answer_is_good(rsa_dg15(pair), (), CHALLENGE, answer)
    assert not answer_is_good(rsa_dg15(pair), (), OTHER, answer)
    assert not answer_is_good(rsa_dg15(uneven_rsa_pair()), (), CHALLENGE, answer)
    assert answer_length(rsa_dg15(pair)) == len(answer) == 256


def test_the_smaller_of_the_two_roots_answers_too() -> None:
    pair = rsa_pair(2048)
    number = int.from_bytes(rsa_answer(pair, CHALLENGE))
    assert answer_is_good(rsa_dg15(pair), (), CHALLENGE, (pair.modulus - number).to_bytes(256))


def test_a_short_recovered_part_is_led_by_its_padding() -> None:
    pair = rsa_pair(2048)
    answer = rsa_answer(pair, CHALLENGE, recovered=b"\x01\x02\x03\x04")
    assert answer_is_good(rsa_dg15(pair), (), CHALLENGE, answer)


def test_a_modulus_that_does_not_fill_its_bytes_is_read() -> None:
    pair = uneven_rsa_pair()
    assert answer_length(rsa_dg15(pair)) == 258
    assert answer_is_good(rsa_dg15(pair), (), CHALLENGE, rsa_answer(pair, CHALLENGE))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda formatted: b"\x4a" + formatted[1:],  # total recovery: the challenge would not be covered
        lambda formatted: b"\x6c" + formatted[1:],
        lambda formatted: b"\x6b\xbb" + formatted[2:],
        lambda formatted: formatted[:-2] + b"\x39\xcc",
        lambda formatted: formatted[:-2] + b"\x00\xcc",
        lambda formatted: formatted[:-3] + bytes([formatted[-3] ^ 1]) + formatted[-2:],
    ],
)
def test_another_shape_inside_the_signature_is_no_answer(spoil: Callable[[bytes], bytes]) -> None:
    pair = rsa_pair(2048)
    answer = rsa_answer(pair, CHALLENGE, spoil=spoil)
    assert not answer_is_good(rsa_dg15(pair), (), CHALLENGE, answer)


def test_a_digest_without_room_is_no_answer() -> None:
    pair = rsa_pair(2048)
    full = b"\x6b" + b"\xbb" * 221 + b"\xba" + bytes(31) + b"\x34\xcc"  # one byte less than SHA-256 needs
    assert len(full) == 256
    for formatted in (full, b"\x6a\xbc", b"\x6a" + bytes(19) + b"\xbc", b"\xbc", b"\x6b\xbb\xbb\x34\xcc"):
        answer = pow(int.from_bytes(formatted), pair.private, pair.modulus).to_bytes(256)
        assert not answer_is_good(rsa_dg15(pair), (), CHALLENGE, answer)


@pytest.mark.parametrize("answer", [b"", b"\x00" * 256, b"\xff" * 256, b"\x01" * 255, b"\x01" * 257])
def test_numbers_that_are_no_signature_are_no_answer(answer: bytes) -> None:
    assert not answer_is_good(rsa_dg15(rsa_pair(2048)), (), CHALLENGE, answer)


@pytest.mark.parametrize(
    "weak",
    [
        lambda: rsa_dg15(short_rsa_pair()),
        lambda: dg15_of(RsaPair(modulus=rsa_pair(2048).modulus, exponent=1, private=1)),
        lambda: dg15_of(RsaPair(modulus=rsa_pair(2048).modulus, exponent=4, private=1)),
        lambda: dg15_of(RsaPair(modulus=rsa_pair(2048).modulus + 1, exponent=3, private=1)),
    ],
)
def test_refusal_19_weak_rsa_keys_prove_nothing(weak: Callable[[], bytes]) -> None:
    with pytest.raises(WeakKeyError):
        answer_is_good(weak(), (), CHALLENGE, bytes(256))


def test_exponent_one_would_let_anybody_answer() -> None:
    """The formatted number itself would be its own signature; only the refusal stands against it."""
    pair = rsa_pair(2048)
    open_pair = RsaPair(modulus=pair.modulus, exponent=1, private=1)
    with pytest.raises(WeakKeyError):
        answer_is_good(dg15_of(open_pair), (), CHALLENGE, rsa_answer(open_pair, CHALLENGE))


def test_a_key_of_absurd_length_costs_no_time() -> None:
    for pair in (
        RsaPair(modulus=(1 << 9000) + 1, exponent=3, private=1),
        RsaPair(modulus=rsa_pair(2048).modulus, exponent=(1 << 5000) + 1, private=1),
    ):
        with pytest.raises(UnsupportedKeyError):
            answer_is_good(dg15_of(pair), (), CHALLENGE, bytes(256))


_SHA1 = hashes.SHA1()  # noqa: S303 - chips use it


@pytest.mark.parametrize("kind", [_SHA1, hashes.SHA224(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_ecdsa_answers_plain_and_in_der(kind: hashes.HashAlgorithm) -> None:
    key = ec_pair()
    der = key.sign(CHALLENGE, ec.ECDSA(kind))
    for answer in (der, plain_ecdsa(key, der)):
        assert len(answer) <= answer_length(dg15_of(key))
        assert answer_is_good(dg15_of(key), infos(ecdsa_info(kind.name)), CHALLENGE, answer)
        assert answer_is_good(dg15_of(key), (), CHALLENGE, answer)
        assert not answer_is_good(dg15_of(key), (), OTHER, answer)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
@pytest.mark.parametrize("domain", [named_domain, written_domain])
def test_every_curve_of_the_standard_answers_also_those_that_the_library_lacks(
    curve: Curve, domain: Callable[[Curve], keys.ECDomainParameters]
) -> None:
    dg15 = curve_dg15(curve, 0x5EC0DE, domain)
    for answer in curve_answers(curve, 0x5EC0DE, CHALLENGE):
        assert len(answer) <= answer_length(dg15)
        assert answer_is_good(dg15, infos(ecdsa_info("sha256")), CHALLENGE, answer)
        assert not answer_is_good(dg15, infos(ecdsa_info("sha224")), CHALLENGE, answer)
        assert not answer_is_good(dg15, infos(ecdsa_info("sha256")), OTHER, answer)
        assert not answer_is_good(curve_dg15(curve, 0x5EC0DF), infos(ecdsa_info("sha256")), CHALLENGE, answer)


def test_a_key_of_another_kind_is_said_to_be_unknown() -> None:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    dg15 = encode(0x6F, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(UnsupportedKeyError):
        answer_is_good(dg15, (), CHALLENGE, bytes(64))


def test_dg14_names_the_digest_and_no_other_counts() -> None:
    key = ec_pair()
    answer = key.sign(CHALLENGE, ec.ECDSA(hashes.SHA256()))
    assert not answer_is_good(dg15_of(key), infos(ecdsa_info("sha384")), CHALLENGE, answer)
    assert answer_is_good(dg15_of(key), infos(ecdsa_info("sha384"), ecdsa_info("sha256")), CHALLENGE, answer)


def test_der_identifiers_of_ecdsa_name_the_digest_too() -> None:
    key = ec_pair()
    answer = key.sign(CHALLENGE, ec.ECDSA(hashes.SHA256()))
    named = infos(ecdsa_info("sha256", identifier=bytes.fromhex("2a8648ce3d040302")))
    assert answer_is_good(dg15_of(key), named, CHALLENGE, answer)
    assert not answer_is_good(dg15_of(key), named, OTHER, answer)


def test_a_signature_of_an_unknown_kind_is_said_to_be_unknown() -> None:
    named = infos(ecdsa_info("sha256", identifier=bytes.fromhex("04007f00070101040106")))
    with pytest.raises(UnsupportedKeyError):
        answer_is_good(dg15_of(ec_pair()), named, CHALLENGE, bytes(64))


@pytest.mark.parametrize(
    ("algorithm", "bits"),
    [("1.2.840.113549.1.1.1", b"\x02\x01\x07"), ("1.2.840.10040.4.1", b"\x02\x01\x07")],
    ids=["rsa without its two numbers", "dsa, whose key is a number"],
)
def test_a_key_of_another_shape_is_a_parse_error_for_the_reader_and_for_the_judge(algorithm: str, bits: bytes) -> None:
    kind = encode(0x30, core.ObjectIdentifier(algorithm).dump())
    dg15 = encode(0x6F, encode(0x30, kind + encode(0x03, b"\x00" + bits)))
    with pytest.raises(ParseError):
        answer_is_good(dg15, (), CHALLENGE, bytes(64))
    with pytest.raises(ParseError):
        answer_length(dg15)


@given(answer=st.binary(max_size=80))
@settings(max_examples=60)
def test_no_bytes_by_chance_are_an_answer(answer: bytes) -> None:
    assert not answer_is_good(dg15_of(ec_pair()), (), CHALLENGE, answer)


@given(content=st.binary(max_size=120))
@settings(max_examples=80)
def test_whatever_lies_in_dg15_only_named_errors_escape(content: bytes) -> None:
    with pytest.raises((ParseError, UnsupportedKeyError, WeakKeyError)):
        answer_is_good(encode(0x6F, content), (), CHALLENGE, bytes(64))


@pytest.mark.parametrize("place", range(0, 90, 3))
def test_a_flipped_key_is_no_crash(place: int) -> None:
    spoilt = bytearray(dg15_of(ec_pair()))
    spoilt[place] ^= 0x41
    with suppress(ParseError, UnsupportedKeyError, WeakKeyError):
        assert not answer_is_good(bytes(spoilt), (), CHALLENGE, bytes(64))


def test_a_challenge_of_another_length_is_refused() -> None:
    with pytest.raises(ParseError):
        answer_is_good(dg15_of(ec_pair()), (), b"1234567", bytes(64))


def test_the_public_specimens_key_is_read_though_its_modulus_has_no_sign() -> None:
    file = Path(__file__).parents[4] / "shared" / "data" / "chip" / "DG15.bin"
    if not file.exists():
        pytest.skip("the public specimen does not lie beside the checkout")
    assert answer_length(file.read_bytes()) == 128
    assert not answer_is_good(file.read_bytes(), (), CHALLENGE, hashlib.sha512(b"").digest() * 2)


def test_no_more_zero_bytes_stand_in_front_than_the_modulus_leaves() -> None:
    pair = rsa_pair(1024)
    short = int.from_bytes(b"\x6a" + hashlib.sha256(CHALLENGE).digest() + b"\x34\xcc")
    answer = pow(short, pair.private, pair.modulus).to_bytes(128)
    assert not answer_is_good(rsa_dg15(pair), (), CHALLENGE, answer)


@pytest.mark.parametrize(("bits", "exponent"), [(4097, 65_537), (8192, 3), (2048, (1 << 64) + 1)])
def test_a_key_that_costs_more_time_than_any_real_one_is_not_computed_with(bits: int, exponent: int) -> None:
    long = RsaPair(modulus=(1 << (bits - 1)) + 1, exponent=exponent, private=1)
    with pytest.raises(UnsupportedKeyError):
        answer_is_good(rsa_dg15(long), (), CHALLENGE, bytes((bits + 7) // 8))
