"""PACE's integrated mapping: each side computes the generator alone (ICAO Doc 9303-11 section 4.4.3.3.2, appendix B).

Not here: the exchange of the two nonces (`pace`).
"""

from typing import assert_never

from edge.cards.session_ciphers import chain_cipher
from models.chip.curves import Curve
from models.chip.key_agreement import BadPublicKeyError, Element, EllipticGroup, ModularGroup
from models.chip.session_keys import SessionSuite

_SHORT = (bytes.fromhex("a668892a7c41e3ca739f40b057d85904"), bytes.fromhex("a4e136ac725f738b01c1f60217c188ad"))
_LONG = (
    bytes.fromhex("d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676"),
    bytes.fromhex("54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517"),
)
"""c0 and c1 for nonces of 16 and of 32 bytes."""


def can_map(group: EllipticGroup | ModularGroup) -> bool:
    """Whether the group has this mapping: the curve's prime must be 3 modulo 4, which P-224's is not."""
    return isinstance(group, ModularGroup) or group.curve.p % 4 == 3


def chip_nonce_size(suite: SessionSuite) -> int:
    """Bytes of the chip's nonce: whole blocks, at least as long as a key."""
    return 16 if suite in {SessionSuite.TRIPLE_DES, SessionSuite.AES_128} else 32


def integrated_generator(
    group: EllipticGroup | ModularGroup, suite: SessionSuite, chip_nonce: bytes, own_nonce: bytes
) -> Element:
    """The generator of both nonces; `own_nonce` has the length of a key. Raises `BadPublicKeyError`."""
    match group:
        case EllipticGroup():
            return _point(group.curve, _field_element(suite, chip_nonce, own_nonce, group.curve.p))
        case ModularGroup():
            numbers = group.numbers
            chosen = _field_element(suite, chip_nonce, own_nonce, numbers.p)
            generator = pow(chosen, (numbers.p - 1) // numbers.q, numbers.p)
            if generator < 2:
                raise BadPublicKeyError("The nonces lead to no generator.")
            return (generator,)
        case _:
            assert_never(group)


def pseudo_random(suite: SessionSuite, chip_nonce: bytes, own_nonce: bytes, bits: int) -> bytes:
    """R(s, t): at least `bits` + 64 bits. The chip's nonce is enciphered under ours; each result is the next key."""
    first, second = _SHORT if len(chip_nonce) == 16 else _LONG
    key_size, produced = len(own_nonce), b""
    key = _encrypt(suite, own_nonce, chip_nonce)[:key_size]
    while 8 * len(produced) < bits + 64:
        produced += _encrypt(suite, key, second)
        key = _encrypt(suite, key, first)[:key_size]
    return produced


def _field_element(suite: SessionSuite, chip_nonce: bytes, own_nonce: bytes, p: int) -> int:
    return int.from_bytes(pseudo_random(suite, chip_nonce, own_nonce, p.bit_length())) % p


def _encrypt(suite: SessionSuite, key: bytes, blocks: bytes) -> bytes:
    encryptor = chain_cipher(suite, key).encryptor()
    return encryptor.update(blocks) + encryptor.finalize()


def _point(curve: Curve, t: int) -> Element:
    """f_G(t) in affine coordinates (appendix B.2), for p = 3 modulo 4; the cofactor is 1."""
    p, a, b = curve.p, curve.a, curve.b
    alpha = -t * t % p
    if (alpha + alpha * alpha) % p == 0:
        raise BadPublicKeyError("The nonces lead to no generator.")
    x = -b * pow(a, -1, p) * (1 + pow(alpha + alpha * alpha, -1, p)) % p
    other_x = alpha * x % p
    square = (x * x * x + a * x + b) % p
    root = pow(square, p - 1 - (p + 1) // 4, p)
    if root * root * square % p == 1:
        return x, root * square % p
    return other_x, root * pow(t, 3, p) * square % p
