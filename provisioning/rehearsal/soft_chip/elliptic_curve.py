"""Short Weierstrass curves in plain integers, because generic mapping needs points that libraries do not hand out.

For rehearsal cards only: nothing here hides its running time. Not here: the parameters (`curve_table`).
"""

from dataclasses import dataclass

from models.errors import BadInputError

Point = tuple[int, int]
"""Affine coordinates; the point at infinity has none and never leaves this module."""

_Jacobian = tuple[int, int, int]
_INFINITY: _Jacobian = (1, 1, 0)


class PointRefusedError(BadInputError):
    """A received point is not an uncompressed point of the curve, or leads to infinity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """y**2 = x**3 + a*x + b over the field of `p` elements; `order` is prime, the cofactor is one.

    `oid` is the value of the curve's object identifier; `octets` is the width of a coordinate.
    """

    oid: bytes
    p: int
    a: int
    b: int
    generator: Point
    order: int
    octets: int

    def multiply(self, scalar: int, point: Point) -> Point:
        """`scalar` times `point`; raises `PointRefusedError` when that is infinity."""
        total = _INFINITY
        for bit in f"{scalar % self.order:b}":
            total = self._double(total)
            if bit == "1":
                total = self._add(total, (*point, 1))
        return self._affine(total)

    def add(self, first: Point, second: Point) -> Point:
        """The sum of two points; raises `PointRefusedError` when that is infinity."""
        return self._affine(self._add((*first, 1), (*second, 1)))

    def encode(self, point: Point) -> bytes:
        """The uncompressed form: 04, x, y (BSI TR-03111 section 3.2.1)."""
        return b"\x04" + point[0].to_bytes(self.octets, "big") + point[1].to_bytes(self.octets, "big")

    def decode(self, encoded: bytes) -> Point:
        """The point behind an uncompressed form; raises `PointRefusedError` unless it lies on the curve."""
        x = int.from_bytes(encoded[1 : 1 + self.octets], "big")
        y = int.from_bytes(encoded[1 + self.octets :], "big")
        well_formed = len(encoded) == 1 + 2 * self.octets and encoded[0] == 4 and max(x, y) < self.p
        if not well_formed or (y * y - x * x * x - self.a * x - self.b) % self.p:
            raise PointRefusedError("The received point does not lie on the curve.")
        return x, y

    def _double(self, point: _Jacobian) -> _Jacobian:
        x, y, z = point
        p = self.p
        if not z or not y:
            return _INFINITY
        yy = y * y % p
        s = 4 * x * yy % p
        m = (3 * x * x + self.a * pow(z, 4, p)) % p
        new_x = (m * m - 2 * s) % p
        return new_x, (m * (s - new_x) - 8 * yy * yy) % p, 2 * y * z % p

    def _add(self, first: _Jacobian, second: _Jacobian) -> _Jacobian:
        x1, y1, z1 = first
        x2, y2, z2 = second
        if not z1:
            return second
        if not z2:
            return first
        p = self.p
        zz1, zz2 = z1 * z1 % p, z2 * z2 % p
        u1, u2 = x1 * zz2 % p, x2 * zz1 % p
        s1, s2 = y1 * zz2 * z2 % p, y2 * zz1 * z1 % p
        h, r = (u2 - u1) % p, (s2 - s1) % p
        if not h:
            return _INFINITY if r else self._double(first)
        hh = h * h % p
        hhh = h * hh % p
        new_x = (r * r - hhh - 2 * u1 * hh) % p
        return new_x, (r * (u1 * hh - new_x) - s1 * hhh) % p, h * z1 * z2 % p

    def _affine(self, point: _Jacobian) -> Point:
        x, y, z = point
        if not z:
            raise PointRefusedError("The result is the point at infinity.")
        inverse = pow(z, -1, self.p)
        return x * inverse * inverse % self.p, y * inverse * inverse * inverse % self.p
