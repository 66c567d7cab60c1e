"""Lessons are in school time, whatever clock asks; exams are instants."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.clock import SCHOOL_ZONE
from models.room_plan import RoomPlan, WeekHours, in_exam, in_lesson, may_be_lesson

SEVEN = datetime(2026, 6, 11, 0, 0, tzinfo=UTC)  # seven in the morning of a Thursday in Vietnam


def plan(*lessons: WeekHours) -> RoomPlan:
    exam = (SEVEN, SEVEN + timedelta(hours=2))
    return RoomPlan(
        version=1,
        box_id="box-1",
        room_id="room-1",
        room_name="9A",
        made_at=SEVEN,
        devices=(),
        lessons=lessons,
        exams=(exam,),
    )


THURSDAYS = WeekHours(weekdays=(3,), from_minute=7 * 60, to_minute=11 * 60)


def test_a_lesson_begins_with_its_minute_and_ends_before_its_last() -> None:
    assert not in_lesson(plan(THURSDAYS), SEVEN - timedelta(seconds=1))
    assert in_lesson(plan(THURSDAYS), SEVEN)
    assert in_lesson(plan(THURSDAYS), SEVEN + timedelta(hours=4, seconds=-1))
    assert not in_lesson(plan(THURSDAYS), SEVEN + timedelta(hours=4))
    assert not in_lesson(plan(THURSDAYS), SEVEN + timedelta(days=1))
    assert not in_lesson(plan(), SEVEN)


def test_an_exam_ends_at_its_instant() -> None:
    assert in_exam(plan(), SEVEN)
    assert not in_exam(plan(), SEVEN + timedelta(hours=2))
    assert not in_exam(plan(), SEVEN - timedelta(seconds=1))


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants bounds without a zone
def test_the_zone_of_who_asks_does_not_matter(instant: datetime) -> None:
    assert in_lesson(plan(THURSDAYS), instant) == in_lesson(plan(THURSDAYS), instant.astimezone(SCHOOL_ZONE))
    assert in_lesson(plan(THURSDAYS), instant) == in_lesson(plan(THURSDAYS), instant + timedelta(days=7))


MIDNIGHT = datetime(2026, 6, 8, 0, 0, tzinfo=SCHOOL_ZONE)  # a Monday
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
def test_an_evening_class_over_midnight_belongs_to_the_day_on_which_it_begins(
    hours: WeekHours, hour: float, expected: object
) -> None:
    assert in_lesson(plan(hours), MIDNIGHT + timedelta(hours=hour)) is expected


def test_where_nobody_entered_lessons_one_may_run_at_any_time() -> None:
    assert may_be_lesson(plan(), SEVEN)
    assert may_be_lesson(plan(THURSDAYS), SEVEN)
    assert not may_be_lesson(plan(THURSDAYS), SEVEN + timedelta(hours=4))
