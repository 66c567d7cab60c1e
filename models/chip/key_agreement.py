"""Diffie-Hellman over the groups that travel documents may use (ICAO Doc 9303-11 sections 9.5 and 9.6).

Elliptic curves and subgroups modulo a prime behind one port, so that PACE, chip authentication and the judgement of
both do not care which. Keys come from random bytes that the caller draws; nothing is drawn here. Not here: the mappings
of PACE, which keys a chip has, how session keys come from the shared secret.
"""

from typing import Protocol

import msgspec

from models.chip import curves, modular_numbers
from models.chip.curve_points import (
    BadPublicKeyError,
    add,
    base_multiple,
    decode_point,
    encode_point,
    multiple,
    multiple_x,
)
from models.chip.curves import Curve
from models.chip.modular_numbers import ModularNumbers
from models.errors import ClassroomError

__all__ = [
    "BadPublicKeyError",
    "Element",
    "EllipticGroup",
    "Group",
    "ModularGroup",
    "UnsupportedGroupError",
    "parameter_id_of",
    "standard_group",
]

Element = tuple[int, ...]
"""A public key: the coordinates (x, y) on a curve, or one number (y,) modulo p."""


class UnsupportedGroupError(ClassroomError):
    """The chip names domain parameters that are not among those of the standard. Report the card's model."""


class Group(Protocol):
    """A cyclic group of prime order in which public keys are agreed on."""

    @property
    def name(self) -> str:
        """For engineers."""

    @property
    def order(self) -> int:
        """How many elements it has, a prime."""

    @property
    def random_size(self) -> int:
        """How many random bytes a private key is made of."""

    def private_key(self, random: bytes) -> int:
        """A private key from `random_size` random bytes, without bias worth the name: 2 to order - 2."""

    def decode(self, encoded: bytes) -> Element:
        """A public key as it travels (04 X Y, or an unsigned number).

        Raises `BadPublicKeyError` unless it is a member of the group other than its neutral element.
        """

    def encode(self, element: Element) -> bytes:
        """The inverse of `decode`."""

    def base_multiple(self, scalar: int) -> Element:
        """The standard generator taken `scalar` times, 0 < scalar < order. Raises `BadPublicKeyError`."""

    def multiple(self, scalar: int, element: Element) -> Element:
        """`element` taken `scalar` times, 1 < scalar < order - 1. Raises `BadPublicKeyError`."""

    def combine(self, left: Element, right: Element) -> Element:
        """The group's operation on two elements. Raises `BadPublicKeyError` where that is the neutral element."""

    def shared_secret(self, private_key: int, their: Element) -> bytes:
        """What both sides agree on: the x coordinate, or the number, in its full width. Raises `BadPublicKeyError`."""


class EllipticGroup(msgspec.Struct, frozen=True):
    """The points of one curve; its cofactor is 1, so each point of the curve is a member."""

    curve: Curve

    @property
    def name(self) -> str:
        """The curve's name."""
        return self.curve.name

    @property
    def order(self) -> int:
        """The order n of the curve's generator."""
        return self.curve.n

    @property
    def random_size(self) -> int:
        """Eight bytes more than a coordinate."""
        return self.curve.width + 8

    def private_key(self, random: bytes) -> int:
        """A number from 2 to n - 2."""
        return _scalar(random, self.curve.n)

    def decode(self, encoded: bytes) -> Element:
        """The point of 04 X Y. Raises `BadPublicKeyError`."""
        return decode_point(self.curve, encoded)

    def encode(self, element: Element) -> bytes:
        """04 X Y."""
        return encode_point(self.curve, _point(element))

    def base_multiple(self, scalar: int) -> Element:
        """In the library where it knows the curve. Raises `BadPublicKeyError`."""
        return base_multiple(self.curve, scalar)

    def multiple(self, scalar: int, element: Element) -> Element:
        """In the library where it knows the curve. Raises `BadPublicKeyError`."""
        return multiple(self.curve, scalar, _point(element))

    def combine(self, left: Element, right: Element) -> Element:
        """The sum of two different points. Raises `BadPublicKeyError`."""
        return add(self.curve, _point(left), _point(right))

    def shared_secret(self, private_key: int, their: Element) -> bytes:
        """The x coordinate (BSI TR-03111 section 4.3.1). Raises `BadPublicKeyError`."""
        return multiple_x(self.curve, private_key, _point(their)).to_bytes(self.curve.width)


class ModularGroup(msgspec.Struct, frozen=True):
    """The subgroup of order q modulo p. Python's integers compute; their time depends on the numbers."""

    numbers: ModularNumbers

    @property
    def name(self) -> str:
        """The group's name."""
        return self.numbers.name

    @property
    def order(self) -> int:
        """The order q of the subgroup."""
        return self.numbers.q

    @property
    def random_size(self) -> int:
        """Eight bytes more than a number below q."""
        return (self.numbers.q.bit_length() + 7) // 8 + 8

    def private_key(self, random: bytes) -> int:
        """A number from 2 to q - 2."""
        return _scalar(random, self.numbers.q)

    def decode(self, encoded: bytes) -> Element:
        """A number with 1 < y < p - 1 and y^q = 1: no key of low order. Raises `BadPublicKeyError`."""
        y, numbers = int.from_bytes(encoded), self.numbers
        if len(encoded) > numbers.width or not 1 < y < numbers.p - 1 or pow(y, numbers.q, numbers.p) != 1:
            raise BadPublicKeyError("A key is not a member of its group.")
        return (y,)

    def encode(self, element: Element) -> bytes:
        """The number without leading zeros (ICAO Doc 9303-11 section 9.4.4)."""
        return element[0].to_bytes((element[0].bit_length() + 7) // 8)

    def base_multiple(self, scalar: int) -> Element:
        """g^scalar. Raises `BadPublicKeyError`."""
        return self._power(scalar, self.numbers.g)

    def multiple(self, scalar: int, element: Element) -> Element:
        """element^scalar. Raises `BadPublicKeyError`."""
        return self._power(scalar, element[0])

    def combine(self, left: Element, right: Element) -> Element:
        """The product. Raises `BadPublicKeyError`."""
        product = left[0] * right[0] % self.numbers.p
        if product == 1:
            raise BadPublicKeyError("Two keys to be combined are opposite.")
        return (product,)

    def shared_secret(self, private_key: int, their: Element) -> bytes:
        """The number with its leading zeros (RFC 2631 section 2.1.2). Raises `BadPublicKeyError`."""
        return self._power(private_key, their[0])[0].to_bytes(self.numbers.width)

    def _power(self, scalar: int, number: int) -> Element:
        if not 0 < scalar < self.numbers.q:
            raise BadPublicKeyError("A factor of a key is out of range.")
        return (pow(number, scalar, self.numbers.p),)


def standard_group(parameter_id: int) -> EllipticGroup | ModularGroup:
    """The standardised domain parameters with that number (9303-11 section 9.5.1). Raises `UnsupportedGroupError`."""
    try:
        return _STANDARD[parameter_id]
    except KeyError as error:
        message = "The chip names domain parameters that the standard does not know."
        raise UnsupportedGroupError(message) from error


def parameter_id_of(group: Group) -> int:
    """The number under which the standard lists `group`. Raises `UnsupportedGroupError`."""
    for number, standard in _STANDARD.items():
        if standard == group:
            return number
    raise UnsupportedGroupError("The chip's domain parameters are not among those of the standard.")


_STANDARD: dict[int, EllipticGroup | ModularGroup] = {
    0: ModularGroup(modular_numbers.MODP_1024_160),
    1: ModularGroup(modular_numbers.MODP_2048_224),
    2: ModularGroup(modular_numbers.MODP_2048_256),
    8: EllipticGroup(curves.P192),
    9: EllipticGroup(curves.BRAINPOOL_P192),
    10: EllipticGroup(curves.P224),
    11: EllipticGroup(curves.BRAINPOOL_P224),
    12: EllipticGroup(curves.P256),
    13: EllipticGroup(curves.BRAINPOOL_P256),
    14: EllipticGroup(curves.BRAINPOOL_P320),
    15: EllipticGroup(curves.P384),
    16: EllipticGroup(curves.BRAINPOOL_P384),
    17: EllipticGroup(curves.BRAINPOOL_P512),
    18: EllipticGroup(curves.P521),
}


def _scalar(random: bytes, order: int) -> int:
    return 2 + int.from_bytes(random) % (order - 3)


def _point(element: Element) -> tuple[int, int]:
    x, y = element
    return x, y
