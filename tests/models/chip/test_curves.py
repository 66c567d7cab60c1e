import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from models.chip.curves import CURVES, Curve, curve_with


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_parameters_are_those_that_the_library_computes_with(curve: Curve) -> None:
    generator = ec.derive_private_key(1, curve.library).public_key().public_numbers()
    assert (generator.x, generator.y) == curve.generator
    before_last = ec.derive_private_key(curve.n - 1, curve.library).public_key().public_numbers()
    assert (before_last.x, before_last.y) == (curve.generator[0], curve.p - curve.generator[1])
    x, y = curve.generator
    assert (y * y - x * x * x - curve.a * x - curve.b) % curve.p == 0


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_a_curve_is_known_by_all_six_parameters_only(curve: Curve) -> None:
    right = (curve.p, curve.a, curve.b, curve.generator, curve.n, 1)
    assert curve_with(*right) is curve
    assert curve_with(curve.p, curve.a, curve.b, (curve.generator[0], curve.p - curve.generator[1]), curve.n, 1) is None
    assert curve_with(curve.p, curve.a, curve.b, curve.generator, curve.n, 2) is None
