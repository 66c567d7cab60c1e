"""Weeks, months and terms of the school's calendar, as days and as hours since 1970.

A term is the first (1 September to 15 January), the second (16 January to 31 May) or the summer; a province that
decides other days changes `_TERM_STARTS`. Not here: what happened in them.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from central.measuring.history import day_number, start_of
from models.clock import SCHOOL_ZONE, to_unix_ms

SCHOOL_DAYS_A_MONTH: Final = 22
_TERM_STARTS: Final = ((1, 16), (6, 1), (9, 1))


class Length(StrEnum):
    """How much of the past a page adds up."""

    WEEK = "week"
    MONTH = "month"
    TERM = "term"


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """Days from `first` to and with `last`, as the school counts them; `last` is never after today."""

    first: date
    last: date

    @property
    def first_day(self) -> int:
        """The first day as the measurement store counts it."""
        return day_number(self.first)

    @property
    def last_day(self) -> int:
        """The last day as the measurement store counts it."""
        return day_number(self.last)

    @property
    def hours(self) -> range:
        """Every hour since 1970 (UTC) of these days."""
        return range(_first_hour(self.first), _first_hour(self.last + timedelta(days=1)))

    @property
    def weekdays(self) -> int:
        """Days from Monday to Friday, at least one."""
        days = ((self.first + timedelta(days=number)).weekday() for number in range((self.last - self.first).days + 1))
        return max(1, sum(day < 5 for day in days))

    @property
    def school_days(self) -> int:
        """What use is divided by: weekdays, at most 22 in a month."""
        return min(SCHOOL_DAYS_A_MONTH, self.weekdays)


def today(now: datetime) -> date:
    """The school's day."""
    return now.astimezone(SCHOOL_ZONE).date()


def period_of(length: Length, now: datetime) -> Period:
    """The last seven days, this month or this term, up to and with today."""
    last = today(now)
    match length:
        case Length.WEEK:
            first = last - timedelta(days=6)
        case Length.MONTH:
            first = last.replace(day=1)
        case Length.TERM:
            first = _term_start(last)
    return Period(first=first, last=last)


def month_period(year: int, month: int, now: datetime) -> Period:
    """A whole month, or what has been of it. Raises ValueError for a month that has not begun or does not exist."""
    first = date(year, month, 1)
    following = date(year + month // 12, month % 12 + 1, 1)
    last = min(following - timedelta(days=1), today(now))
    if first > last:
        raise ValueError("This month has not begun.")
    return Period(first=first, last=last)


def _term_start(day: date) -> date:
    starts = [date(year, *start) for year in (day.year - 1, day.year) for start in _TERM_STARTS]
    return max(start for start in starts if start <= day)


def _first_hour(day: date) -> int:
    return to_unix_ms(start_of(day)) // 3_600_000
