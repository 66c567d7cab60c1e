"""A chip's static public key for key agreement: from SubjectPublicKeyInfo to a group and one of its members.

Elliptic curves by name, written out or by standard number; Diffie-Hellman numbers in both customary forms (ICAO Doc
9303-11 section 9.4 and 9.5). Not here: agreeing on anything with it.
"""

from typing import Final

from asn1crypto import keys

from models.chip.key_agreement import (
    BadPublicKeyError,
    Element,
    EllipticGroup,
    Group,
    ModularGroup,
    UnsupportedGroupError,
    standard_group,
)
from models.chip.modular_numbers import MODP_1024_160, MODP_2048_224, MODP_2048_256
from models.chip.signatures import ASN1_ERRORS, UnsupportedKeyError, curve_of
from models.chip.tlv import ParseError, Tlv, check_nesting, encode, parse_all, parse_integer, parse_one

_EC: Final = bytes.fromhex("2a8648ce3d0201")  # 1.2.840.10045.2.1
_DH_WITH_ORDER: Final = bytes.fromhex("2a8648ce3e0201")  # 1.2.840.10046.2.1: p, g, q and more
_DH_PLAIN: Final = bytes.fromhex("2a864886f70d010301")  # 1.2.840.113549.1.3.1: p, g and a length
_STANDARD: Final = bytes.fromhex("04007f00070102")  # 0.4.0.127.0.7.1.2: the number of standard parameters
_MODULAR: Final = (MODP_1024_160, MODP_2048_224, MODP_2048_256)
"""The standard's groups modulo a prime."""


def read_chip_key(public_key: bytes) -> tuple[Group, Element]:
    """Group and key of a DER SubjectPublicKeyInfo; the key is a member of the group.

    Raises `ParseError` for a damaged key or one outside its group, `UnsupportedKeyError` for other groups.
    """
    check_nesting(public_key)
    parts = parse_all(parse_one(public_key, 0x30))
    if [part.tag for part in parts] != [0x30, 0x03] or parts[1].value[:1] != b"\x00":
        raise ParseError("A chip's public key is not an algorithm with a string of bits.")
    algorithm = parse_all(parts[0].value)
    if len(algorithm) != 2 or algorithm[0].tag != 0x06:
        raise ParseError("A chip's public key names no algorithm with parameters.")
    group = _group(algorithm[0].value, algorithm[1], public_key)
    encoded = parts[1].value[1:]
    if isinstance(group, ModularGroup) and len(encoded) != group.numbers.width:
        encoded = parse_one(encoded, 0x02).lstrip(b"\x00")  # an INTEGER, with a zero before a first bit that is set
    try:
        return group, group.decode(encoded)
    except BadPublicKeyError as error:
        raise ParseError("A chip's public key does not lie in its group.") from error


def read_group(algorithm: bytes) -> EllipticGroup | ModularGroup:
    """The group that a DER AlgorithmIdentifier names or writes out, without a key.

    Raises `ParseError` for a damaged one, `UnsupportedKeyError` for other groups.
    """
    check_nesting(algorithm)
    parts = parse_all(parse_one(algorithm, 0x30))
    if len(parts) != 2 or parts[0].tag != 0x06:
        raise ParseError("Domain parameters name no algorithm with parameters.")
    return _group(parts[0].value, parts[1], encode(0x30, algorithm + encode(0x03, b"\x00")))


def _group(identifier: bytes, parameters: Tlv, public_key: bytes) -> EllipticGroup | ModularGroup:
    if identifier == _EC:
        try:
            return EllipticGroup(curve_of(keys.PublicKeyInfo.load(public_key, strict=True)))
        except ASN1_ERRORS as error:
            raise ParseError("The curve of a chip's public key cannot be read.") from error
    if identifier == _STANDARD and parameters.tag == 0x02:
        try:
            return standard_group(parse_integer(parameters.value))
        except UnsupportedGroupError as error:
            raise UnsupportedKeyError("The chip's key lies in a group that the standard does not know.") from error
    if identifier in {_DH_WITH_ORDER, _DH_PLAIN} and parameters.tag == 0x30:
        return _known_numbers(parse_all(parameters.value), 3 if identifier == _DH_WITH_ORDER else 2)
    raise UnsupportedKeyError("The chip's key is of a kind that this program cannot compute with.")


def _known_numbers(parts: tuple[Tlv, ...], count: int) -> ModularGroup:
    """The standard group with the first `count` of p, g, q; without a known order nobody can tell a member."""
    given = tuple(int.from_bytes(part.value) for part in parts[:count] if part.tag == 0x02)
    for numbers in _MODULAR:
        if given == (numbers.p, numbers.g, numbers.q)[:count]:
            return ModularGroup(numbers)
    raise UnsupportedKeyError("The chip's Diffie-Hellman numbers are none of the standard's.")
