"""The groups in which a card agrees on keys, elements as the octets that travel: curves and prime order subgroups.

Not here: the arithmetic of points (`elliptic_curve`), and the pseudo-random numbers of integrated mapping (`pace`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from models.errors import BadInputError
from provisioning.rehearsal.soft_chip.curve_table import CURVES
from provisioning.rehearsal.soft_chip.elliptic_curve import Curve
from provisioning.rehearsal.soft_chip.prime_group import PRIME_GROUPS, PrimeGroup

Draw = Callable[[int], bytes]
"""So many random octets."""


class ElementRefusedError(BadInputError):
    """A received number is no element of the group's right order, or leads to the neutral one."""


class Group(Protocol):
    """What key agreement and the mappings need of a group."""

    @property
    def base(self) -> bytes:
        """The standard's generator."""

    @property
    def order(self) -> int:
        """Its prime order."""

    @property
    def modulus(self) -> int:
        """The prime of the field below."""

    @property
    def key_tag(self) -> int:
        """The tag of a public key in the token's 7F49 (ICAO Doc 9303-11 section 9.4)."""

    def power(self, exponent: int, element: bytes) -> bytes:
        """The element so many times combined with itself; raises a `BadInputError`."""

    def combine(self, first: bytes, second: bytes) -> bytes:
        """The group's operation; raises a `BadInputError`."""

    def secret(self, element: bytes) -> bytes:
        """What the keys are derived from: the x coordinate, or the number in the modulus' width."""

    def from_number(self, number: int) -> bytes:
        """The element for a field element in integrated mapping (section 4.4.3.3.2)."""


@dataclass(frozen=True, slots=True)
class CurveGroup:
    """A curve's points, uncompressed."""

    curve: Curve

    @property
    def base(self) -> bytes:
        """The standard's generator."""
        return self.curve.encode(self.curve.generator)

    @property
    def order(self) -> int:
        """Its prime order."""
        return self.curve.order

    @property
    def modulus(self) -> int:
        """The prime of the field below."""
        return self.curve.p

    @property
    def key_tag(self) -> int:
        """86."""
        return 0x86

    def power(self, exponent: int, element: bytes) -> bytes:
        """A multiple of the point."""
        return self.curve.encode(self.curve.multiply(exponent, self.curve.decode(element)))

    def combine(self, first: bytes, second: bytes) -> bytes:
        """The sum of two points."""
        return self.curve.encode(self.curve.add(self.curve.decode(first), self.curve.decode(second)))

    def secret(self, element: bytes) -> bytes:
        """The x coordinate."""
        return element[1 : 1 + self.curve.octets]

    def from_number(self, number: int) -> bytes:
        """Appendix B.2 of ICAO Doc 9303-11, for primes that leave 3 when divided by four."""
        p, a, b = self.curve.p, self.curve.a, self.curve.b
        if p % 4 != 3:
            raise ElementRefusedError("Integrated mapping knows no way onto this curve.")
        alpha = -number * number % p
        x2 = -b * pow(a, -1, p) * (1 + pow(alpha + alpha * alpha, -1, p)) % p
        h2 = (x2**3 + a * x2 + b) % p
        root = pow(h2, p - 1 - (p + 1) // 4, p)
        if root * root * h2 % p == 1:
            return self.curve.encode((x2, root * h2 % p))
        return self.curve.encode((alpha * x2 % p, root * number**3 * h2 % p))


@dataclass(frozen=True, slots=True)
class NumberGroup:
    """Numbers modulo a prime, in as few octets as they need (ICAO Doc 9303-11 section 9.4)."""

    group: PrimeGroup

    @property
    def base(self) -> bytes:
        """The standard's generator."""
        return _unsigned(self.group.g)

    @property
    def order(self) -> int:
        """Its prime order."""
        return self.group.q

    @property
    def modulus(self) -> int:
        """The prime."""
        return self.group.p

    @property
    def key_tag(self) -> int:
        """84."""
        return 0x84

    def power(self, exponent: int, element: bytes) -> bytes:
        """The number's power; what is not in the subgroup is refused."""
        number = int.from_bytes(element, "big")
        if not 1 < number < self.group.p - 1 or pow(number, self.group.q, self.group.p) != 1:
            raise ElementRefusedError("The received number is not in the subgroup.")
        return self._element(pow(number, exponent, self.group.p))

    def combine(self, first: bytes, second: bytes) -> bytes:
        """The product."""
        return self._element(int.from_bytes(first, "big") * int.from_bytes(second, "big") % self.group.p)

    def secret(self, element: bytes) -> bytes:
        """The number in the modulus' width (RFC 2631 section 2.1.2)."""
        return element.rjust(len(_unsigned(self.group.p)), b"\x00")

    def from_number(self, number: int) -> bytes:
        """The power that lies in the subgroup."""
        return self._element(pow(number, (self.group.p - 1) // self.group.q, self.group.p))

    def _element(self, number: int) -> bytes:
        if number <= 1:
            raise ElementRefusedError("The result is the neutral element.")
        return _unsigned(number)


GROUPS: Final[dict[int, Group]] = {number: NumberGroup(group) for number, group in PRIME_GROUPS.items()} | {
    number: CurveGroup(curve) for number, curve in CURVES.items()
}
"""By standardised domain parameter identifier."""


def draw_private(group: Group, draw: Draw) -> int:
    """A private key: a number from one to below the order."""
    octets, private = (group.order.bit_length() + 7) // 8, 0
    while not 0 < private < group.order:
        private = int.from_bytes(draw(octets), "big")
    return private


def _unsigned(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
