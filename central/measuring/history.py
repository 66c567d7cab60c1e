"""What pages read of the measurement store about the past: use of rooms, days of devices, minutes and hours of metrics.

Hours count since 1970 in UTC, days since 1970-01-01 in Asia/Ho_Chi_Minh, as in `tables`. Not here: now (`views`).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, select

from central.database import read_as
from central.measuring.tables import device_days, hours, minutes, room_days, room_hours
from central.measuring.views import Rooms, in_rooms
from models.clock import SCHOOL_ZONE, from_unix_ms

_EPOCH_DAY: Final = date(1970, 1, 1)
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000
_SCHOOL_HOURS: Final = 7
"""Asia/Ho_Chi_Minh is seven hours ahead of UTC, all year."""


class RoomHour(msgspec.Struct, frozen=True, kw_only=True):
    """Use of a room in one hour: `minutes` in which some device was in use, and the minutes of all devices."""

    room_id: str
    hour: int
    minutes: int
    device_minutes: int


class KindUse(msgspec.Struct, frozen=True, kw_only=True):
    """The devices of one kind over some days. `heard`: those heard on a room's best day, summed over rooms."""

    kind: str
    minutes_in_use: int
    faults_begun: int
    heard: int
    used: int


class DeviceDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day of one device."""

    day: int
    minutes_online: int
    minutes_in_use: int
    faults_begun: int


class DeviceTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over all kept days of one device; `first_day` None: it never spoke."""

    first_day: int | None
    last_day: int | None
    minutes_online: int
    minutes_in_use: int
    faults_begun: int
    days_used: int


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A metric from `at` (UTC) on: its extremes, the mean of its values, and when its newest minute or hour began."""

    at: datetime
    newest_at: datetime
    lowest: float
    mean: float
    highest: float
    unit: str


def day_number(day: date) -> int:
    """The day as the tables count it."""
    return (day - _EPOCH_DAY).days


def day_of(number: int) -> date:
    """The day of a number."""
    return _EPOCH_DAY + timedelta(days=number)


def start_of(day: date) -> datetime:
    """The first instant of a school's day."""
    return datetime(day.year, day.month, day.day, tzinfo=SCHOOL_ZONE)


def end_of(day: date) -> datetime:
    """The first instant after a school's day."""
    return start_of(day + timedelta(days=1))


def hours_of_rooms(connection: Connection, rooms: Sequence[str], first_hour: int, end_hour: int) -> list[RoomHour]:
    """Hours of use from `first_hour` to before `end_hour`, in no order; an hour without use is not there."""
    wanted = select(
        room_hours.c.room_id, room_hours.c.hour, room_hours.c.minutes_mask, room_hours.c.device_minutes
    ).where(room_hours.c.room_id.in_(rooms), room_hours.c.hour >= first_hour, room_hours.c.hour < end_hour)
    return [
        RoomHour(room_id=room_id, hour=hour, minutes=mask.bit_count(), device_minutes=device_minutes)
        for room_id, hour, mask, device_minutes in connection.execute(wanted)
    ]


def use_by_kind(connection: Connection, rooms: Rooms, first_day: int, last_day: int) -> list[KindUse]:
    """By kind, over the days from `first_day` to and with `last_day`."""
    days = (room_days.c.day >= first_day) & (room_days.c.day <= last_day)
    of_rooms = (
        select(
            room_days.c.kind,
            func.sum(room_days.c.minutes_in_use).label("minutes"),
            func.sum(room_days.c.faults_begun).label("faults"),
            func.max(room_days.c.devices_heard).label("heard"),
            func.max(room_days.c.devices_used).label("used"),
        )
        .where(days, in_rooms(room_days.c.room_id, rooms))
        .group_by(room_days.c.room_id, room_days.c.kind)
        .subquery()
    )
    sums = (func.sum(of_rooms.c[name]) for name in ("minutes", "faults", "heard", "used"))
    wanted = select(of_rooms.c.kind, *sums).group_by(of_rooms.c.kind).order_by(of_rooms.c.kind)
    return [
        KindUse(kind=kind, minutes_in_use=int(minutes), faults_begun=int(faults), heard=int(heard), used=int(used))
        for kind, minutes, faults, heard, used in connection.execute(wanted)
    ]


def days_of_device(connection: Connection, device_id: str, first_day: int, last_day: int) -> list[DeviceDay]:
    """The device's days, oldest first; a day without a word is not there."""
    mine = (device_days.c.device_id == device_id) & device_days.c.day.between(first_day, last_day)
    rows = connection.execute(select(device_days).where(mine).order_by(device_days.c.day))
    return [read_as(row, DeviceDay) for row in rows]


def totals_of_device(connection: Connection, device_id: str) -> DeviceTotals:
    """Everything that is kept of the device, in sums."""
    wanted = select(
        func.min(device_days.c.day).label("first_day"),
        func.max(device_days.c.day).label("last_day"),
        func.coalesce(func.sum(device_days.c.minutes_online), 0).label("minutes_online"),
        func.coalesce(func.sum(device_days.c.minutes_in_use), 0).label("minutes_in_use"),
        func.coalesce(func.sum(device_days.c.faults_begun), 0).label("faults_begun"),
    ).where(device_days.c.device_id == device_id)
    used = select(func.count()).where(device_days.c.device_id == device_id, device_days.c.minutes_in_use > 0)
    row = connection.execute(wanted).one()._asdict()
    days_used = int(connection.execute(used).scalar_one())
    sums = {name: int(row[name]) for name in ("minutes_online", "minutes_in_use", "faults_begun")}
    return DeviceTotals(first_day=row["first_day"], last_day=row["last_day"], days_used=days_used, **sums)


def first_minute_of(connection: Connection, device_id: str, metric: str, since: datetime) -> datetime | None:
    """The first kept minute of a metric since then."""
    here = (minutes.c.device_id == device_id) & (minutes.c.metric == metric) & (minutes.c.minute >= _minute(since))
    first = connection.execute(select(func.min(minutes.c.minute)).where(here)).scalar_one()
    return None if first is None else from_unix_ms(first * _MINUTE_MS)


def minutes_of(connection: Connection, device_id: str, metric: str, since: datetime, step: int) -> list[Stretch]:
    """The kept minutes of a metric since then, `step` of them as one, oldest first. Gathered in the store."""
    here = (minutes.c.device_id == device_id) & (minutes.c.minute >= _minute(since)) & (minutes.c.metric == metric)
    here = here & (minutes.c["count"] > 0)
    number = minutes.c.minute // step
    mean = func.sum(minutes.c.mean * minutes.c.count) / func.sum(minutes.c.count)
    newest = func.max(minutes.c.minute)
    extremes = (func.min(minutes.c.lowest), mean, func.max(minutes.c.highest))
    wanted = select(number, newest, *extremes, func.max(minutes.c.unit))
    rows = connection.execute(wanted.where(here).group_by(number).order_by(number))
    return [_stretch(group * step, _MINUTE_MS, figures) for group, *figures in rows]


def hours_of(connection: Connection, device_id: str, metric: str, since: datetime, step: int) -> list[Stretch]:
    """The kept hours of a metric since then, `step` of them as one (24: the school's days), oldest first."""
    here = (hours.c.device_id == device_id) & (hours.c.metric == metric) & (hours.c.hour >= _minute(since) // 60)
    number = (hours.c.hour + _SCHOOL_HOURS) // step
    mean = func.sum(hours.c.total) / func.sum(hours.c.count)
    newest = func.max(hours.c.hour)
    extremes = (func.min(hours.c.lowest), mean, func.max(hours.c.highest))
    wanted = select(number, newest, *extremes, func.max(hours.c.unit))
    rows = connection.execute(wanted.where(here).group_by(number).order_by(number))
    return [_stretch(group * step - _SCHOOL_HOURS, _HOUR_MS, figures) for group, *figures in rows]


def _stretch(number: int, milliseconds: int, figures: Sequence[Any]) -> Stretch:
    newest, lowest, mean, highest, unit = figures
    at, newest_at = from_unix_ms(number * milliseconds), from_unix_ms(newest * milliseconds)
    return Stretch(at=at, newest_at=newest_at, lowest=lowest, mean=mean, highest=highest, unit=unit)


def _minute(instant: datetime) -> int:
    return int(instant.timestamp()) // 60
