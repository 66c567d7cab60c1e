"""The room's plan at the box: only central's, only newer, whole after every power cut, readable by its neighbours."""

import stat
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.room_plan_keeper import RoomPlanKeeper
from models.durable_files import DurableFileError
from models.identifiers import BoxId
from models.room_plan import PlanRefusal, RoomPlan, plan_from_file, sign_plan
from tests.builders.events import CENTRAL_KEY
from tests.builders.room_plans import plan

BOX = BoxId("box-101")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "room-plan.json"


def keeper(path: Path) -> RoomPlanKeeper:
    made = RoomPlanKeeper(path, CENTRAL_KEY.public_key(), BOX)
    made.start()
    return made


def test_a_plan_is_kept_told_and_there_again_after_a_restart(path: Path) -> None:
    told: list[RoomPlan] = []
    first = keeper(path)
    first.when_changed(told.append)
    assert (first.plan, first.version) == (None, None)
    assert first.take(sign_plan(plan(3), CENTRAL_KEY)) == plan(3)
    assert told == [plan(3)]
    assert keeper(path).plan == plan(3)
    assert plan_from_file(path.read_bytes(), CENTRAL_KEY.public_key(), BOX) == plan(3), "bridge and caretaker read it"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_same_plan_again_is_told_to_nobody_and_another_of_the_same_version_is(path: Path) -> None:
    held = keeper(path)
    held.take(sign_plan(plan(3), CENTRAL_KEY))
    told: list[RoomPlan] = []
    held.when_changed(told.append)
    held.take(sign_plan(plan(3), CENTRAL_KEY))
    assert told == []
    other = plan(3, devices=())
    held.take(sign_plan(other, CENTRAL_KEY))
    assert told == [other]


@pytest.mark.parametrize(
    ("signed", "refusal"),
    [
        (sign_plan(plan(2), CENTRAL_KEY), PlanRefusal.OLDER_THAN_HELD),
        (sign_plan(plan(4), Ed25519PrivateKey.generate()), PlanRefusal.WRONG_SIGNATURE),
        (sign_plan(plan(4, box_id="box-102"), CENTRAL_KEY), PlanRefusal.OTHER_BOX),
    ],
)
def test_what_is_not_a_newer_plan_of_central_for_this_box_changes_nothing(
    path: Path, signed: object, refusal: PlanRefusal
) -> None:
    held = keeper(path)
    held.take(sign_plan(plan(3), CENTRAL_KEY))
    content = path.read_bytes()
    assert held.take(signed) is refusal  # type: ignore[arg-type] # the table's columns have one type
    assert (held.version, path.read_bytes()) == (3, content)


def test_an_older_plan_that_was_laid_in_its_place_is_set_aside_at_the_start(path: Path) -> None:
    held = keeper(path)
    held.take(sign_plan(plan(2), CENTRAL_KEY))
    older = path.read_bytes()
    held.take(sign_plan(plan(3), CENTRAL_KEY))
    path.write_bytes(older)
    begun = keeper(path)
    assert (begun.plan, begun.version) == (None, None), "hello says that there is none, and central sends the newest"
    assert begun.take(sign_plan(plan(2), CENTRAL_KEY)) is PlanRefusal.OLDER_THAN_HELD
    assert begun.take(sign_plan(plan(3), CENTRAL_KEY)) == plan(3)
    assert keeper(path).plan == plan(3)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff" * 200, msgspec.json.encode(sign_plan(plan(9), Ed25519PrivateKey.generate()))]
)
def test_a_file_that_cannot_be_believed_is_as_none(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    held = keeper(path)
    assert held.version is None
    held.take(sign_plan(plan(1), CENTRAL_KEY))
    assert keeper(path).version == 1


def test_a_card_that_takes_no_writing_leaves_the_former_plan(tmp_path: Path) -> None:
    held = RoomPlanKeeper(tmp_path / "gone" / "room-plan.json", CENTRAL_KEY.public_key(), BOX)
    held.start()
    with pytest.raises(DurableFileError):
        held.take(sign_plan(plan(1), CENTRAL_KEY))
    assert held.version is None
