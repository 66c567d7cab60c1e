"""Point arithmetic of PACE's generic mapping (ICAO Doc 9303-11 section 4.4.3.3.1).

The cryptographic library multiplies points but gives only x, and adds none. So a multiple's y is recovered from the x
of the next multiple, and the one addition is done here. All scalar multiplication stays in the library. Both curves in
use have cofactor 1, so a point on the curve that is not infinity generates the whole group.
"""

from cryptography.hazmat.primitives.asymmetric import ec

from models.chip.curves import Curve

Point = tuple[int, int]


class BadPointError(ValueError):
    """A point is not on the curve, is infinity, or the arithmetic met a case that never comes by chance."""


def decode_point(curve: Curve, encoded: bytes) -> Point:
    """The point of an uncompressed encoding 04 X Y. Raises `BadPointError` unless it lies on the curve."""
    width = curve.width
    if len(encoded) != 1 + 2 * width or encoded[0] != 0x04:
        raise BadPointError("not an uncompressed point of this curve")
    x, y = int.from_bytes(encoded[1 : width + 1]), int.from_bytes(encoded[width + 1 :])
    if x >= curve.p or y >= curve.p or (y * y - x * x * x - curve.a * x - curve.b) % curve.p:
        raise BadPointError("not on the curve")
    return x, y


def encode_point(curve: Curve, point: Point) -> bytes:
    """The uncompressed encoding 04 X Y."""
    return b"\x04" + point[0].to_bytes(curve.width) + point[1].to_bytes(curve.width)


def base_multiple(curve: Curve, scalar: int) -> Point:
    """`scalar` times the curve's generator, 0 < scalar < n. Raises `BadPointError` for other scalars."""
    numbers = _private_key(curve, scalar).public_key().public_numbers()
    return numbers.x, numbers.y


def multiple_x(curve: Curve, scalar: int, point: Point) -> int:
    """The x coordinate of `scalar` times `point`. Raises `BadPointError`."""
    try:
        peer = ec.EllipticCurvePublicNumbers(x=point[0], y=point[1], curve=curve.library).public_key()
        return int.from_bytes(_private_key(curve, scalar).exchange(ec.ECDH(), peer))
    except ValueError as error:
        raise BadPointError("the product is no point") from error


def multiple(curve: Curve, scalar: int, point: Point) -> Point:
    """`scalar` times `point`, 1 < scalar < n - 1. Raises `BadPointError`.

    With Q = kP and R = Q + P, the chord's slope l obeys l^2 = x_R + x_Q + x_P; putting l = (y_Q - y_P) / (x_Q - x_P)
    and the curve's equation for y_Q^2 leaves an equation that is linear in y_Q.
    """
    if not 1 < scalar < curve.n - 1:
        raise BadPointError("scalar out of range")
    p, (x_p, y_p) = curve.p, point
    x_q, x_r = multiple_x(curve, scalar, point), multiple_x(curve, scalar + 1, point)
    square = (x_q * x_q * x_q + curve.a * x_q + curve.b) % p
    chord = (x_r + x_q + x_p) * (x_q - x_p) * (x_q - x_p)
    y_q = (square + y_p * y_p - chord) * pow(2 * y_p, -1, p) % p
    return x_q, y_q


def add(curve: Curve, left: Point, right: Point) -> Point:
    """The sum of two points with different x. Raises `BadPointError` for equal or opposite points."""
    p = curve.p
    if left[0] == right[0]:
        raise BadPointError("equal or opposite points")
    slope = (right[1] - left[1]) * pow(right[0] - left[0], -1, p) % p
    x = (slope * slope - left[0] - right[0]) % p
    return x, (slope * (left[0] - x) - left[1]) % p


def _private_key(curve: Curve, scalar: int) -> ec.EllipticCurvePrivateKey:
    if not 0 < scalar < curve.n:
        raise BadPointError("scalar out of range")
    return ec.derive_private_key(scalar, curve.library)
