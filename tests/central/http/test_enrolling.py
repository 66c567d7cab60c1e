"""Enrolling, replacing and taking out through central's pages, with the real authority behind them."""

import base64
import csv
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from central.database import Database
from models.enrollment import BoxState, CodeKind
from models.staff import Role
from models.wire.enrollment_code import read_link
from tests.builders.enrolling_office import EnrollingOffice
from tests.builders.front_desk import PASSWORD, SAME_SITE


@pytest.fixture
def office(sqlite_store: Database, tmp_path: Path) -> Iterator[EnrollingOffice]:
    office = EnrollingOffice(sqlite_store, tmp_path / "authority")
    yield office
    office.house.stop()


def _ask(office: EnrollingOffice, path: str, body: object, school: str | None = None) -> httpx.Response:
    return office.reception.visit(Role.IT, school=school).post(path, json=body, headers=SAME_SITE)


def _see(office: EnrollingOffice, path: str, school: str | None = None, role: Role = Role.IT) -> httpx.Response:
    return office.reception.visit(role, school=school).get(path)


def _made(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


def test_a_code_a_box_and_its_first_word_each_change_the_row(office: EnrollingOffice) -> None:
    made = _made(_ask(office, "/new-boxes/P101", {"reason": "máy mới"}))
    rows = f"/deliveries/{made['delivery']}/rows"
    assert 'data-arrival="waiting"' in _see(office, rows).text
    assert read_link(made["link"]).code == made["code"].replace("-", "")
    enrolled = office.enroll(made["code"])
    office.look()
    assert 'data-arrival="certified"' in _see(office, rows).text
    office.hello(enrolled, "P101")
    green = _see(office, rows).text
    assert 'data-arrival="heard"' in green
    assert "data-settled" in green
    assert enrolled.box_id in green


def test_the_deed_is_written_down_with_who_and_why_and_the_code_nowhere(office: EnrollingOffice) -> None:
    made = _made(_ask(office, "/new-boxes/P101", {"reason": "máy mới cho phòng thi"}))
    actor, action, subject, details = office.deeds()[-1]
    assert (actor, action, subject) == ("it", "box code made", "P101")
    assert json.loads(str(details))["reason"] == "máy mới cho phòng thi"
    assert "it" in {who for who, _, _ in office.house.deeds()}
    letters = made["code"].replace("-", "")
    for table in ("deliveries", "delivery_rooms", "audit_log", "box_records"):
        stored = str(office.centre.rows(table))
        assert made["code"] not in stored
        assert letters not in stored


def test_a_later_code_voids_the_first_and_a_late_one_says_so(office: EnrollingOffice) -> None:
    first = _made(_ask(office, "/new-boxes/P101", {"reason": "máy mới"}))
    second = _made(_ask(office, "/new-boxes/P101", {"reason": "mất mã"}))
    assert 'data-arrival="void"' in _see(office, f"/deliveries/{first['delivery']}/rows").text
    office.centre.clock.advance(minutes=31)
    assert 'data-arrival="late"' in _see(office, f"/deliveries/{second['delivery']}/rows").text


def test_a_box_that_never_speaks_is_told_after_a_while(office: EnrollingOffice) -> None:
    made = _made(_ask(office, "/new-boxes/P101", {"reason": "máy mới"}))
    office.enroll(made["code"])
    office.look()
    office.centre.clock.advance(minutes=6)
    assert 'data-arrival="mute"' in _see(office, f"/deliveries/{made['delivery']}/rows").text


def test_a_spare_takes_the_place_and_the_old_box_is_out(office: EnrollingOffice) -> None:
    old = office.enrolled("P101")
    page = _see(office, "/new-boxes/P101").text
    assert "Thay máy" in page
    assert _ask(office, "/new-boxes/P101", {"reason": "hỏng nguồn"}).json()["code"] == "ROOM_CHANGED"
    made = _made(_ask(office, "/new-boxes/P101", {"reason": "hỏng nguồn", "replaces": old.box_id}))
    spare = office.enroll(made["code"])
    office.look()
    office.hello(spare, "P101")
    office.hello(old, "P101")
    assert office.house.record(old.box_id).state is BoxState.REVOKED
    assert office.centre.rows("quarantine", "reason, box_id") == [("BOX_REVOKED", old.box_id)]
    page = _see(office, "/new-boxes/P101").text
    assert f"thay bằng {spare.box_id}" in page
    assert office.deeds()[-1][1:3] == ("box replacement begun", "P101")
    assert 'data-arrival="heard"' in _see(office, f"/deliveries/{made['delivery']}/rows").text


def test_a_delivery_is_previewed_then_printed_and_followed(office: EnrollingOffice) -> None:
    office.enrolled("P102")
    text = "room\nP101\nP102\nP201\nP999\nP101\n"
    preview = _ask(office, "/deliveries/preview", {"text": text}).text
    assert 'data-rooms="2"' in preview
    assert "P999" in preview
    made = _made(_ask(office, "/deliveries", {"text": text, "reason": "đợt 1"}))
    assert base64.b64decode(made["pdf"]).startswith(b"%PDF")
    rows = {row["room"]: row for row in csv.DictReader(made["csv"].splitlines())}
    assert set(rows) == {"P101", "P201"}
    page = _see(office, f"/deliveries/{made['delivery']}").text
    assert page.count('data-arrival="waiting"') == 2
    box = office.enroll(read_link(rows["P201"]["link"]).code)
    office.look()
    office.hello(box, "P201")
    page = _see(office, f"/deliveries/{made['delivery']}").text
    assert page.count('data-arrival="heard"') == 1
    assert page.count('data-arrival="waiting"') == 1
    assert "1/2" in _see(office, "/new-boxes").text


@pytest.mark.parametrize("text", ["", "name,place\na,b\n"])
def test_what_is_no_list_is_told(office: EnrollingOffice, text: str) -> None:
    assert _ask(office, "/deliveries/preview", {"text": text}).json()["code"] == "BAD_LIST"


def test_a_list_without_a_free_room_makes_nothing(office: EnrollingOffice) -> None:
    office.enrolled("P101")
    assert _ask(office, "/deliveries", {"text": "P101\n", "reason": "đợt 1"}).json()["code"] == "NO_ROOMS"


def test_a_refused_room_stands_in_the_delivery_with_its_reason(office: EnrollingOffice) -> None:
    """The authority has a box there of which central has not heard yet."""
    office.house.enrolled("P101")
    made = _made(_ask(office, "/deliveries", {"text": "P101\nP102\n", "reason": "đợt 1"}))
    assert str(made["refused"]) == "1"
    rows = _see(office, f"/deliveries/{made['delivery']}/rows").text
    assert rows.count('data-arrival="refused"') == 1


def test_a_schools_staff_reach_their_own_rooms_and_the_rest_is_not_there(office: EnrollingOffice) -> None:
    mine, other = office.enrolled("P101"), office.enrolled("P201")
    school = "TRUONG-1"
    assert _see(office, "/new-boxes/P101", school).status_code == 200
    assert _see(office, "/new-boxes/P201", school).status_code == 404
    assert _ask(office, "/new-boxes/P201", {"reason": "thử"}, school).status_code == 404
    assert _see(office, f"/boxes/{mine.box_id}/revocation", school).status_code == 200
    assert _see(office, f"/boxes/{other.box_id}/revocation", school).status_code == 404
    assert _ask(office, f"/boxes/{other.box_id}/revocation", _revocation(other.box_id), school).status_code == 404
    found = _see(office, "/new-boxes?room=P", school).text
    assert "P102" in found
    assert "P201" not in found
    assert 'data-rooms="1"' in _ask(office, "/deliveries/preview", {"text": "P102\nP201\n"}, school).text
    everywhere = _made(_ask(office, "/new-boxes/P201", {"reason": "thay", "replaces": other.box_id}))
    assert _see(office, f"/deliveries/{everywhere['delivery']}", school).status_code == 404
    checks = _see(office, "/fleet-checks", school).text
    assert mine.box_id in checks
    assert other.box_id not in checks


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.PRINCIPAL, Role.EXAM_OFFICE, Role.PROCTOR, Role.ADMINISTRATOR])
def test_nobody_but_it_staff_enrols_or_takes_out(office: EnrollingOffice, role: Role) -> None:
    box = office.enrolled("P101")
    client = office.reception.visit(role)
    for path in ("/new-boxes", "/new-boxes/P101", f"/boxes/{box.box_id}/revocation"):
        assert client.get(path).status_code == 403
    for path, body in (
        ("/new-boxes/P101", {"reason": "thử"}),
        ("/deliveries", {"text": "P102", "reason": "thử"}),
        (f"/boxes/{box.box_id}/revocation", _revocation(box.box_id)),
    ):
        assert client.post(path, json=body, headers=SAME_SITE).status_code == 403
    assert office.house.record(box.box_id).state is not BoxState.REVOKED


def _revocation(box_id: str, **changes: str) -> dict[str, str]:
    return {"reason": "mất trộm", "typed_name": box_id, "password": PASSWORD} | changes


def test_taking_out_asks_for_reason_name_and_password(office: EnrollingOffice) -> None:
    box = office.enrolled("P101")
    office.give_password(Role.IT)
    path = f"/boxes/{box.box_id}/revocation"
    assert _ask(office, path, _revocation(box.box_id, typed_name="box-other")).json()["code"] == "NAME_DIFFERS"
    assert _ask(office, path, _revocation(box.box_id, password="wrong")).json()["code"] == "WRONG_PASSWORD"
    assert _ask(office, path, _revocation(box.box_id, reason="")).status_code == 422
    assert office.house.record(box.box_id).state is not BoxState.REVOKED
    assert _ask(office, path, _revocation(box.box_id)).status_code == 200
    assert office.house.record(box.box_id).state is BoxState.REVOKED
    office.hello(box, "P101")
    assert office.centre.rows("quarantine", "reason") == [("BOX_REVOKED",)]
    actor, action, subject, details = office.deeds()[-1]
    assert (actor, action, subject) == ("it", "box taken out", box.box_id)
    assert json.loads(str(details))["reason"] == "mất trộm"


def test_wrong_passwords_end_in_a_pause(office: EnrollingOffice) -> None:
    box = office.enrolled("P101")
    path = f"/boxes/{box.box_id}/revocation"
    answers = [_ask(office, path, _revocation(box.box_id, password="wrong")).status_code for _ in range(10)]
    assert answers[0] == 401
    assert answers[-1] == 429


def test_the_page_counts_until_the_broker_has_cut_the_box(office: EnrollingOffice) -> None:
    box = office.enrolled("P101")
    office.give_password(Role.IT)
    progress = f"/boxes/{box.box_id}/revocation/progress"
    assert _ask(office, f"/boxes/{box.box_id}/revocation", _revocation(box.box_id)).status_code == 200
    office.centre.clock.advance(seconds=5)
    assert "chưa cắt, đã 5 giây" in _see(office, progress).text
    office.centre.clock.advance(seconds=60)
    assert 'data-arrival="refused"' in _see(office, progress).text
    office.keeper_installs()
    settled = _see(office, progress).text
    assert "đã cắt sau 65 giây" in settled
    assert "data-settled" in settled


def test_without_the_authority_people_are_told_and_nothing_else_suffers(office: EnrollingOffice) -> None:
    box = office.enrolled("P101")
    office.authority.plugged = False
    office.look()
    page = _see(office, "/new-boxes").text
    assert "Không liên lạc được với nơi cấp chứng thư từ 07:00:00" in page
    answer = _ask(office, "/new-boxes/P102", {"reason": "máy mới"})
    assert (answer.status_code, answer.json()["code"]) == (503, "AUTHORITY_UNREACHABLE")
    assert office.centre.rows("deliveries") == []
    office.hello(box, "P101")
    assert office.centre.rows("quarantine") == []


def test_a_typed_code_lives_half_an_hour_and_a_printed_one_a_week(office: EnrollingOffice) -> None:
    _made(_ask(office, "/new-boxes/P101", {"reason": "máy mới"}))
    _made(_ask(office, "/deliveries", {"text": "P102", "reason": "đợt 1"}))
    kinds = office.centre.rows("deliveries", "id, kind")
    assert [kind for _, kind in kinds] == [CodeKind.TYPED, CodeKind.PRINTED]


def test_the_checks_page_names_what_is_wrong(office: EnrollingOffice) -> None:
    box = office.enrolled("P101")
    page = _see(office, "/fleet-checks").text
    assert "Khóa của máy được giữ kém" in page
    assert box.box_id in page
    assert page.count("data-severity=") >= 13
