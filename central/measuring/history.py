"""What pages read of the measurement store about the past: use of rooms, days of devices, minutes and hours of metrics.

Hours count since 1970 in UTC, days since 1970-01-01 in Asia/Ho_Chi_Minh, as in `tables`. Not here: now (`views`).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from central.database import read_as
from central.measuring.tables import commands_done, device_days, hours, minutes, room_days, room_hours
from central.measuring.views import Rooms, in_rooms
from models.clock import SCHOOL_ZONE, from_unix_ms

_EPOCH_DAY: Final = date(1970, 1, 1)


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


class MetricPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The mean of a metric over a minute or an hour that begins at `at` (UTC), with its extremes."""

    device_id: str
    metric: str
    at: datetime
    lowest: float
    highest: float
    mean: float
    unit: str


class CommandDone(msgspec.Struct, frozen=True, kw_only=True):
    """One command to a device, done or refused."""

    name: str
    argument: str
    asked: str
    asked_by: str
    finished_at: datetime
    outcome: str


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


def minutes_of_devices(
    connection: Connection, device_ids: Sequence[str], since: datetime, until: datetime
) -> list[MetricPoint]:
    """Every kept minute of these devices' metrics, oldest first."""
    first, end = _minute(since), _minute(until)
    wanted = select(minutes).where(
        minutes.c.device_id.in_(device_ids), minutes.c.minute >= first, minutes.c.minute < end
    )
    return [
        MetricPoint(
            device_id=row.device_id, metric=row.metric, at=from_unix_ms(row.minute * 60_000), lowest=row.lowest,
            highest=row.highest, mean=row.mean, unit=row.unit,
        )
        for row in connection.execute(wanted.order_by(minutes.c.minute))
    ]  # fmt: skip


def hours_of_devices(
    connection: Connection, device_ids: Sequence[str], since: datetime, until: datetime
) -> list[MetricPoint]:
    """Every kept hour of these devices' metrics, oldest first."""
    first, end = _minute(since) // 60, _minute(until) // 60
    here = hours.c.device_id.in_(device_ids) & hours.c.hour.between(first, end)
    wanted = select(hours).where(here).order_by(hours.c.hour)
    return [
        MetricPoint(
            device_id=device_id, metric=metric, at=from_unix_ms(hour * 3_600_000), lowest=lowest, highest=highest,
            mean=total / count if count else lowest, unit=unit,
        )
        for device_id, metric, hour, count, lowest, highest, total, unit in connection.execute(wanted)
    ]  # fmt: skip


def commands_of_device(connection: Connection, device_id: str, limit: int = 20) -> list[CommandDone]:
    """Commands to the device, the newest first."""
    mine = commands_done.c.device_id == device_id
    rows = connection.execute(
        select(commands_done).where(mine).order_by(commands_done.c.finished_at.desc()).limit(limit)
    )
    return [read_as(row, CommandDone) for row in rows]


def _minute(instant: datetime) -> int:
    return int(instant.timestamp()) // 60
