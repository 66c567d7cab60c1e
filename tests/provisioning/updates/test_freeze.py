"""Nothing changes from 48 hours before an exam until its end, whatever the clock says."""

from datetime import datetime, timedelta

import pytest

from models.enrollment import ExamWindow, WantedRelease
from models.wire.trust_list import FILE_NAME
from provisioning.updates.follow import follow, take_from_stick
from provisioning.updates.freeze import refuse_near_exam, time_at_hand, time_told
from provisioning.updates.refusals import ExamsUnknownError, FrozenForExamError
from tests.builders.releases import START, LyingLine, ReleaseBox, ReleaseHouse

EXAM = ExamWindow(exam_id="tn-thpt", starts_at=START + timedelta(days=10), ends_at=START + timedelta(days=12))


@pytest.fixture
def examined(box: ReleaseBox) -> ReleaseBox:
    box.give_trust_list(START, EXAM)
    return box


@pytest.mark.parametrize(
    "before_start",
    [timedelta(hours=48), timedelta(hours=1), timedelta(0), timedelta(days=-2) + timedelta(seconds=1)],
)
def test_near_an_exam_nothing_is_taken(examined: ReleaseBox, before_start: timedelta) -> None:
    with pytest.raises(FrozenForExamError):
        refuse_near_exam(examined.folder, EXAM.starts_at - before_start)


@pytest.mark.parametrize("instant", [EXAM.starts_at - timedelta(hours=48, seconds=1), EXAM.ends_at])
def test_before_and_after_everything_goes_on(examined: ReleaseBox, instant: datetime) -> None:
    refuse_near_exam(examined.folder, instant)


def test_a_clock_set_back_does_not_lift_the_freeze(examined: ReleaseBox) -> None:
    time_at_hand(examined.folder, EXAM.starts_at - timedelta(hours=5))
    set_back = time_at_hand(examined.folder, START - timedelta(days=900))
    with pytest.raises(FrozenForExamError):
        refuse_near_exam(examined.folder, set_back)


def test_a_trust_list_is_a_floor_of_its_own(examined: ReleaseBox) -> None:
    examined.give_trust_list(EXAM.starts_at - timedelta(hours=2), EXAM)
    with pytest.raises(FrozenForExamError):
        refuse_near_exam(examined.folder, time_at_hand(examined.folder, START))


def test_the_authority_mends_a_clock_that_was_far_ahead(examined: ReleaseBox) -> None:
    time_at_hand(examined.folder, START + timedelta(days=4000))
    time_told(examined.folder, START + timedelta(days=1))
    assert time_at_hand(examined.folder, START) == START + timedelta(days=1)


def test_orders_near_an_exam_fetch_nothing_and_count_as_no_failure(examined: ReleaseBox, line: LyingLine) -> None:
    wanted = WantedRelease(package="classroom-1.tar")
    done = follow(examined.folder, wanted, examined.network(line), EXAM.starts_at - timedelta(hours=1))
    assert (done.restart, done.words, line.asked) == (False, (), [])


def test_a_stick_near_an_exam_is_refused_with_a_sentence(house: ReleaseHouse, examined: ReleaseBox) -> None:
    with pytest.raises(FrozenForExamError, match="An exam is near"):
        take_from_stick(examined.folder, house.desk.repository, EXAM.starts_at)


def test_without_a_true_trust_list_nobody_knows_of_exams(house: ReleaseHouse, box: ReleaseBox) -> None:
    file = box.folder / FILE_NAME
    file.write_bytes(file.read_bytes().replace(b'"signature":"', b'"signature":"AA', 1))
    with pytest.raises(ExamsUnknownError):
        take_from_stick(box.folder, house.desk.repository, START)
    file.unlink()
    with pytest.raises(ExamsUnknownError):
        take_from_stick(box.folder, house.desk.repository, START)


def test_an_expired_trust_list_is_not_enough(house: ReleaseHouse, box: ReleaseBox) -> None:
    with pytest.raises(ExamsUnknownError):
        take_from_stick(box.folder, house.desk.repository, START + timedelta(days=401))
