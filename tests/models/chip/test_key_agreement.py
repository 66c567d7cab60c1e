import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from models.chip.curve_points import add, base_multiple, decode_point, encode_point, multiple, multiple_x
from models.chip.curves import BRAINPOOL_P224, BRAINPOOL_P256, CURVES, P256, Curve
from models.chip.key_agreement import (
    BadPublicKeyError,
    EllipticGroup,
    Group,
    ModularGroup,
    UnsupportedGroupError,
    parameter_id_of,
    standard_group,
)

IDS = (0, 1, 2, *range(8, 19))
KNOWN = tuple(curve for curve in CURVES if curve.library)


def group_name(parameter_id: int) -> str:
    return standard_group(parameter_id).name


def test_9303_11_table_of_standardised_domain_parameters() -> None:
    assert [group_name(number) for number in IDS] == [
        "modp1024-160",
        "modp2048-224",
        "modp2048-256",
        "secp192r1",
        "brainpoolP192r1",
        "secp224r1",
        "brainpoolP224r1",
        "secp256r1",
        "brainpoolP256r1",
        "brainpoolP320r1",
        "secp384r1",
        "brainpoolP384r1",
        "brainpoolP512r1",
        "secp521r1",
    ]


def test_a_group_is_found_again_by_its_number() -> None:
    assert tuple(parameter_id_of(standard_group(number)) for number in IDS) == IDS


@pytest.mark.parametrize("number", [-1, 3, 7, 19, 31, 32, 255])
def test_other_numbers_are_said_to_be_unsupported(number: int) -> None:
    with pytest.raises(UnsupportedGroupError):
        standard_group(number)


@pytest.mark.parametrize("number", IDS, ids=group_name)
def test_both_sides_agree_on_the_standard_generator_and_on_another(number: int) -> None:
    group: Group = standard_group(number)
    one, other = (group.private_key(bytes([seed]) * group.random_size) for seed in (0x5A, 0xC3))
    generator = group.multiple(7, group.base_multiple(3))
    assert generator == group.base_multiple(21)
    for ours, theirs in (
        (group.base_multiple(one), group.base_multiple(other)),
        (group.multiple(one, generator), group.multiple(other, generator)),
    ):
        secret = group.shared_secret(one, group.decode(group.encode(theirs)))
        assert secret == group.shared_secret(other, group.decode(group.encode(ours)))
        assert int.from_bytes(secret) == group.multiple(one, theirs)[0]


@pytest.mark.parametrize("number", IDS, ids=group_name)
def test_combining_adds_the_factors(number: int) -> None:
    group = standard_group(number)
    assert group.combine(group.base_multiple(5), group.base_multiple(7)) == group.base_multiple(12)


@pytest.mark.parametrize("number", IDS, ids=group_name)
def test_the_order_is_the_order(number: int) -> None:
    group = standard_group(number)
    last, first = group.base_multiple(group.order - 1), group.base_multiple(1)
    with pytest.raises(BadPublicKeyError):
        group.combine(last, first)
    assert group.shared_secret(group.order - 1, last) == group.shared_secret(1, first)


@pytest.mark.parametrize("number", IDS, ids=group_name)
def test_private_keys_stay_in_range_for_any_random_bytes(number: int) -> None:
    group = standard_group(number)
    for random in (bytes(group.random_size), b"\xff" * group.random_size):
        assert 2 <= group.private_key(random) <= group.order - 2


@pytest.mark.parametrize("number", IDS, ids=group_name)
def test_factors_out_of_range_are_refused(number: int) -> None:
    group = standard_group(number)
    for scalar in (0, group.order):
        with pytest.raises(BadPublicKeyError):
            group.base_multiple(scalar)
        with pytest.raises(BadPublicKeyError):
            group.shared_secret(scalar, group.base_multiple(2))


@pytest.mark.parametrize("number", [8, *range(9, 19)], ids=group_name)
def test_refusal_18_points_off_the_curve_or_malformed_are_refused(number: int) -> None:
    group = standard_group(number)
    good = group.encode(group.base_multiple(2))
    assert isinstance(group, EllipticGroup)
    width, p = group.curve.width, group.curve.p
    for bad in (
        b"",
        b"\x00",
        b"\x04" + bytes(2 * width),
        good[:-1] + bytes([good[-1] ^ 1]),
        b"\x02" + good[1 : width + 1],
        good + b"\x00",
        good[:-1],
        b"\x04" + p.to_bytes(width) + good[width + 1 :],
        b"\x04" + b"\xff" * 2 * width,
    ):
        with pytest.raises(BadPublicKeyError):
            group.decode(bad)


@pytest.mark.parametrize("number", [0, 1, 2], ids=group_name)
def test_refusal_18_numbers_of_low_order_or_out_of_range_are_refused(number: int) -> None:
    group = standard_group(number)
    assert isinstance(group, ModularGroup)
    p, width = group.numbers.p, group.numbers.width
    cofactor = (p - 1) // group.numbers.q
    small = pow(3, (p - 1) // 2, p)  # of order 1 or 2
    outside = next(number for number in range(2, 50) if pow(number, group.numbers.q, p) != 1)
    assert pow(pow(3, cofactor, p), group.numbers.q, p) == 1
    for bad in (0, 1, small, outside, p - 1, p, p + group.numbers.g):
        with pytest.raises(BadPublicKeyError):
            group.decode(bad.to_bytes(width + 1).lstrip(b"\x00") or b"\x00")
    with pytest.raises(BadPublicKeyError):
        group.decode(b"\x00" + group.numbers.g.to_bytes(width))


def test_modular_numbers_travel_without_leading_zeros_and_are_taken_with_them() -> None:
    group = standard_group(0)
    short = next(
        element for element in (group.base_multiple(scalar) for scalar in range(2, 5000)) if element[0] < 1 << 1016
    )
    encoded = group.encode(short)
    assert len(encoded) < 128
    assert encoded[0]
    assert group.decode(encoded) == short
    assert group.decode(encoded.rjust(128, b"\x00")) == short
    assert len(group.shared_secret(1, short)) == 128


@pytest.mark.parametrize("curve", KNOWN, ids=lambda curve: curve.name)
def test_multiples_and_sums_agree_with_the_library(curve: Curve) -> None:
    for scalar in (2, 3, 12345, curve.n - 2):
        assert multiple(curve, scalar, curve.generator) == base_multiple(curve, scalar)
    assert add(curve, base_multiple(curve, 5), base_multiple(curve, 7)) == base_multiple(curve, 12)


@settings(max_examples=20, deadline=None)
@given(scalar=st.integers(min_value=1, max_value=P256.n - 1), place=st.integers(min_value=2, max_value=P256.n - 2))
def test_integers_agree_with_the_library_where_it_knows_the_curve(scalar: int, place: int) -> None:
    alone = Curve(
        name="alone",
        p=P256.p,
        a=P256.a,
        b=P256.b,
        generator=P256.generator,
        n=P256.n,
        library=None,
    )
    point = base_multiple(P256, place)
    assert base_multiple(alone, place) == point
    assert multiple_x(alone, scalar, point) == multiple_x(P256, scalar, point)
    assert base_multiple(alone, scalar) == base_multiple(P256, scalar)


@pytest.mark.parametrize("scalar", [0, 1, BRAINPOOL_P256.n - 1, BRAINPOOL_P256.n])
@pytest.mark.parametrize("curve", [BRAINPOOL_P256, BRAINPOOL_P224], ids=lambda curve: curve.name)
def test_multiples_that_could_not_be_recovered_are_refused(curve: Curve, scalar: int) -> None:
    with pytest.raises(BadPublicKeyError):
        multiple(curve, scalar, curve.generator)


def test_equal_points_are_not_added() -> None:
    with pytest.raises(BadPublicKeyError):
        add(P256, P256.generator, P256.generator)


def test_points_go_there_and_back() -> None:
    assert decode_point(P256, encode_point(P256, P256.generator)) == P256.generator


def test_a_point_off_the_curve_never_reaches_a_product() -> None:
    off = (P256.generator[0], P256.generator[1] ^ 1)
    with pytest.raises(BadPublicKeyError):
        multiple_x(P256, 5, off)


def test_the_library_is_none_only_where_it_lacks_the_curve() -> None:
    for curve in KNOWN:
        assert curve.library
        assert ec.derive_private_key(1, curve.library).curve.name == curve.name
    assert [curve.name for curve in CURVES if not curve.library] == [
        "brainpoolP192r1",
        "brainpoolP224r1",
        "brainpoolP320r1",
    ]
