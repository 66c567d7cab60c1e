"""Signatures of the document PKI: RSA in both paddings, ECDSA; what cannot be computed is never good nor bad."""

import pytest
from asn1crypto import algos, core, keys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models.chip.curves import BRAINPOOL_P224, BRAINPOOL_P256, Curve
from models.chip.signatures import UnsupportedKeyError, check_public_key, signature_is_good
from models.chip.tlv import ParseError
from tests.builders.active_keys import plain_ecdsa, written_domain
from tests.builders.signed_messages import HASHES

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())


def info(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> keys.PublicKeyInfo:
    return keys.PublicKeyInfo.load(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def rsa_info(modulus: int, exponent: int = 65537) -> keys.PublicKeyInfo:
    numbers = keys.RSAPublicKey({"modulus": modulus, "public_exponent": exponent})
    return keys.PublicKeyInfo({"algorithm": {"algorithm": "rsa"}, "public_key": numbers})


def pss(digest: str = "sha256", mask_digest: str = "sha256", salt: int = 32) -> algos.SignedDigestAlgorithm:
    parameters = {
        "hash_algorithm": {"algorithm": digest},
        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": mask_digest}},
        "salt_length": salt,
    }
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})


def plain(name: str) -> algos.SignedDigestAlgorithm:
    return algos.SignedDigestAlgorithm({"algorithm": name})


SIGNED_PSS = RSA.sign(b"message", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def test_rsa_in_both_paddings() -> None:
    signed = RSA.sign(b"message", padding.PKCS1v15(), hashes.SHA512())
    for message, good in ((b"message", True), (b"other", False)):
        assert signature_is_good(info(RSA.public_key()), plain("sha512_rsa"), "", signed, message) is good
        assert signature_is_good(info(RSA.public_key()), plain("rsassa_pkcs1v15"), "sha512", signed, message) is good
        assert signature_is_good(info(RSA.public_key()), pss(), "", SIGNED_PSS, message) is good


@pytest.mark.parametrize(("number", "digest"), [(1, "sha1"), (3, "sha256"), (5, "sha512")])
def test_ecdsa_with_both_halves_one_after_the_other(number: int, digest: str) -> None:
    identifier = algos.SignedDigestAlgorithm({"algorithm": f"0.4.0.127.0.7.1.1.4.1.{number}"})
    signed = plain_ecdsa(EC, EC.sign(b"message", ec.ECDSA(HASHES[digest])))
    for message, signature, good in (
        (b"message", signed, True),
        (b"other", signed, False),
        (b"message", signed[:-1], False),
        (b"message", b"", False),
    ):
        assert signature_is_good(info(EC.public_key()), identifier, "", signature, message) is good


def test_ecdsa_with_the_hash_named_beside_it() -> None:
    signed = EC.sign(b"message", ec.ECDSA(hashes.SHA384()))
    assert signature_is_good(info(EC.public_key()), plain("ecdsa"), "sha384", signed, b"message")
    assert not signature_is_good(info(EC.public_key()), plain("ecdsa"), "sha384", b"no signature", b"message")


@pytest.mark.parametrize(
    ("key", "algorithm", "digest"),
    [
        (info(EC.public_key()), plain("sha256_rsa"), ""),
        (info(RSA.public_key()), plain("sha256_ecdsa"), ""),
        (info(RSA.public_key()), plain("md5_rsa"), ""),
        (info(RSA.public_key()), plain("rsassa_pkcs1v15"), "md5"),
        (info(RSA.public_key()), plain("ed25519"), ""),
        (rsa_info(RSA.public_key().public_numbers().n, exponent=1), plain("sha256_rsa"), ""),
        (rsa_info((1 << 1000) + 1), plain("sha256_rsa"), ""),
        (rsa_info((1 << 9000) + 1), plain("sha256_rsa"), ""),
    ],
    ids=["key", "scheme", "hash", "named hash", "algorithm", "exponent", "short", "long"],
)
def test_what_cannot_be_computed_or_proves_nothing_is_said(
    key: keys.PublicKeyInfo, algorithm: algos.SignedDigestAlgorithm, digest: str
) -> None:
    with pytest.raises(UnsupportedKeyError):
        signature_is_good(key, algorithm, digest, bytes(256), b"message")


@pytest.mark.parametrize("algorithm", [pss(mask_digest="md5"), pss(salt=-1)], ids=["mask", "salt"])
def test_damaged_parameters_of_pss_are_a_parse_error(algorithm: algos.SignedDigestAlgorithm) -> None:
    with pytest.raises(ParseError):
        signature_is_good(info(RSA.public_key()), algorithm, "", SIGNED_PSS, b"message")


def test_bytes_that_are_no_signature_are_bad_on_a_curve_of_our_own_too() -> None:
    named = keys.ECDomainParameters(name="named", value="1.3.36.3.3.2.8.1.1.5")
    point = keys.ECPointBitString.from_coords(*BRAINPOOL_P224.generator)
    key = keys.PublicKeyInfo({"algorithm": {"algorithm": "ec", "parameters": named}, "public_key": point})
    assert not signature_is_good(key, plain("sha256_ecdsa"), "", b"no signature", b"message")
    assert not signature_is_good(key, plain("sha256_ecdsa"), "", bytes.fromhex("3006020101020101"), b"message")


def curve_info(domain: keys.ECDomainParameters, curve: Curve) -> keys.PublicKeyInfo:
    """The curve's generator as a key, its curve written like this."""
    point = keys.ECPointBitString.from_coords(*curve.generator)
    return keys.PublicKeyInfo({"algorithm": {"algorithm": "ec", "parameters": domain}, "public_key": point})


def changed_domain(field: str, value: object) -> keys.ECDomainParameters:
    """A curve in full with one field written otherwise."""
    domain = written_domain(BRAINPOOL_P256)
    domain.chosen[field] = value
    return domain


COMPRESSED = b"\x03" + BRAINPOOL_P256.generator[0].to_bytes(32)


@pytest.mark.parametrize(
    "domain",
    [
        keys.ECDomainParameters(name="implicit_ca", value=core.Null()),
        changed_domain("base", COMPRESSED),
        changed_domain("base", b"\x04" + bytes(63)),
        changed_domain("cofactor", None),
    ],
    ids=["left to the reader", "compressed generator", "half a generator", "no cofactor"],
)
def test_refusal_9_a_curve_that_is_not_told_in_full_is_none(domain: keys.ECDomainParameters) -> None:
    key = curve_info(domain, BRAINPOOL_P256)
    with pytest.raises(UnsupportedKeyError, match="none of the supported ones"):
        signature_is_good(key, plain("sha256_ecdsa"), "", bytes(64), b"message")
    with pytest.raises(UnsupportedKeyError):
        check_public_key(key)


def test_a_curve_of_our_own_signs_with_ecdsa_only() -> None:
    key = curve_info(written_domain(BRAINPOOL_P224), BRAINPOOL_P224)
    check_public_key(key)
    with pytest.raises(UnsupportedKeyError):
        signature_is_good(key, plain("sha256_rsa"), "", bytes(64), b"message")


@pytest.mark.parametrize("salt", [-1, 513, 2**31, 2**40, 2**70])
def test_a_salt_that_no_key_has_room_for_is_damaged(salt: int) -> None:
    with pytest.raises(ParseError):
        signature_is_good(info(RSA.public_key()), pss(salt=salt), "", SIGNED_PSS, b"message")
