"""Keys and groups as chips write them: taken by name, by number or in full, and refused by name."""

from collections.abc import Callable

import pytest
from asn1crypto import core
from cryptography.hazmat.primitives.asymmetric import ec

from models.chip.chip_keys import read_chip_key, read_group
from models.chip.curves import BRAINPOOL_P256, CURVES, Curve
from models.chip.key_agreement import EllipticGroup, ModularGroup, standard_group
from models.chip.modular_numbers import MODP_1024_160, MODP_2048_224, MODP_2048_256, ModularNumbers
from models.chip.signatures import UnsupportedKeyError
from models.chip.tlv import ParseError, encode
from tests.builders.active_keys import named_domain, written_domain
from tests.builders.chip_authentication_runs import CurveKey, NumberKey

EC = encode(0x06, bytes.fromhex("2a8648ce3d0201"))
BY_NUMBER = encode(0x06, bytes.fromhex("04007f00070102"))
CURVE_KEY = CurveKey(private=ec.derive_private_key(0xC0FFEE, ec.BrainpoolP256R1()))
NUMBERS = (MODP_1024_160, MODP_2048_224, MODP_2048_256)


def plain_numbers(p: int, g: int, bits: int = 160) -> bytes:
    """PKCS #3's algorithm with p, g and a length."""
    named = encode(0x30, b"".join(core.Integer(number).dump() for number in (p, g, bits)))
    return encode(0x30, core.ObjectIdentifier("1.2.840.113549.1.3.1").dump() + named)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_a_curve_by_its_name_and_in_full_is_the_same_group(curve: Curve) -> None:
    for domain in (named_domain, written_domain):
        assert read_group(encode(0x30, EC + domain(curve).dump())) == EllipticGroup(curve)


@pytest.mark.parametrize("number", [0, 1, 2, 8, 13, 18])
def test_a_group_by_its_number_is_that_of_the_standard(number: int) -> None:
    assert read_group(encode(0x30, BY_NUMBER + encode(0x02, bytes([number])))) == standard_group(number)


@pytest.mark.parametrize("numbers", NUMBERS, ids=lambda numbers: numbers.name)
def test_diffie_hellman_numbers_in_full_are_the_standards_group(numbers: ModularNumbers) -> None:
    assert read_group(plain_numbers(numbers.p, numbers.g)) == ModularGroup(numbers)
    key = NumberKey(numbers=numbers, private=7)
    assert read_chip_key(key.public) == (ModularGroup(numbers), (key.value,))


def test_a_prime_of_the_standard_with_another_generator_is_no_group() -> None:
    with pytest.raises(UnsupportedKeyError, match="none of the standard's"):
        read_group(plain_numbers(MODP_2048_256.p, 4))


@pytest.mark.parametrize(
    "algorithm",
    [
        encode(0x30, BY_NUMBER + encode(0x02, b"\x07")),
        encode(0x30, BY_NUMBER + encode(0x04, b"\x0d")),
        encode(0x30, encode(0x06, b"\x2a\x03") + b"\x05\x00"),
    ],
    ids=["reserved number", "number of another type", "unknown kind"],
)
def test_a_group_that_the_standard_does_not_know_is_said_to_be_unknown(algorithm: bytes) -> None:
    with pytest.raises(UnsupportedKeyError):
        read_group(algorithm)


@pytest.mark.parametrize(
    "algorithm",
    [
        b"",
        encode(0x30, b""),
        encode(0x30, EC),
        encode(0x30, encode(0x02, b"\x01") + b"\x05\x00"),
        encode(0x30, EC + encode(0x02, b"\x01")),
        encode(0x31, EC + named_domain(BRAINPOOL_P256).dump()),
    ],
    ids=["nothing", "empty", "no parameters", "no name", "no curve", "no sequence"],
)
def test_damaged_domain_parameters_are_a_parse_error(algorithm: bytes) -> None:
    with pytest.raises(ParseError):
        read_group(algorithm)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda algorithm, _: algorithm,
        lambda algorithm, bits: algorithm + encode(0x03, b"\x01" + bits),
        lambda _, bits: encode(0x30, EC) + encode(0x03, b"\x00" + bits),
        lambda algorithm, bits: algorithm + encode(0x03, b"\x00" + bits[:-1] + bytes([bits[-1] ^ 1])),
    ],
    ids=["no key", "unused bits", "no curve", "off the curve"],
)
def test_a_damaged_key_or_one_outside_its_group_is_a_parse_error(
    spoil: Callable[[bytes, bytes], bytes],
) -> None:
    algorithm = encode(0x30, EC + named_domain(BRAINPOOL_P256).dump())
    assert read_chip_key(encode(0x30, algorithm + encode(0x03, b"\x00" + CURVE_KEY.point)))
    with pytest.raises(ParseError):
        read_chip_key(encode(0x30, spoil(algorithm, CURVE_KEY.point)))
