"""Exam profiles: what we bring can be read, what is wrong is named."""

import pytest

from models.exam_profile_files import ExamProfileError, read_exam_profile, shipped_exam_profile, shipped_exam_profiles
from models.exams import FaceMode, SecondCopyRule

_GOOD = b'id = "x"\nversion = "1"\ntitle = "T"\nfaces = "sface"\n'


@pytest.mark.parametrize("name", shipped_exam_profiles())
def test_every_shipped_profile_can_be_read_under_its_own_name(name: str) -> None:
    assert shipped_exam_profile(name).id == name


def test_the_graduation_exam_has_the_values_of_its_circular() -> None:
    profile = shipped_exam_profile("tt24-2024")
    assert (profile.candidates_per_room, profile.candidate_number_pattern) == (24, "[0-9]{8}")
    assert (profile.face_mode, profile.second_copy) == (FaceMode.ADVISE, SecondCopyRule.PREFER)
    assert profile.faces.matcher == "sface"


def test_rules_left_out_have_their_defaults() -> None:
    assert read_exam_profile(_GOOD).roster_hours == 24


@pytest.mark.parametrize(
    "content",
    [
        b"\xff",
        b"id = ",
        b'id = "x"',
        _GOOD + b"alow_bac = true\n",
        _GOOD + b'roster_hours = "many"\n',
        _GOOD + b'candidate_number_pattern = "["\n',
        _GOOD.replace(b"sface", b"nobody"),
    ],
)
def test_a_broken_profile_is_named_and_refused(content: bytes) -> None:
    with pytest.raises(ExamProfileError):
        read_exam_profile(content)


@pytest.mark.parametrize("name", ["", "../face_profiles/sface", "none"])
def test_only_shipped_names_are_opened(name: str) -> None:
    with pytest.raises(ExamProfileError):
        shipped_exam_profile(name)
