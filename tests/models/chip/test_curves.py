import pytest

from models.chip.curve_points import add, base_multiple
from models.chip.curves import CURVES, Curve, curve_with


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_parameters_are_those_of_a_curve_with_this_generator_and_order(curve: Curve) -> None:
    x, y = curve.generator
    assert (y * y - x * x * x - curve.a * x - curve.b) % curve.p == 0
    assert base_multiple(curve, 1) == curve.generator
    assert base_multiple(curve, curve.n - 1) == (x, curve.p - y)
    assert add(curve, base_multiple(curve, curve.n - 2), curve.generator) == (x, curve.p - y)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_a_curve_is_known_by_all_six_parameters_only(curve: Curve) -> None:
    right = (curve.p, curve.a, curve.b, curve.generator, curve.n, 1)
    assert curve_with(*right) is curve
    assert curve_with(curve.p, curve.a, curve.b, (curve.generator[0], curve.p - curve.generator[1]), curve.n, 1) is None
    assert curve_with(curve.p, curve.a, curve.b, curve.generator, curve.n, 2) is None
