"""Roll-outs at the authority: groups, stopping, widening, exams, and who may say so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.enrollment import AuthorityRefusal, BoxOrders, BoxReport, RefusalCode, WantedRelease
from models.fleet import Errand
from models.roll_outs import (
    Pace,
    ReleaseKind,
    RollOut,
    RollOutGroup,
    RollOutRequest,
    RollOuts,
    RollOutState,
    RollOutStep,
)
from models.wire import codec
from models.wire.trust_list import SignedTrustList, TrustList
from provisioning.authority.caller import Caller
from provisioning.authority.roll_outs import group_of
from tests.builders.founded_authority import EnrolledBox, FoundedAuthority
from tests.builders.releases import ReleaseHouse

ERRAND = Errand(actor="it-tinh", reason="sửa lỗi đầu đọc")
EVERYBODY = RollOutGroup(percent=100)


class Province:
    """An authority with a published release `classroom-1.tar` and boxes."""

    def __init__(self, folder: Path, boxes: int) -> None:
        self.house = FoundedAuthority(folder / "authority")
        self.releases = ReleaseHouse(folder / "desk")
        self.releases.release("classroom-1.tar")
        self.house.settings.releases.symlink_to(self.releases.desk.repository)
        self.boxes = [self.house.enrolled(f"A-{number}") for number in range(boxes)]

    def ask(self, *groups: RollOutGroup, target: str = "classroom-1.tar", pace: Pace = Pace.STEP_BY_STEP) -> object:
        request = RollOutRequest(errand=ERRAND, target=target, groups=groups, pace=pace)
        return self.house.authority.start_roll_out(self.house.central, request)

    def start(self, *groups: RollOutGroup, target: str = "classroom-1.tar", pace: Pace = Pace.STEP_BY_STEP) -> RollOut:
        answer = self.ask(*groups, target=target, pace=pace)
        assert isinstance(answer, RollOut), answer
        return answer

    def widen(self, number: int = 1) -> object:
        return self.house.authority.widen_roll_out(self.house.central, RollOutStep(errand=ERRAND, number=number))

    def stop(self, number: int = 1) -> object:
        return self.house.authority.stop_roll_out(self.house.central, RollOutStep(errand=ERRAND, number=number))

    def now(self) -> RollOut:
        return self.overview().roll_outs[0]

    def overview(self) -> RollOuts:
        answer = self.house.authority.roll_outs(self.house.central)
        assert isinstance(answer, RollOuts)
        return answer

    def wanted(self, box: EnrolledBox) -> WantedRelease:
        orders = self.house.authority.orders(box.caller)
        assert isinstance(orders, BoxOrders)
        return orders.wanted

    def tell(self, box: EnrolledBox, outcome: str, target: str = "classroom-1.tar", sentence: str = "") -> None:
        box.report(
            BoxReport(
                software="1", weights="", trust_list_version=1, room_devices_version=0, update_target=target,
                update_outcome=outcome, update_sentence=sentence,
            )
        )  # fmt: skip

    def of_group(self, roll_out: RollOut, place: int) -> list[EnrolledBox]:
        groups = tuple(RollOutGroup(schools=group.schools, percent=group.percent) for group in roll_out.groups)
        return [box for box in self.boxes if group_of(roll_out.target, groups, box.box_id, "TRUONG-1") == place]


@pytest.fixture
def province(tmp_path: Path) -> Iterator[Province]:
    made = Province(tmp_path, 6)
    yield made
    made.house.stop()


def test_only_boxes_of_open_groups_are_told(province: Province) -> None:
    roll_out = province.start(RollOutGroup(percent=50), EVERYBODY)
    first, rest = province.of_group(roll_out, 0), province.of_group(roll_out, 1)
    assert [province.wanted(box).package for box in first] == ["classroom-1.tar"] * len(first)
    assert [province.wanted(box).package for box in rest] == [None] * len(rest)
    province.widen()
    assert [province.wanted(box).package for box in rest] == ["classroom-1.tar"] * len(rest)


def test_a_school_is_a_group(province: Province) -> None:
    roll_out = province.start(RollOutGroup(schools=("TRUONG-1",)), EVERYBODY)
    assert [group.boxes for group in roll_out.groups] == [6, 0]
    assert province.of_group(roll_out, 1) == []


def test_enough_boxes_that_run_it_make_it_wait_for_a_word_and_then_be_done(province: Province) -> None:
    province.start(RollOutGroup(schools=("TRUONG-1",)), EVERYBODY)
    for box in province.boxes[:5]:
        province.tell(box, "installed")
    assert province.now().state is RollOutState.RUNNING
    province.tell(province.boxes[5], "installed")
    assert province.now().state is RollOutState.WAITING
    province.widen()
    assert province.now().state is RollOutState.DONE


def test_by_itself_it_widens_when_enough_boxes_run_it(province: Province) -> None:
    province.start(RollOutGroup(schools=("TRUONG-1",)), EVERYBODY, pace=Pace.BY_ITSELF)
    for box in province.boxes:
        province.tell(box, "installed")
    assert province.now().state is RollOutState.DONE
    assert ("authority", "roll-out widened", "roll-out 1") in province.house.deeds()


@pytest.mark.parametrize("outcome", ["failed", "rolled back", "refused"])
def test_two_boxes_that_fail_stop_it_by_itself(province: Province, outcome: str) -> None:
    province.start(EVERYBODY)
    province.tell(province.boxes[0], outcome, sentence="It did not come up.")
    province.tell(province.boxes[0], outcome)
    assert province.now().state is RollOutState.RUNNING
    province.tell(province.boxes[1], outcome)
    stopped = province.now()
    assert stopped.state is RollOutState.STOPPED
    assert "2 of 6" in stopped.note
    assert {failure.box_id for failure in stopped.failures} == {box.box_id for box in province.boxes[:2]}
    assert [province.wanted(box).package for box in province.boxes] == [None] * 6
    assert ("authority", "roll-out stopped", "roll-out 1") in province.house.deeds()


def test_boxes_that_wait_are_asked_again_and_stop_nothing(province: Province) -> None:
    province.start(EVERYBODY)
    for box in province.boxes:
        province.tell(box, "waiting", sentence="The source sends too slowly.")
    now = province.now()
    assert (now.state, now.groups[0].failed) == (RollOutState.RUNNING, 0)
    assert [province.wanted(box).package for box in province.boxes] == ["classroom-1.tar"] * 6
    province.tell(province.boxes[0], "refused")
    assert province.wanted(province.boxes[0]).package is None


def test_authority_and_boxes_freeze_by_the_same_exams(province: Province) -> None:
    province.start(EVERYBODY)
    box = province.boxes[0]

    def told() -> tuple[str | None, int]:
        signed = province.house.authority.trust_list(box.caller)
        assert isinstance(signed, SignedTrustList)
        return province.wanted(box).package, len(codec.decode(signed.body, TrustList).exams)

    province.house.set_exam("another-school", 1, 1, "X-999")
    assert told() == ("classroom-1.tar", 0)
    province.house.set_exam("the-neighbours-room", 1, 1, "A-3")
    assert told() == (None, 1)
    province.house.set_exam("everywhere", 1, 1)
    assert told() == (None, 1)


def test_a_stopped_release_stays_where_it_runs(province: Province) -> None:
    province.start(EVERYBODY)
    province.tell(province.boxes[0], "installed")
    province.stop()
    assert province.wanted(province.boxes[0]).package == "classroom-1.tar"
    assert province.wanted(province.boxes[1]).package is None


def test_a_box_on_which_it_failed_goes_back_to_what_was_done_before(province: Province) -> None:
    province.start(EVERYBODY)
    for box in province.boxes:
        province.tell(box, "installed")
    province.releases.release("classroom-2.tar")
    province.start(EVERYBODY, target="classroom-2.tar")
    assert province.wanted(province.boxes[0]).package == "classroom-2.tar"
    province.tell(province.boxes[0], "rolled back", "classroom-2.tar")
    assert province.wanted(province.boxes[0]).package == "classroom-1.tar"


def test_weights_and_packages_roll_out_side_by_side_but_only_one_of_each(province: Province) -> None:
    province.releases.release("weights-1.tar", kind=ReleaseKind.WEIGHTS)
    province.start(EVERYBODY)
    province.start(EVERYBODY, target="weights-1.tar")
    assert province.wanted(province.boxes[0]) == WantedRelease(package="classroom-1.tar", weights="weights-1.tar")
    province.releases.release("classroom-2.tar")
    assert _code(province.ask(EVERYBODY, target="classroom-2.tar")) is RefusalCode.NOT_ALLOWED


def test_near_an_exam_nothing_starts_widens_or_is_wanted(province: Province) -> None:
    province.start(RollOutGroup(schools=("TRUONG-1",)), EVERYBODY)
    province.house.set_exam("tn-thpt", 1.9, 2, *(f"A-{number}" for number in range(6)))
    assert province.wanted(province.boxes[0]) == WantedRelease()
    assert province.overview().frozen_for is not None
    province.stop()
    assert _code(province.ask(EVERYBODY)) is RefusalCode.FROZEN_FOR_EXAM
    province.house.clock.advance(days=4)
    assert isinstance(province.ask(EVERYBODY), RollOut)


def test_widening_is_frozen_too_and_a_stop_never_is(province: Province) -> None:
    province.start(RollOutGroup(percent=0), EVERYBODY)
    province.house.set_exam("tn-thpt", 1, 2, "A-3")
    assert _code(province.widen()) is RefusalCode.FROZEN_FOR_EXAM
    assert isinstance(province.stop(), RollOut)


def test_an_exam_more_than_two_days_away_holds_nothing_up(province: Province) -> None:
    province.house.set_exam("tn-thpt", 2.1, 2, "A-3")
    assert isinstance(province.ask(EVERYBODY), RollOut)


def test_only_central_may_ask_and_only_with_a_reason(province: Province) -> None:
    authority, box = province.house.authority, province.boxes[0].caller
    for caller in (box, province.house.keeper):
        assert _code(authority.roll_outs(caller)) is RefusalCode.NOT_ALLOWED
        assert _code(_start(province, caller, ERRAND)) is RefusalCode.NOT_ALLOWED
        step = RollOutStep(errand=ERRAND, number=1)
        assert _code(authority.widen_roll_out(caller, step)) is RefusalCode.NOT_ALLOWED
        assert _code(authority.stop_roll_out(caller, step)) is RefusalCode.NOT_ALLOWED
    empty = Errand(actor="it-tinh", reason=" ")
    assert _code(_start(province, province.house.central, empty)) is RefusalCode.REQUEST_BROKEN


def test_what_cannot_be_is_refused(province: Province) -> None:
    assert _code(province.ask(EVERYBODY, target="classroom-9.tar")) is RefusalCode.REQUEST_BROKEN
    assert _code(province.ask(RollOutGroup(percent=10))) is RefusalCode.REQUEST_BROKEN
    assert _code(province.widen(7)) is RefusalCode.REQUEST_BROKEN
    province.start(EVERYBODY)
    assert _code(province.widen()) is RefusalCode.NOT_ALLOWED


def test_every_deed_is_written_down_with_person_and_reason(province: Province) -> None:
    province.start(RollOutGroup(percent=0), RollOutGroup(percent=50), EVERYBODY)
    province.widen()
    province.stop()
    deeds = [deed for deed in province.house.deeds() if deed[2] == "roll-out 1"]
    assert deeds == [("it-tinh", f"roll-out {word}", "roll-out 1") for word in ("started", "widened", "stopped")]


def test_files_of_the_repository_are_for_enrolled_boxes_only(province: Province) -> None:
    authority, box = province.house.authority, province.boxes[0].caller
    found = authority.update_file(box, "metadata", "timestamp.json")
    assert isinstance(found, Path)
    for shelf, name in (
        ("metadata", "..%2f"),
        ("metadata", ".."),
        ("draft", "targets.json"),
        ("metadata", "none.json"),
    ):
        assert _code(authority.update_file(box, shelf, name)) is RefusalCode.REQUEST_BROKEN
    assert _code(authority.update_file(province.house.central, "metadata", "timestamp.json")) is RefusalCode.NOT_ALLOWED
    province.house.revoke(province.boxes[0].box_id)
    assert _code(authority.update_file(box, "metadata", "timestamp.json")) is RefusalCode.BOX_REVOKED


def test_revoked_boxes_count_in_no_group(province: Province) -> None:
    province.house.revoke(province.boxes[0].box_id)
    assert province.start(EVERYBODY).groups[0].boxes == 5


def test_roll_outs_live_on_after_a_restart(province: Province) -> None:
    province.start(EVERYBODY)
    province.house.again()
    assert province.now().target == "classroom-1.tar"


def test_shares_fall_evenly_and_differ_from_release_to_release() -> None:
    groups = (RollOutGroup(percent=10), EVERYBODY)
    boxes = [f"box-{number}" for number in range(2000)]
    first = [{box for box in boxes if group_of(target, groups, box, "") == 0} for target in ("a.tar", "b.tar")]
    assert all(140 <= len(chosen) <= 260 for chosen in first)
    assert len(first[0] & first[1]) < 60


def _start(province: Province, caller: Caller, errand: Errand) -> object:
    request = RollOutRequest(errand=errand, target="classroom-1.tar", groups=(EVERYBODY,))
    return province.house.authority.start_roll_out(caller, request)


def _code(answer: object) -> RefusalCode | None:
    return answer.code if isinstance(answer, AuthorityRefusal) else None
