"""What time it is for a room: lesson, exam, quiet hours, rules that are due. Pure; school time is Asia/Ho_Chi_Minh.

Nothing disturbs a lesson or an exam by itself: a rule whose minute falls into one waits for its end.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from models.clock import SCHOOL_ZONE
from models.room_plan import RoomPlan, TimedRule, WeekHours

RULE_WAITS: Final = timedelta(hours=2)
"""A rule that could not fire at its minute (the box was off, a lesson ran) fires until so long after it."""


def is_within(hours: Iterable[WeekHours], now: datetime) -> bool:
    """Whether `now` (UTC) lies in any of these; one whose end lies before its beginning runs over midnight."""
    local = now.astimezone(SCHOOL_ZONE)
    minute, today = local.hour * 60 + local.minute, local.weekday()
    return any(
        (today in one.weekdays and one.from_minute <= minute < one.to_minute)
        if one.from_minute <= one.to_minute
        else (today in one.weekdays and minute >= one.from_minute)
        or ((today - 1) % 7 in one.weekdays and minute < one.to_minute)
        for one in hours
    )


def is_exam(plan: RoomPlan, now: datetime) -> bool:
    """Whether an exam's window is open."""
    return any(begins <= now < ends for begins, ends in plan.exams)


def is_lesson(plan: RoomPlan, now: datetime) -> bool:
    """Whether a lesson's hours run."""
    return is_within(plan.lessons, now)


def is_quiet(plan: RoomPlan, now: datetime) -> bool:
    """Whether nobody should be in the room."""
    return is_within(plan.quiet, now)


def due_rules(plan: RoomPlan, now: datetime) -> list[tuple[TimedRule, str]]:
    """The rules whose minute has come, with the day (school calendar, ISO) for which they fire; none in a window."""
    if is_exam(plan, now) or is_lesson(plan, now):
        return []
    local = now.astimezone(SCHOOL_ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    due = []
    for rule in plan.rules:
        for day in (midnight - timedelta(days=1), midnight):
            at = day + timedelta(minutes=rule.at_minute)
            if day.weekday() in rule.weekdays and at <= local < at + RULE_WAITS:
                due.append((rule, day.date().isoformat()))
    return due
