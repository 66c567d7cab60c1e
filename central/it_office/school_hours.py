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


def hinders(rule: TimedRule, hours: SchoolHours) -> bool:
    """Whether the rule falls into lesson hours, where boxes do not follow it."""
    return any(
        set(rule.weekdays) & set(one.weekdays) and one.from_minute <= rule.at_minute < one.to_minute
        for one in hours.lessons
    )


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
