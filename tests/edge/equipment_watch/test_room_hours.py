"""School time: hours over midnight, and the days of rules."""

from datetime import UTC, datetime, timedelta

import pytest

from edge.equipment_watch.room_hours import due_rules, is_exam, is_within
from models.room_plan import WeekHours
from tests.builders.room_plans import off_at, plan

MONDAY = datetime(2026, 6, 8, 0, 0, tzinfo=UTC) - timedelta(hours=7)
"""Midnight of a Monday in Asia/Ho_Chi_Minh."""

NIGHT = WeekHours(weekdays=(0,), from_minute=22 * 60, to_minute=6 * 60)
DAY = WeekHours(weekdays=(0,), from_minute=7 * 60, to_minute=8 * 60)


@pytest.mark.parametrize(
    ("hours", "hour", "expected"),
    [
        (DAY, 6.99, False),
        (DAY, 7, True),
        (DAY, 7.99, True),
        (DAY, 8, False),
        (DAY, 31, False),
        (NIGHT, 21, False),
        (NIGHT, 22, True),
        (NIGHT, 29, True),
        (NIGHT, 30, False),
        (NIGHT, 5, False),
    ],
)
def test_hours_of_a_week(hours: WeekHours, hour: float, expected: object) -> None:
    assert is_within((hours,), MONDAY + timedelta(hours=hour)) is expected


def test_an_exam_ends_at_its_end() -> None:
    ends = MONDAY + timedelta(hours=2)
    followed = plan(exams=((MONDAY, ends),))
    assert [is_exam(followed, at) for at in (MONDAY, ends - timedelta(seconds=1), ends)] == [True, True, False]


def test_a_rule_late_in_the_evening_belongs_to_its_own_day() -> None:
    followed = plan(rules=(off_at(23 * 60 + 30),))
    due = due_rules(followed, MONDAY + timedelta(hours=24, minutes=30))
    assert [day for _, day in due] == ["2026-06-08"]
