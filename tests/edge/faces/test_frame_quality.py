"""Which frames are worth comparing, and which single reason is given for the others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.faces.camera import Picture
from edge.faces.frame_quality import UsableFace, assess_frame, measure_roll_degrees, measure_sharpness, measure_turn
from models.evidence import QualityCode
from models.face_profile import QualityGates
from tests.fakes.painted_face_matcher import PaintedFaceMatcher, paint

GATES = QualityGates()
MATCHER = PaintedFaceMatcher()


def obstacle_of(picture: Picture) -> QualityCode | None:
    found = assess_frame(picture, MATCHER, GATES)
    return None if isinstance(found, UsableFace) else found


def test_a_near_bright_frontal_sharp_face_is_usable() -> None:
    assert obstacle_of(paint()) is None


@pytest.mark.parametrize(
    ("picture", "obstacle"),
    [
        (paint(faces=0), QualityCode.NO_FACE),
        (paint(cut_off=90), QualityCode.NO_FACE),
        (paint(faces=2), QualityCode.SEVERAL_FACES),
        (paint(width=99), QualityCode.TOO_FAR),
        (paint(light=50, contrast=20), QualityCode.TOO_DARK),
        (paint(light=205, contrast=20), QualityCode.TOO_BRIGHT),
        (paint(contrast=16), QualityCode.BACKLIT),
        (paint(side_light=40), QualityCode.UNEVEN_LIGHT),
        (paint(turn_percent=22), QualityCode.TURNED_AWAY),
        (paint(roll_degrees=17), QualityCode.TURNED_AWAY),
        (paint(sharp_percent=0), QualityCode.BLURRED),
    ],
    ids=lambda value: value.value if isinstance(value, QualityCode) else "",
)
def test_a_poor_frame_is_passed_over_with_its_reason(picture: Picture, obstacle: QualityCode) -> None:
    assert obstacle_of(picture) is obstacle


@pytest.mark.parametrize(
    "picture",
    [
        paint(width=100),
        paint(light=60, contrast=20),
        paint(light=195, contrast=20),
        paint(contrast=20),
        paint(side_light=25),
        paint(turn_percent=18),
        paint(roll_degrees=13),
        paint(faces=2, width=200, second_width=79),
    ],
)
def test_a_frame_just_inside_a_gate_is_usable(picture: Picture) -> None:
    assert obstacle_of(picture) is None


def test_a_second_face_counts_from_two_fifths_of_the_first() -> None:
    assert obstacle_of(paint(faces=2, width=200, second_width=81)) is QualityCode.SEVERAL_FACES


def test_everything_wrong_at_once_is_told_in_the_order_in_which_a_person_can_act() -> None:
    """Count, size, light, pose, sharpness (light first: noise in the dark looks sharp)."""
    wrong = {"light": 30, "contrast": 10, "turn_percent": 30, "sharp_percent": 0}
    assert obstacle_of(paint(faces=2, width=90, second_width=80, **wrong)) is QualityCode.SEVERAL_FACES
    assert obstacle_of(paint(width=90, **wrong)) is QualityCode.TOO_FAR
    assert obstacle_of(paint(**wrong)) is QualityCode.TOO_DARK
    assert obstacle_of(paint(turn_percent=30, sharp_percent=0)) is QualityCode.TURNED_AWAY


def test_a_flat_picture_is_not_sharp() -> None:
    assert measure_sharpness(np.full((80, 76), 128, np.uint8)) == 0.0


@given(factor=st.floats(0.4, 1.0))
def test_sharpness_does_not_depend_on_contrast(factor: float) -> None:
    pattern = np.random.default_rng(3).normal(0, 40, (80, 76))
    full = measure_sharpness((128 + pattern).clip(0, 255).astype(np.uint8))
    weaker = measure_sharpness((128 + pattern * factor).clip(0, 255).astype(np.uint8))
    assert weaker == pytest.approx(full, rel=0.05)


@given(turn=st.integers(0, 60), roll=st.integers(0, 40))
def test_turn_and_roll_are_measured_apart(turn: int, roll: int) -> None:
    face = MATCHER.detect(paint(roll_degrees=roll))[0]
    assert measure_roll_degrees(face) == pytest.approx(roll, abs=0.5)
    turned = MATCHER.detect(paint(turn_percent=turn))[0]
    assert measure_turn(turned) == pytest.approx(turn / 100, abs=0.01)
