"""The days of rules."""

from datetime import UTC, datetime, timedelta

from edge.equipment_watch.room_hours import due_rules
from tests.builders.room_plans import hours, off_at, plan

MONDAY = datetime(2026, 6, 8, 0, 0, tzinfo=UTC) - timedelta(hours=7)
"""Midnight of a Monday in Asia/Ho_Chi_Minh."""


def test_a_rule_late_in_the_evening_belongs_to_its_own_day() -> None:
    followed = plan(rules=(off_at(23 * 60 + 30),))
    due = due_rules(followed, MONDAY + timedelta(hours=24, minutes=30))
    assert [day for _, day in due] == ["2026-06-08"]


def test_hours_over_midnight_hold_a_rule_back_on_both_sides_of_it() -> None:
    followed = plan(rules=(off_at(23 * 60 + 30),), lessons=(hours(23 * 60, 60),))
    assert due_rules(followed, MONDAY + timedelta(hours=24, minutes=30)) == []
    assert len(due_rules(followed, MONDAY + timedelta(hours=25))) == 1
