"""A school's staff write its hours, rules and limits in a form; every room's plan has them then."""

import pytest

from central.registers import room_plans
from central.registers.room_plans import USUAL_HOURS, SchoolHours
from models.room_plan import WeekHours
from models.staff import Role
from tests.builders.front_desk import SAME_SITE, Reception
from tests.builders.places import build_places

LIMITS = {
    "silent_minutes": 20,
    "hot_celsius": 50,
    "hot_clear_celsius": 46.5,
    "battery_low": 15,
    "battery_clear": 25,
    "lamp_hours": 2500,
}
RULE = {"weekdays": [0, 4], "at": "17:30", "kind": "projector", "command": "power off"}
FORM = {
    "lessons": [{"weekdays": [4, 0, 0], "begins": "07:15", "ends": "11:30"}],
    "quiet": [{"weekdays": [6], "begins": "21:00", "ends": "05:30"}],
    "rules": [RULE, RULE],
    "limits": LIMITS,
    "announce": True,
    "reason": "năm học mới",
}


@pytest.fixture
def school(reception: Reception) -> Reception:
    with reception.centre.database.writing() as connection:
        build_places(connection)
    return reception


def _send(school: Reception, content: dict[str, object], at: str = "DK", role: Role = Role.IT) -> int:
    visitor = school.visit(role, school="DK")
    return visitor.post(f"/places/{at}/hours", json=content, headers=SAME_SITE).status_code


def _held(school: Reception) -> SchoolHours:
    with school.centre.database.reading() as connection:
        return room_plans.hours_of(connection, "DK")


def test_the_form_is_kept_and_raises_the_version_of_every_room(school: Reception) -> None:
    assert _send(school, FORM) == 200
    held = _held(school)
    assert held.lessons == (WeekHours(weekdays=(0, 4), from_minute=435, to_minute=690),)
    assert held.quiet == (
        WeekHours(weekdays=(6,), from_minute=1260, to_minute=1440),
        WeekHours(weekdays=(0,), from_minute=0, to_minute=330),
    )
    assert [one.rule_id for one in held.rules] == ["projector-power-off-1730", "projector-power-off-1730-2"]
    assert (held.limits.silent_minutes, held.limits.hot_clear_celsius) == (20, 46.5)
    assert (held.announce, held.limits.door_open_quiet) == (True, False)
    with school.centre.database.reading() as connection:
        assert {"DK-101", "DK-102"} <= set(room_plans.changed_after(connection, 0))
        assert room_plans.version_of(connection, "TP-201") is None


def test_what_is_held_stands_in_the_form_again(school: Reception) -> None:
    _send(school, FORM | {"lessons": [{"weekdays": [1], "begins": "13:00", "ends": "00:00"}]})
    page = school.visit(Role.IT, school="DK").get("/places/DK/hours").text
    assert 'name="begins" value="13:00"' in page
    assert 'name="ends" value="00:00"' in page
    assert _held(school).lessons == (WeekHours(weekdays=(1,), from_minute=780, to_minute=1440),)
    assert page.count('data-rows="rules"') == 3
    assert 'name="limits.silent_minutes" required min="1" max="10000" value="20"' in page


@pytest.mark.parametrize(
    ("lessons", "said"),
    [
        ([("17:00", "18:00")], "đợi hết giờ học, chậm nhất hai giờ."),
        ([("17:00", "18:00"), ("18:00", "19:20")], "đợi hết giờ học, chậm nhất hai giờ."),
        ([("17:00", "18:00"), ("18:00", "19:30")], "máy phòng sẽ không làm"),
        ([("17:00", "21:00")], "máy phòng sẽ không làm"),
        ([("07:00", "17:30")], ""),
    ],
)
def test_a_rule_in_lesson_hours_waits_and_is_warned_of_if_too_long(
    school: Reception, lessons: list[tuple[str, str]], said: str
) -> None:
    hours = [{"weekdays": [4], "begins": begins, "ends": ends} for begins, ends in lessons]
    assert _send(school, FORM | {"lessons": hours}) == 200
    text = school.visit(Role.IT, school="DK").get("/places/DK/hours").text
    assert ("Rơi vào giờ học" in text) is bool(said)
    assert said in text


@pytest.mark.parametrize(
    "change",
    [
        {"lessons": [{"weekdays": [], "begins": "07:00", "ends": "08:00"}]},
        {"lessons": [{"weekdays": [7], "begins": "07:00", "ends": "08:00"}]},
        {"lessons": [{"weekdays": [1], "begins": "7h", "ends": "08:00"}]},
        {"lessons": [{"weekdays": [1], "begins": "07:00", "ends": "07:00"}]},
        {"rules": [RULE | {"kind": "3D glasses"}]},
        {"rules": [RULE | {"command": "select source"}]},
        {"rules": [RULE | {"at": "25:00"}]},
        {"rules": [RULE] * 31},
        {"limits": LIMITS | {"hot_clear_celsius": 50}},
        {"limits": LIMITS | {"battery_clear": 10}},
        {"limits": LIMITS | {"silent_minutes": 0}},
        {"reason": ""},
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_changed(school: Reception, change: dict[str, object]) -> None:
    assert _send(school, FORM | change) == 422
    assert _held(school) == USUAL_HOURS


def test_another_school_is_not_there_and_a_principal_only_looks(school: Reception) -> None:
    assert _send(school, FORM, at="TP") == 404
    assert _send(school, FORM, role=Role.PRINCIPAL) == 403
    principal = school.visit(Role.PRINCIPAL, school="DK")
    assert principal.get("/places/TP/hours").status_code == 404
    page = principal.get("/places/DK/hours").text
    assert "trường chưa đặt" in page
    assert "Lưu cho cả trường" not in page
