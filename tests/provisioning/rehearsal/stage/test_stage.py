"""Each scene: whose card lies there, what is wrong with it, who stands at the camera, and in which order."""

from pathlib import Path

import pytest

from models.chip.data_groups import read_portrait
from models.identifiers import CandidateNumber
from provisioning.rehearsal.card_files import CardVariant
from provisioning.rehearsal.soft_chip.card import Damaged, PulledOut, ShortFile
from provisioning.rehearsal.stage.cast import CastFileError
from provisioning.rehearsal.stage.scenes import SCENES, SceneName
from provisioning.rehearsal.stage.stage import StageRefusal
from tests.builders.stages import BuiltStage, build_stage


@pytest.fixture
def built(tmp_path: Path) -> BuiltStage:
    return build_stage(tmp_path)


def test_all_eleven_scenes_are_there() -> None:
    assert list(SCENES) == list(SceneName)
    assert len(SCENES) == 11


def test_the_box_sees_the_old_card_go_before_the_next_code(built: BuiltStage) -> None:
    built.stage.play(SceneName.GOOD)
    assert built.props.done == ["take", "wait", "camera", "scan", "lay"]


def test_the_scanned_code_belongs_to_the_laid_card(built: BuiltStage) -> None:
    built.stage.play(SceneName.GOOD)
    assert built.props.card is not None
    assert built.props.codes == [built.props.card.qr_text]


def test_good_candidates_follow_their_seats_until_nobody_is_left(built: BuiltStage) -> None:
    numbers = []
    for _ in range(24):
        assert built.stage.play(SceneName.GOOD) is None
        numbers.append(built.stage.state().candidate_number)
    assert numbers == [candidate.candidate_number for candidate in built.stage.rooms[0].candidates]
    lying = built.props.card
    assert built.stage.play(SceneName.GOOD) is StageRefusal.NOBODY_LEFT
    assert built.props.card is lying
    built.stage.start_again()
    assert built.stage.play(SceneName.GOOD) is None
    assert built.stage.state().candidate_number == numbers[0]


def test_who_was_played_is_remembered_over_a_restart(tmp_path: Path) -> None:
    build_stage(tmp_path).stage.play(SceneName.GOOD)
    again = build_stage(tmp_path)
    assert again.stage.state().played == 1
    assert again.stage.play(SceneName.ALREADY_SEATED) is None
    assert again.stage.state().seat == "A1"
    assert again.stage.play(SceneName.GOOD) is None
    assert again.stage.state().seat == "B1"


def test_a_broken_memory_is_named(tmp_path: Path) -> None:
    (tmp_path / "cast.json").write_text("not a memory")
    with pytest.raises(CastFileError, match=r"cast\.json"):
        build_stage(tmp_path).stage.play(SceneName.GOOD)


def test_nobody_can_be_already_seated_before_the_first_good_candidate(built: BuiltStage) -> None:
    assert built.stage.play(SceneName.ALREADY_SEATED) is StageRefusal.NOBODY_SEATED_YET
    built.stage.play(SceneName.EXPIRED_CARD)
    assert built.stage.play(SceneName.ALREADY_SEATED) is StageRefusal.NOBODY_SEATED_YET


def test_already_seated_repeats_the_last_good_candidate(built: BuiltStage) -> None:
    built.stage.play(SceneName.GOOD)
    good = built.stage.state()
    built.stage.play(SceneName.EXPIRED_CARD)
    built.stage.play(SceneName.ALREADY_SEATED)
    assert built.stage.state().candidate_number == good.candidate_number
    assert built.stage.state().camera == good.camera


def test_someone_elses_card_shows_another_face_at_the_camera(built: BuiltStage) -> None:
    for _ in range(6):
        built.stage.play(SceneName.SOMEONE_ELSES_CARD)
        assert built.props.card is not None
        shown = built.portraits[built.props.scene.removeprefix("person:")]
        assert read_portrait(built.props.card.files[ShortFile.DG2]) != shown


def test_the_wrong_room_takes_candidates_of_the_room_next_door(built: BuiltStage) -> None:
    next_door = [candidate.candidate_number for candidate in built.stage.rooms[1].candidates]
    for expected in (*next_door, next_door[0]):
        built.stage.play(SceneName.WRONG_ROOM)
        assert built.stage.state().candidate_number == expected
    assert built.stage.state().room == "Phòng 102"
    assert built.stage.state().played == 0


def test_an_altered_portrait_is_the_face_at_the_camera(built: BuiltStage) -> None:
    built.stage.play(SceneName.ALTERED_PORTRAIT)
    assert built.props.card is not None
    in_chip = read_portrait(built.props.card.files[ShortFile.DG2])
    assert in_chip == built.portraits[built.props.scene.removeprefix("person:")]


@pytest.mark.parametrize(
    ("scene", "fault"),
    [(SceneName.DAMAGED_CHIP, Damaged), (SceneName.PULLED_OUT, PulledOut), (SceneName.GOOD, type(None))],
)
def test_faults_of_the_card(built: BuiltStage, scene: SceneName, fault: type) -> None:
    built.stage.play(scene)
    assert built.props.card is not None
    assert isinstance(built.props.card.fault, fault)


@pytest.mark.parametrize(
    ("scene", "camera"), [(SceneName.NOBODY_AT_CAMERA, "nobody"), (SceneName.TWO_AT_CAMERA, "two people")]
)
def test_scenes_at_the_camera(built: BuiltStage, scene: SceneName, camera: str) -> None:
    built.stage.play(scene)
    assert built.props.scene == camera
    assert built.stage.state().variant is CardVariant.GOOD


def test_taking_the_card_away_leaves_whoever_stands_there(built: BuiltStage) -> None:
    built.stage.play(SceneName.GOOD)
    built.stage.take_away()
    state = built.stage.state()
    assert not state.lying
    assert state.camera == "person:an"


def test_free_choice_of_card_and_face(built: BuiltStage) -> None:
    candidate = built.stage.rooms[0].candidates[3]
    assert built.stage.lay(candidate.candidate_number, CardVariant.EXPIRED, "person:chi") is None
    state = built.stage.state()
    assert (state.name, state.variant, state.camera) == (candidate.person.full_name, CardVariant.EXPIRED, "person:chi")
    assert state.scene is None


def test_a_free_choice_that_does_not_exist_changes_nothing(built: BuiltStage) -> None:
    known = built.stage.rooms[0].candidates[0].candidate_number
    assert built.stage.lay(CandidateNumber("00000000"), CardVariant.GOOD, "nobody") is StageRefusal.UNKNOWN_CANDIDATE
    assert built.stage.lay(known, CardVariant.GOOD, "person:dung") is StageRefusal.UNKNOWN_FACE
    assert built.props.done == []
