"""Keys for active authentication on the chip's side, and answers with them: written apart from what is tested."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from asn1crypto import core, keys
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models.chip.curve_points import base_multiple, encode_point
from models.chip.curves import Curve
from models.chip.tlv import encode

_PLAIN = {"sha1": 1, "sha224": 2, "sha256": 3, "sha384": 4, "sha512": 5}
_TRAILER_SHA256 = b"\x34\xcc"


@dataclass(frozen=True, slots=True, kw_only=True)
class RsaPair:
    """Numbers only, so that keys can be bad ones."""

    modulus: int
    exponent: int
    private: int


@cache
def rsa_pair(bits: int) -> RsaPair:
    """A key of so many bits, made once."""
    numbers = rsa.generate_private_key(public_exponent=65_537, key_size=bits).private_numbers()
    return RsaPair(modulus=numbers.public_numbers.n, exponent=65_537, private=numbers.d)


@cache
def uneven_rsa_pair() -> RsaPair:
    """A key of 2060 bits, which the library does not make: from primes of two of its own keys."""
    p, q = (
        rsa.generate_private_key(public_exponent=65_537, key_size=bits).private_numbers().p for bits in (2048, 2072)
    )
    return RsaPair(modulus=p * q, exponent=65_537, private=pow(65_537, -1, (p - 1) * (q - 1)))


def short_rsa_pair() -> RsaPair:
    """A key of 512 bits: one prime alone is enough for its arithmetic."""
    p = rsa.generate_private_key(public_exponent=65_537, key_size=1024).private_numbers().p  # noqa: S505 - weak on purpose
    return RsaPair(modulus=p, exponent=65_537, private=pow(65_537, -1, p - 1))


def dg15_of(key: RsaPair | ec.EllipticCurvePrivateKey) -> bytes:
    """The file DG15 with this key."""
    if isinstance(key, RsaPair):
        return rsa_dg15(key)
    return encode(0x6F, key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def rsa_dg15(pair: RsaPair) -> bytes:
    public = keys.RSAPublicKey({"modulus": pair.modulus, "public_exponent": pair.exponent})
    return encode(0x6F, keys.PublicKeyInfo.wrap(public, "rsa").dump())


def named_domain(curve: Curve) -> keys.ECDomainParameters:
    """The curve by its object identifier."""
    return keys.ECDomainParameters(name="named", value=curve.name.lower())


def written_domain(curve: Curve) -> keys.ECDomainParameters:
    """The curve with all its parameters spelt out."""
    field = {"field_type": "prime_field", "parameters": core.Integer(curve.p)}
    domain = {
        "version": 1,
        "field_id": field,
        "curve": {"a": curve.a.to_bytes(curve.width), "b": curve.b.to_bytes(curve.width)},
        "base": encode_point(curve, curve.generator),
        "order": curve.n,
        "cofactor": 1,
    }
    return keys.ECDomainParameters(name="specified", value=keys.SpecifiedECDomain(domain))


def curve_dg15(curve: Curve, private: int, domain: Callable[[Curve], keys.ECDomainParameters] = named_domain) -> bytes:
    """The file DG15 with a key on any curve."""
    algorithm = keys.PublicKeyAlgorithm({"algorithm": "ec", "parameters": domain(curve)})
    point = keys.ECPointBitString(encode_point(curve, base_multiple(curve, private)))
    return encode(0x6F, keys.PublicKeyInfo({"algorithm": algorithm, "public_key": point}).dump())


def curve_answers(curve: Curve, private: int, challenge: bytes) -> tuple[bytes, bytes]:
    """An ECDSA answer over SHA-256 in integers, plain and in DER; its one-time number is the same each time."""
    number, once = int.from_bytes(hashlib.sha256(challenge).digest()), 0xC0FFEE
    number >>= max(0, 256 - curve.n.bit_length())
    r = base_multiple(curve, once)[0] % curve.n
    s = pow(once, -1, curve.n) * (number + r * private) % curve.n
    return r.to_bytes(curve.width) + s.to_bytes(curve.width), encode_dss_signature(r, s)


def rsa_answer(
    pair: RsaPair,
    challenge: bytes,
    *,
    digest: str = "sha256",
    trailer: bytes = _TRAILER_SHA256,
    recovered: bytes | None = None,
    spoil: Callable[[bytes], bytes] = lambda formatted: formatted,
) -> bytes:
    """ISO/IEC 9796-2 scheme 1; `recovered` is as long as fits unless given."""
    room = pair.modulus.bit_length() // 8 - 1 - hashlib.new(digest).digest_size - len(trailer)
    if recovered is None:
        recovered, head = bytes(range(256)) * 2, b"\x6a"
        recovered = recovered[:room]
    else:
        head = b"\x6b" + b"\xbb" * (room - len(recovered) - 1) + b"\xba"
    formatted = head + recovered + hashlib.new(digest, recovered + challenge).digest() + trailer
    signature = pow(int.from_bytes(spoil(formatted)), pair.private, pair.modulus)
    return signature.to_bytes((pair.modulus.bit_length() + 7) // 8)


def plain_ecdsa(key: ec.EllipticCurvePrivateKey, der: bytes) -> bytes:
    """Both halves one after the other."""
    half = (key.key_size + 7) // 8
    r, s = decode_dss_signature(der)
    return r.to_bytes(half) + s.to_bytes(half)


def ecdsa_info(digest: str, identifier: bytes | None = None) -> bytes:
    """An ActiveAuthenticationInfo, DER."""
    algorithm = identifier or bytes.fromhex("04007f000701010401") + bytes([_PLAIN[digest]])
    fields = (0x06, bytes.fromhex("678108010105")), (0x02, b"\x01"), (0x06, algorithm)
    return encode(0x30, b"".join(encode(tag, value) for tag, value in fields))
