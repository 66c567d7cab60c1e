"""The card's end of active authentication (ICAO Doc 9303-11 section 6.1): a challenge of the reader's, signed."""

import hashlib
from typing import Final

from provisioning.rehearsal.soft_chip.chip_keys import CurveSigningKey, RsaSigningKey, SignatureForm, SigningKey
from provisioning.rehearsal.soft_chip.curve_table import CURVES
from provisioning.rehearsal.soft_chip.groups import GROUPS, Draw, draw_private
from provisioning.rehearsal.tlv_writing import tlv

_TRAILERS: Final = {
    "sha1": b"\xbc",
    "sha224": b"\x38\xcc",
    "sha256": b"\x34\xcc",
    "sha384": b"\x36\xcc",
    "sha512": b"\x35\xcc",
}
"""ISO/IEC 9796-2 with the numbers of ISO/IEC 10118-3; SHA-1 goes without a number."""


def sign_challenge(key: SigningKey, challenge: bytes, draw: Draw) -> bytes:
    """The answer to INTERNAL AUTHENTICATE."""
    match key:
        case CurveSigningKey():
            return _ecdsa(key, challenge, draw)
        case RsaSigningKey():
            return _iso_9796(key, challenge, draw)


def _ecdsa(key: CurveSigningKey, challenge: bytes, draw: Draw) -> bytes:
    """BSI TR-03111 section 4.2.1; the digest's left part when the order is shorter."""
    curve = CURVES[key.parameter]
    digest = hashlib.new(key.digest, challenge).digest()
    excess = max(0, 8 * len(digest) - curve.order.bit_length())
    r = s = 0
    while not r or not s:
        once = draw_private(GROUPS[key.parameter], draw)
        r = curve.multiply(once, curve.generator)[0] % curve.order
        signed = (int.from_bytes(digest, "big") >> excess) + int.from_bytes(key.private, "big") * r
        s = pow(once, -1, curve.order) * signed % curve.order
    if key.form is SignatureForm.DER:
        return tlv(0x30, _integer(r), _integer(s))
    octets = (curve.order.bit_length() + 7) // 8
    return r.to_bytes(octets, "big") + s.to_bytes(octets, "big")


def _iso_9796(key: RsaSigningKey, challenge: bytes, draw: Draw) -> bytes:
    """Scheme 1, partial recovery: 6A, as many own octets as fit, the digest over them and the challenge, trailer."""
    trailer = _TRAILERS[key.digest]
    digest_octets = hashlib.new(key.digest).digest_size
    own = draw(len(key.modulus) - 1 - digest_octets - len(trailer))
    digest = hashlib.new(key.digest, own + challenge).digest()
    message = int.from_bytes(b"\x6a" + own + digest + trailer, "big")
    modulus = int.from_bytes(key.modulus, "big")
    return pow(message, int.from_bytes(key.private_exponent, "big"), modulus).to_bytes(len(key.modulus), "big")


def _integer(number: int) -> bytes:
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))
