"""The page of updates: what runs where, roll-outs as bars, and who may start, widen and stop them."""

from datetime import timedelta
from typing import TypeVar

import msgspec
import pytest

from central.authority_office import AuthorityOffice, OnlineAuthorityOffice
from central.database import Database
from central.it_office.what_runs import RunningBox, what_runs
from central.registers import box_records, place_register, staff_accounts
from models.enrollment import AuthorityRefusal, BoxState, ExamWindow, RefusalCode
from models.fleet import BoxRecord
from models.identifiers import BoxId, RoomId
from models.roll_outs import (
    FailedBox,
    GroupStanding,
    Offer,
    Pace,
    ReleaseKind,
    RollOut,
    RollOutRequest,
    RollOuts,
    RollOutState,
)
from models.staff import Role
from models.wire.authority_line import AuthorityUnreachableError, RefusedByAuthorityError
from tests.builders.centre import Centre
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.front_desk import PASSWORD, SAME_SITE, Reception

T = TypeVar("T")
EXAM = ExamWindow(exam_id="tn-thpt", starts_at=SEVEN_O_CLOCK, ends_at=SEVEN_O_CLOCK + timedelta(days=2))


class ToldAuthority(OnlineAuthorityOffice):
    """Answers about roll-outs from memory and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__("authority.test:8443", lambda: pytest.fail("there is no network here"))
        self.asked: list[tuple[str, msgspec.Struct]] = []
        self.error: Exception | None = None
        self.frozen_for: ExamWindow | None = None
        self.roll_out = RollOut(
            number=3,
            target="classroom-2.tar",
            kind=ReleaseKind.PACKAGE,
            state=RollOutState.WAITING,
            pace=Pace.STEP_BY_STEP,
            started_at=SEVEN_O_CLOCK,
            started_by="it-tinh",
            reason="sửa lỗi đầu đọc",
            changed_at=SEVEN_O_CLOCK,
            note="",
            groups=(
                GroupStanding(schools=("TRUONG-1",), percent=0, is_open=True, boxes=10, done=9, failed=1),
                GroupStanding(schools=(), percent=100, is_open=False, boxes=90, done=0, failed=0),
            ),
            failures=(FailedBox(box_id=BoxId("box-7"), outcome="rolled back", sentence="It did not come up."),),
        )

    def ask(self, path: str, question: msgspec.Struct | None, answer: type[T]) -> T:
        if self.error is not None:
            raise self.error
        if question is not None:
            self.asked.append((path, question))
            return msgspec.convert(self.roll_out, answer, from_attributes=True)
        offers = (Offer(target="classroom-2.tar", kind=ReleaseKind.PACKAGE, number=2, bytes=5),)
        told = RollOuts(now=SEVEN_O_CLOCK, frozen_for=self.frozen_for, offers=offers, roll_outs=(self.roll_out,))
        return msgspec.convert(told, answer, from_attributes=True)


@pytest.fixture
def authority() -> ToldAuthority:
    return ToldAuthority()


@pytest.fixture
def reception(sqlite_store: Database, authority: AuthorityOffice) -> Reception:
    return Reception(Centre(sqlite_store), authority)


def test_roll_outs_are_shown_group_by_group_in_words_and_bars(reception: Reception) -> None:
    page = reception.visit(Role.IT).get("/updates").text
    assert "✓ 9 đã chạy · ⬣ 1 lỗi · ○ 0 chờ" in page
    assert "chờ cho phép nhóm sau" in page
    assert "tự quay về bản cũ" in page
    assert "Mở nhóm sau" in page
    assert '<rect class="done" x="0" y="0" width="9" height="10"/>' in page


def test_a_frozen_fleet_says_until_when(reception: Reception, authority: ToldAuthority) -> None:
    authority.frozen_for = EXAM
    assert "Sắp thi hoặc đang thi (tn-thpt)" in reception.visit(Role.IT).get("/updates").text


@pytest.mark.parametrize("role", [Role.PRINCIPAL, Role.EXAM_OFFICE])
def test_who_only_looks_sees_no_buttons(reception: Reception, role: Role) -> None:
    page = reception.visit(role).get("/updates").text
    assert "đã chạy" in page
    assert "data-roll-out" not in page


def test_it_staff_of_one_school_look_and_may_not_act(reception: Reception, authority: ToldAuthority) -> None:
    _school(reception, "TRUONG-1")
    visitor = reception.visit(Role.IT, school="TRUONG-1")
    assert "data-roll-out" not in visitor.get("/updates").text
    for path in ("", "/3/widen", "/3/stop"):
        content = {"target": "classroom-2.tar", "reason": "sửa lỗi", "password": PASSWORD}
        assert visitor.post(f"/updates/roll-outs{path}", json=content, headers=SAME_SITE).status_code == 403
    assert authority.asked == []


def test_a_roll_out_starts_with_schools_then_a_share_then_everybody(
    reception: Reception, authority: ToldAuthority
) -> None:
    _school(reception, "TRUONG-1")
    _give_password(reception)
    content = {
        "target": "classroom-2.tar",
        "schools": "TRUONG-1, TRUONG-1",
        "percent": 10,
        "pace": "by itself",
        "reason": "sửa lỗi đầu đọc",
        "password": PASSWORD,
    }
    answer = reception.visit(Role.IT).post("/updates/roll-outs", json=content, headers=SAME_SITE)
    assert answer.status_code == 201, answer.text
    ((path, order),) = authority.asked
    assert path == "/v1/roll-outs"
    assert isinstance(order, RollOutRequest)
    assert [(group.schools, group.percent) for group in order.groups] == [(("TRUONG-1",), 0), ((), 10), ((), 100)]
    assert (order.pace, order.errand.actor, order.errand.reason) == (Pace.BY_ITSELF, "it", "sửa lỗi đầu đọc")
    assert any("roll-out started" in row for row in reception.centre.rows("audit_log"))


def test_a_school_that_nobody_knows_starts_nothing(reception: Reception, authority: ToldAuthority) -> None:
    content = {"target": "classroom-2.tar", "schools": "TRUONG-9", "reason": "sửa lỗi", "password": PASSWORD}
    answer = reception.visit(Role.IT, accept="application/json").post(
        "/updates/roll-outs", json=content, headers=SAME_SITE
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "NO_SUCH_SCHOOL")
    assert authority.asked == []


def test_widening_asks_for_the_own_password_and_a_stop_does_not(reception: Reception, authority: ToldAuthority) -> None:
    _give_password(reception)
    visitor = reception.visit(Role.IT, accept="application/json")
    wrong = {"reason": "nhóm đầu tốt", "password": "sai rồi nhé bạn"}
    assert visitor.post("/updates/roll-outs/3/widen", json=wrong, headers=SAME_SITE).status_code == 401
    assert authority.asked == []
    right = {"reason": "nhóm đầu tốt", "password": PASSWORD}
    assert visitor.post("/updates/roll-outs/3/widen", json=right, headers=SAME_SITE).status_code == 200
    assert visitor.post("/updates/roll-outs/3/stop", json={"reason": "có lỗi"}, headers=SAME_SITE).status_code == 200
    assert [path for path, _ in authority.asked] == ["/v1/roll-outs/widen", "/v1/roll-outs/stop"]


def test_the_authoritys_no_and_its_silence_are_told_apart(reception: Reception, authority: ToldAuthority) -> None:
    visitor = reception.visit(Role.IT, accept="application/json")
    refusal = AuthorityRefusal(code=RefusalCode.FROZEN_FOR_EXAM, sentence="An exam is near.")
    for error, status, code in (
        (RefusedByAuthorityError(refusal), 409, "FROZEN_FOR_EXAM"),
        (AuthorityUnreachableError("Nobody answers."), 503, "AUTHORITY_UNREACHABLE"),
    ):
        authority.error = error
        answer = visitor.post("/updates/roll-outs/3/stop", json={"reason": "có lỗi"}, headers=SAME_SITE)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_silent_authority_leaves_the_table(reception: Reception, authority: ToldAuthority) -> None:
    _record(reception, "box-1", software="1.0")
    authority.error = AuthorityUnreachableError("Nobody answers.")
    page = reception.visit(Role.IT).get("/updates").text
    assert "Chưa hỏi được nơi cấp chứng thư" in page
    assert "1.0" in page


def test_the_table_counts_versions_and_names_who_lags_behind(reception: Reception) -> None:
    _record(reception, "box-1", software="0.9.9", version=4)
    _record(reception, "box-2", software="0.10.0", version=5)
    _record(reception, "box-3", software="0.10.0", version=5, school="TRUONG-2")
    _record(reception, "box-4", software=None, version=None)
    _record(reception, "box-5", software="0.1", state=BoxState.REVOKED)
    with reception.centre.database.reading() as connection:
        records = box_records.list_all(connection, None)
    live = [RunningBox(record=record, hello=None) for record in records if box_records.is_live(record)]
    software, _, trust, _ = what_runs(live)
    assert [(value.value, len(value.boxes), value.is_wanted) for value in software.values] == [
        ("0.10.0", 2, True),
        ("0.9.9", 1, False),
        ("", 1, False),
    ]
    assert software.behind == ("box-1", "box-4")
    assert trust.behind == ("box-1", "box-4")
    page = reception.visit(Role.IT).get("/updates").text
    assert 'href="/boxes/box-1"' in page
    assert "box-5" not in page


def test_a_school_sees_only_its_own_boxes_in_the_table(reception: Reception) -> None:
    _school(reception, "TRUONG-1")
    _record(reception, "box-1", software="0.9", version=4)
    _record(reception, "box-3", software="0.7", school="TRUONG-2")
    with reception.centre.database.writing() as connection:
        place_register.add_or_change_room(
            connection, room_id="P-box-1", school_id="TRUONG-1", room_name="A1", is_smart=False, at=SEVEN_O_CLOCK
        )
    page = reception.visit(Role.IT, school="TRUONG-1").get("/updates").text
    assert "0.9" in page
    assert "0.7" not in page


def _school(reception: Reception, code: str) -> None:
    school = place_register.School(school_id=code, school_name="Trường THPT Số Một", commune="Xã Một")
    with reception.centre.database.writing() as connection:
        place_register.add_or_change_school(connection, school, reception.centre.clock.now())


def _give_password(reception: Reception) -> None:
    account = reception.account(Role.IT)
    with reception.centre.database.writing() as connection:
        staff_accounts.set_password(connection, account.id, reception.desk.passwords.hash(PASSWORD))


def _record(
    reception: Reception,
    name: str,
    *,
    software: str | None,
    version: int | None = 1,
    school: str = "TRUONG-1",
    state: BoxState = BoxState.ENROLLED,
) -> None:
    record = BoxRecord(
        change=int(name.removeprefix("box-")), box_id=BoxId(name), room_id=RoomId(f"P-{name}"), room_name="Phòng",
        school_id=school, state=state, chain_key=None, key_grade=None, machine=None, serial=None,
        certificate_good_until=None, exam_certificate_good_until=None, certified_at=None, enrolled_at=None,
        revoked_at=None, replaced_by=None, software=software, weights="w1", trust_list_version=version,
        reported_at=None,
    )  # fmt: skip
    with reception.centre.database.writing() as connection:
        box_records.put(connection, record)
