"""A school's hours, rules and limits as its staff write them in a form, into what plans hold, and back.

Pure. Times are "HH:MM" in Asia/Ho_Chi_Minh. Not here: keeping them (`registers.room_plans`).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import msgspec

from central.it_office.device_links import ASKABLE
from central.it_office.device_orders import ArgumentError, argument_of
from central.registers.device_tables import DeviceError
from central.registers.room_plans import SchoolHours
from models.equipment import EquipmentKind
from models.room_messages import DeviceCommandName
from models.room_plan import AlertLimits, TimedRule, WeekHours

DAY_MINUTES: Final = 24 * 60
MOST_ROWS: Final = 30
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")

Weekdays = Annotated[tuple[Annotated[int, msgspec.Meta(ge=0, le=6)], ...], msgspec.Meta(min_length=1, max_length=7)]

RULE_WAITS: Final = 120
"""Minutes: a box follows a rule after the lesson that it fell into, at most so long after its time."""


class HoursError(DeviceError):
    """The hours or rules cannot be kept so; nothing was changed."""


class ToldHours(msgspec.Struct, frozen=True, kw_only=True):
    """On these weekdays (0 is Monday) from one time to another; an end before the beginning is on the next day."""

    weekdays: Weekdays
    begins: str
    ends: str


class ToldRule(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of every device of a kind at a time."""

    weekdays: Weekdays
    at: str
    kind: EquipmentKind
    command: DeviceCommandName
    argument: str = ""


def read_hours(told: Iterable[ToldHours]) -> tuple[WeekHours, ...]:
    """Hours as plans hold them; what goes over midnight becomes two. Raises HoursError."""
    found: list[WeekHours] = []
    for one in told:
        begins, ends = minute_of(one.begins), minute_of(one.ends) or DAY_MINUTES
        if begins == ends:
            raise HoursError("Hours end at another time than they begin.")
        days = tuple(sorted(set(one.weekdays)))
        if begins < ends:
            found.append(WeekHours(weekdays=days, from_minute=begins, to_minute=ends))
        else:
            after = tuple(sorted((day + 1) % 7 for day in days))
            found.append(WeekHours(weekdays=days, from_minute=begins, to_minute=DAY_MINUTES))
            found.append(WeekHours(weekdays=after, from_minute=0, to_minute=ends))
    if len(found) > MOST_ROWS:
        raise HoursError(f"At most {MOST_ROWS} rows.")
    return tuple(found)


def read_rules(told: Sequence[ToldRule]) -> tuple[TimedRule, ...]:
    """Rules with names that say what they do. Raises HoursError."""
    if len(told) > MOST_ROWS:
        raise HoursError(f"At most {MOST_ROWS} rules.")
    found: dict[str, TimedRule] = {}
    for one in told:
        if one.command not in ASKABLE[one.kind]:
            raise HoursError("A device of this kind is never asked that.")
        try:
            argument = argument_of(one.command, one.argument.strip())
        except ArgumentError as error:
            raise HoursError(str(error)) from None
        name = f"{one.kind}-{one.command}-{one.at}".lower().replace(" ", "-").replace(":", "")
        rule_id = next(word for number in range(1, MOST_ROWS + 2) if (word := _numbered(name, number)) not in found)
        found[rule_id] = TimedRule(
            rule_id=rule_id,
            weekdays=tuple(sorted(set(one.weekdays))),
            at_minute=minute_of(one.at),
            kind=one.kind,
            command=one.command,
            argument=argument,
        )
    return tuple(found.values())


def refuse_limits(limits: AlertLimits) -> None:
    """An alert must be able to end. Raises HoursError."""
    fits = (
        0 < limits.hot_clear_celsius < limits.hot_celsius <= 120
        and 0 <= limits.battery_low < limits.battery_clear <= 100
        and 0 < limits.lamp_hours <= 100_000
    )
    if not fits:
        raise HoursError("Too hot must end below where it begins, a low battery above it; look at the numbers.")


def rule_waits(rule: TimedRule, hours: SchoolHours) -> int:
    """How many minutes the rule waits for lessons to end, on its worst day; `RULE_WAITS` or more: it is left out."""
    return max((_wait_on(day, rule.at_minute, hours.lessons) for day in rule.weekdays), default=0)


def _wait_on(day: int, at_minute: int, lessons: tuple[WeekHours, ...]) -> int:
    minute = at_minute
    for one in sorted(lessons, key=lambda one: one.from_minute):
        ends = one.to_minute if one.from_minute <= one.to_minute else one.to_minute + 24 * 60
        if day in one.weekdays and one.from_minute <= minute < ends:
            minute = ends
    return minute - at_minute


def minute_of(written: str) -> int:
    """Minutes since midnight. Raises HoursError."""
    found = _TIME.fullmatch(written)
    if found is None:
        raise HoursError("A time is written as 17:30.")
    return int(found[1]) * 60 + int(found[2])


def time_of(minute: int) -> str:
    """The minute as a form shows it; the day's end is 00:00."""
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"
