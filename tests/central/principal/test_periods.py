"""Weeks, months and terms as days and hours of the school's calendar."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.principal.periods import Length, month_period, period_of
from models.clock import SCHOOL_ZONE


def at(year: int, month: int, day: int, hour: int = 5) -> datetime:
    return datetime(year, month, day, hour, tzinfo=SCHOOL_ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (at(2026, 11, 20), date(2026, 9, 1)),
        (at(2027, 1, 15), date(2026, 9, 1)),
        (at(2027, 1, 16), date(2027, 1, 16)),
        (at(2027, 5, 31), date(2027, 1, 16)),
        (at(2027, 8, 31), date(2027, 6, 1)),
    ],
)
def test_a_term_begins_where_the_school_year_says(now: datetime, first: date) -> None:
    assert period_of(Length.TERM, now).first == first


def test_a_month_ends_with_its_last_day_or_today() -> None:
    now = at(2026, 11, 20)
    assert month_period(2026, 10, now).last == date(2026, 10, 31)
    assert month_period(2026, 11, now).last == date(2026, 11, 20)
    assert month_period(2025, 12, now).last == date(2025, 12, 31)
    for wrong in ((2026, 12), (2026, 13)):
        with pytest.raises(ValueError, match="month"):
            month_period(*wrong, now)


def test_a_whole_month_is_divided_by_at_most_twenty_two_school_days() -> None:
    assert month_period(2026, 9, at(2026, 11, 20)).school_days == 22
    assert month_period(2026, 11, at(2026, 11, 3)).school_days == 2


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.sampled_from(Length))  # noqa: DTZ001 aware below
def test_a_period_ends_today_and_its_hours_are_whole_days(moment: datetime, length: Length) -> None:
    now = moment.replace(tzinfo=UTC)
    period = period_of(length, now)
    assert period.last == now.astimezone(SCHOOL_ZONE).date()
    assert len(period.hours) == 24 * (period.last_day - period.first_day + 1)
    assert int(now.timestamp()) // 3600 in period.hours
