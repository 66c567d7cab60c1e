"""Active authentication (ICAO Doc 9303-11 section 6.1): whether an answer was made with the key in DG15.

RSA with ISO/IEC 9796-2 scheme 1 (partial recovery), ECDSA as r and s one after the other or in DER. Pure: what follows
from an answer is judged in `chip_proofs`; whether DG15 is the issuer's is passive authentication.
"""

from collections.abc import Iterable
from hashlib import new as new_digest
from hmac import compare_digest

from asn1crypto import algos, keys
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from models.chip.data_groups import FILE_TAGS
from models.chip.security_infos import ActiveAuthenticationInfo, SecurityInfo, infos_of
from models.chip.signatures import (
    ASN1_ERRORS,
    UnsupportedKeyError,
    check_public_key,
    curve_of,
    signature_is_good,
)
from models.chip.tlv import ParseError, check_nesting, parse_one
from models.errors import ClassroomError

CHALLENGE_BYTES = 8
_SHORTEST_RSA = 1024
_LONGEST_RSA, _LONGEST_EXPONENT = 4096, 64
_TRAILERS = {
    b"\x33\xcc": "sha1",
    b"\x34\xcc": "sha256",
    b"\x35\xcc": "sha512",
    b"\x36\xcc": "sha384",
    b"\x38\xcc": "sha224",
}
"""Explicit trailers of ISO/IEC 9796-2 (numbers of ISO/IEC 10118-3); a lone BC means SHA-1 in documents."""
_DIGESTS = ("sha1", "sha224", "sha256", "sha384", "sha512")
_PLAIN_ECDSA = bytes.fromhex("04007f000701010401")  # 0.4.0.127.0.7.1.1.4.1, then 1 to 5
_DER_ECDSA = bytes.fromhex("2a8648ce3d0403")  # 1.2.840.10045.4.3, then 1 to 4
_ECDSA_DIGESTS = {
    bytes.fromhex("2a8648ce3d0401"): "sha1",
    **{_PLAIN_ECDSA + bytes([number]): name for number, name in enumerate(_DIGESTS, 1)},
    **{_DER_ECDSA + bytes([number]): name for number, name in enumerate(_DIGESTS[1:], 1)},
}


class WeakKeyError(ClassroomError):
    """The chip's key for active authentication is too weak to prove anything: anybody could answer with it."""


def answer_is_good(dg15: bytes, dg14: Iterable[SecurityInfo], challenge: bytes, response: bytes) -> bool:
    """Whether `response` answers `challenge` (8 bytes) with the private key to the public one in the file `dg15`.

    `dg14` are the infos of DG14, of which one names the digest of an ECDSA key; without it each digest is tried, which
    helps nobody who lacks the key. Raises `WeakKeyError`, `UnsupportedKeyError`, `ParseError`.
    """
    if len(challenge) != CHALLENGE_BYTES:
        raise ParseError("The challenge of active authentication has not eight bytes.")
    key = _active_key(dg15)
    if key.algorithm == "rsa":
        return _rsa_answer_is_good(*_rsa_numbers(key), challenge, response)
    if key.algorithm != "ec":
        raise UnsupportedKeyError("The chip's key for active authentication is of an unknown kind.")
    check_public_key(key)
    return _ecdsa_answer_is_good(key, _digest_names(dg14), challenge, response)


def answer_length(dg15: bytes) -> int:
    """How many bytes an answer with the key in DG15 may have. Raises `ParseError`."""
    key = _active_key(dg15)
    if key.algorithm == "rsa":
        return (_rsa_numbers(key)[0].bit_length() + 7) // 8
    return len(key["public_key"].native) + 9  # r and s are as long as x and y; DER adds at most nine bytes


def _active_key(dg15: bytes) -> keys.PublicKeyInfo:
    content = parse_one(dg15, FILE_TAGS[15])
    check_nesting(content)
    try:
        key = keys.PublicKeyInfo.load(content, strict=True)
        if key.algorithm != "rsa" and not isinstance(key["public_key"].native, bytes):
            raise ParseError("The chip's key in data group 15 is no point.")
    except ASN1_ERRORS as error:
        raise ParseError("The chip's key in data group 15 cannot be read.") from error
    return key


def _rsa_numbers(key: keys.PublicKeyInfo) -> tuple[int, int]:
    """Modulus and exponent; both count as positive, for some issuers leave out the zero byte that says so."""
    try:
        numbers = key["public_key"].parsed
        return int.from_bytes(numbers["modulus"].contents), int.from_bytes(numbers["public_exponent"].contents)
    except ASN1_ERRORS as error:
        raise ParseError("The chip's key in data group 15 cannot be read.") from error


def _rsa_answer_is_good(modulus: int, exponent: int, challenge: bytes, response: bytes) -> bool:
    """Open the signature and compare the digest inside with that of the recovered part and the challenge.

    The formatted number ends in C; the standard lets a signer keep the smaller of s and n - s, whose power then is
    the number's opposite.
    """
    if modulus.bit_length() > _LONGEST_RSA or exponent.bit_length() > _LONGEST_EXPONENT:
        raise UnsupportedKeyError("The chip's RSA key is longer than any that documents use.")
    if modulus.bit_length() < _SHORTEST_RSA or modulus % 2 == 0 or exponent < 3 or exponent % 2 == 0:
        raise WeakKeyError("The chip's RSA key is shorter than 1024 bit, or its exponent leaves the answer open.")
    signature, width = int.from_bytes(response), (modulus.bit_length() + 7) // 8
    if len(response) != width or signature >= modulus:
        return False
    opened = pow(signature, exponent, modulus)
    if opened % 16 != 0x0C:
        opened = modulus - opened
    formatted = opened.to_bytes(width)
    return _formatted_is_good(formatted.removeprefix(b"\x00") if modulus.bit_length() % 8 else formatted, challenge)


def _formatted_is_good(formatted: bytes, challenge: bytes) -> bool:
    """6A, the recovered part, digest, trailer (ISO/IEC 9796-2 section 8); a short recovered part is led by 6B BB BA.

    It begins with its first byte: a modulus whose bits do not fill their last byte leaves one zero byte before that.
    """
    digest_name, trailer = ("sha1", 1) if formatted[-1:] == b"\xbc" else (_TRAILERS.get(formatted[-2:]), 2)
    body = formatted[:-trailer]
    if digest_name is None or not body:
        return False
    if body[0] == 0x6A:
        start = 1
    elif body[0] == 0x6B:
        start = 1 + len(body[1:]) - len(body[1:].lstrip(b"\xbb"))
        if body[start : start + 1] != b"\xba":
            return False
        start += 1
    else:
        return False
    size = new_digest(digest_name).digest_size
    if len(body) < start + size:
        return False
    recovered, digest = body[start:-size], body[-size:]
    return compare_digest(new_digest(digest_name, recovered + challenge).digest(), digest)


def _digest_names(dg14: Iterable[SecurityInfo]) -> tuple[str, ...]:
    """The digest that an ActiveAuthenticationInfo names (9303-11 section 9.2.4), else all."""
    named = [info.signature_algorithm for info in infos_of(dg14, ActiveAuthenticationInfo)]
    if not all(algorithm in _ECDSA_DIGESTS for algorithm in named):
        raise UnsupportedKeyError("Data group 14 names a signature for active authentication that is not known.")
    return tuple(_ECDSA_DIGESTS[algorithm] for algorithm in named) or _DIGESTS


def _ecdsa_answer_is_good(key: keys.PublicKeyInfo, digests: tuple[str, ...], challenge: bytes, response: bytes) -> bool:
    half = curve_of(key).width
    forms = [_in_der(response[:half], response[half:])] if len(response) == 2 * half else []
    if _is_der(response):
        forms.append(response)
    return any(_verifies(key, form, challenge, digest) for form in forms for digest in digests)


def _in_der(r: bytes, s: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(r), int.from_bytes(s))


def _is_der(response: bytes) -> bool:
    try:
        decode_dss_signature(response)
    except ValueError:
        return False
    return True


def _verifies(key: keys.PublicKeyInfo, signature: bytes, challenge: bytes, digest: str) -> bool:
    algorithm = algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"})
    return signature_is_good(key, algorithm, digest, signature, challenge)
