"""Short Weierstrass curves in plain integers, because generic mapping needs points that libraries do not hand out.

For rehearsal cards only: nothing here hides its running time. Parameters: RFC 5639 section 3.4, FIPS 186-4 D.1.2.3.
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
    """y**2 = x**3 + a*x + b over the field of `p` elements; `order` is prime, the cofactor is one."""

    p: int
    a: int
    b: int
    generator: Point
    order: int
    octets: int = 32

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


BRAINPOOL_P256R1 = Curve(
    p=0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377,
    a=0x7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9,
    b=0x26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6,
    generator=(
        0x8BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262,
        0x547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997,
    ),
    order=0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7,
)
P_256 = Curve(
    p=0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    a=0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFC,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    generator=(
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    order=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
)
CURVES = {12: P_256, 13: BRAINPOOL_P256R1}
"""By standardised domain parameter identifier (ICAO Doc 9303-11 section 9.5.1)."""
