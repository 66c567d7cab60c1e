"""Points of elliptic curves: encoding, multiples, sums (BSI TR-03111 sections 3.2 and 4.3).

The cryptographic library multiplies points but gives only x, and adds none. So a multiple's y is recovered from the x
of the next multiple, and the one addition is done here. Curves that the library does not know (brainpoolP192r1, P224r1,
P320r1) are computed in integers, whose running time depends on the numbers: good for signatures and for keys that live
for one conversation, never for a key that is kept. All curves have cofactor 1, so a point on the curve that is not
infinity generates the whole group. Not here: which curve a chip means (`key_agreement`).
"""

from cryptography.hazmat.primitives.asymmetric import ec

from models.chip.curves import Curve
from models.errors import BadInputError

Point = tuple[int, int]
"""Affine coordinates. Infinity has none and never leaves this module."""

_Jacobian = tuple[int, int, int]


class BadPublicKeyError(BadInputError):
    """A public key lies outside its group, or the arithmetic met a case that never comes by chance. Do not trust it."""


def decode_point(curve: Curve, encoded: bytes) -> Point:
    """The point of an uncompressed encoding 04 X Y. Raises `BadPublicKeyError` unless it lies on the curve."""
    width = curve.width
    if len(encoded) != 1 + 2 * width or encoded[0] != 0x04:
        raise BadPublicKeyError("A key is not an uncompressed point of its curve.")
    x, y = int.from_bytes(encoded[1 : width + 1]), int.from_bytes(encoded[width + 1 :])
    if x >= curve.p or y >= curve.p or (y * y - x * x * x - curve.a * x - curve.b) % curve.p:
        raise BadPublicKeyError("A key does not lie on its curve.")
    return x, y


def encode_point(curve: Curve, point: Point) -> bytes:
    """The uncompressed encoding 04 X Y."""
    return b"\x04" + point[0].to_bytes(curve.width) + point[1].to_bytes(curve.width)


def base_multiple(curve: Curve, scalar: int) -> Point:
    """`scalar` times the curve's generator, 0 < scalar < n. Raises `BadPublicKeyError` for other scalars."""
    if curve.library is None:
        return _integer_multiple(curve, scalar, curve.generator)
    numbers = _private_key(curve, curve.library, scalar).public_key().public_numbers()
    return numbers.x, numbers.y


def multiple_x(curve: Curve, scalar: int, point: Point) -> int:
    """The x coordinate of `scalar` times `point`, 0 < scalar < n. Raises `BadPublicKeyError`."""
    if curve.library is None:
        return _integer_multiple(curve, scalar, point)[0]
    try:
        peer = ec.EllipticCurvePublicNumbers(x=point[0], y=point[1], curve=curve.library).public_key()
        return int.from_bytes(_private_key(curve, curve.library, scalar).exchange(ec.ECDH(), peer))
    except ValueError as error:
        raise BadPublicKeyError("A product of keys is no point.") from error


def multiple(curve: Curve, scalar: int, point: Point) -> Point:
    """`scalar` times `point`, 1 < scalar < n - 1. Raises `BadPublicKeyError`.

    With Q = kP and R = Q + P, the chord's slope l obeys l^2 = x_R + x_Q + x_P; putting l = (y_Q - y_P) / (x_Q - x_P)
    and the curve's equation for y_Q^2 leaves an equation that is linear in y_Q.
    """
    if not 1 < scalar < curve.n - 1:
        raise BadPublicKeyError("A factor of a key is out of range.")
    if curve.library is None:
        return _integer_multiple(curve, scalar, point)
    p, (x_p, y_p) = curve.p, point
    x_q, x_r = multiple_x(curve, scalar, point), multiple_x(curve, scalar + 1, point)
    square = (x_q * x_q * x_q + curve.a * x_q + curve.b) % p
    chord = (x_r + x_q + x_p) * (x_q - x_p) * (x_q - x_p)
    y_q = (square + y_p * y_p - chord) * pow(2 * y_p, -1, p) % p
    return x_q, y_q


def add(curve: Curve, left: Point, right: Point) -> Point:
    """The sum of two points with different x. Raises `BadPublicKeyError` for equal or opposite points."""
    p = curve.p
    if left[0] == right[0]:
        raise BadPublicKeyError("Two keys to be added are equal or opposite.")
    slope = (right[1] - left[1]) * pow(right[0] - left[0], -1, p) % p
    x = (slope * slope - left[0] - right[0]) % p
    return x, (slope * (left[0] - x) - left[1]) % p


def _private_key(curve: Curve, library: ec.EllipticCurve, scalar: int) -> ec.EllipticCurvePrivateKey:
    if not 0 < scalar < curve.n:
        raise BadPublicKeyError("A factor of a key is out of range.")
    return ec.derive_private_key(scalar, library)


def _integer_multiple(curve: Curve, scalar: int, point: Point) -> Point:
    """Double and add in Jacobian coordinates; n is prime, so a scalar in range never meets infinity at the end."""
    if not 0 < scalar < curve.n:
        raise BadPublicKeyError("A factor of a key is out of range.")
    total: _Jacobian = (*point, 1)
    for bit in f"{scalar:b}"[1:]:
        total = _double(curve, total)
        if bit == "1":
            total = _add_affine(curve, total, point)
    x, y, z = total
    inverse = pow(z, -1, curve.p)
    square = inverse * inverse % curve.p
    return x * square % curve.p, y * square * inverse % curve.p


def _double(curve: Curve, point: _Jacobian) -> _Jacobian:
    (x, y, z), p = point, curve.p
    y_square, z_square = y * y % p, z * z % p
    s = 4 * x * y_square % p
    m = (3 * x * x + curve.a * z_square * z_square) % p
    new_x = (m * m - 2 * s) % p
    return new_x, (m * (s - new_x) - 8 * y_square * y_square) % p, 2 * y * z % p


def _add_affine(curve: Curve, left: _Jacobian, right: Point) -> _Jacobian:
    """Left is an even multiple of right, at most n - 1 of it: never right itself, and opposite only at the very end."""
    (x, y, z), p = left, curve.p
    z_square = z * z % p
    h, r = (right[0] * z_square - x) % p, (right[1] * z_square * z - y) % p
    h_square = h * h % p
    h_cube, v = h * h_square % p, x * h_square % p
    new_x = (r * r - h_cube - 2 * v) % p
    return new_x, (r * (v - new_x) - y * h_cube) % p, h * z % p
