"""Which rules of a room are due. Pure; school time is Asia/Ho_Chi_Minh. Lessons and exams: `models.room_plan`.

Nothing disturbs a lesson or an exam by itself: a rule whose minute falls into one waits for its end.
"""

from datetime import datetime, timedelta
from typing import Final

from models.clock import SCHOOL_ZONE
from models.room_plan import RoomPlan, TimedRule, in_exam, in_lesson

RULE_WAITS: Final = timedelta(hours=2)
"""A rule that could not fire at its minute (the box was off, a lesson ran) fires until so long after it."""


def due_rules(plan: RoomPlan, now: datetime) -> list[tuple[TimedRule, str]]:
    """The rules whose minute has come, with the day (school calendar, ISO) for which they fire; none in a window."""
    if in_exam(plan, now) or in_lesson(plan, now):
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
