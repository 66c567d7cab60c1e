"""A measurement store with a past, for the tests and figures of pages: rows as `keep-measurements` leaves them.

`fill` writes straight into the tables. Not here: intake, which is tested with the messages of boxes.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, Table

from central.measuring import tables
from models.clock import SCHOOL_ZONE, to_unix_ms
from models.equipment import EquipmentKind
from models.telemetry import AlertKind

LESSON_MINUTES: Final = 45
"""Every device of a measured room is used in the first 45 minutes of each hour that `used` names."""

Day = dict[str, object]


class MeasuredDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One device and how its days were: `used` are hours of the school's day (0 to 23) in which it was in use."""

    device_id: str
    room_id: str
    kind: EquipmentKind = EquipmentKind.INTERACTIVE_BOARD
    box_id: str = "box-1"
    used: tuple[int, ...] = (7, 8, 9)
    online_minutes: int = 600
    faults: tuple[str, ...] = ()
    online: bool = True
    values: dict[str, float | str | bool] = {}
    metrics: tuple[str, ...] = ()
    """Of these a chart's minutes (of the last day) and hours (of all days) are written."""


def day_number(at: datetime) -> int:
    """Days since 1970-01-01 in Asia/Ho_Chi_Minh, as the tables count them."""
    return at.astimezone(SCHOOL_ZONE).date().toordinal() - datetime(1970, 1, 1, tzinfo=SCHOOL_ZONE).toordinal()


def fill(connection: Connection, devices: Sequence[MeasuredDevice], now: datetime, days: int = 1) -> None:
    """The newest word of each device (a minute old), and `days` days of figures up to and with today."""
    _put(connection, tables.latest, (_latest(one, now) for one in devices))
    wanted = [now - timedelta(days=back) for back in range(days)]
    _put(connection, tables.device_days, (_device_day(one, at) for one in devices for at in wanted))
    _put(connection, tables.room_days, (row for at in wanted for row in _room_days(devices, at)))
    _put(connection, tables.room_hours, (row for at in wanted for row in _room_hours(devices, at)))
    _put(connection, tables.hours, (row for one in devices for at in wanted for row in _hours(one, at)))
    _put(connection, tables.minutes, (row for one in devices for row in _minutes(one, now)))


def begin_alert(
    connection: Connection,
    device: MeasuredDevice,
    began_at: datetime,
    kind: AlertKind = AlertKind.SILENT,
    ended_at: datetime | None = None,
) -> str:
    """An alert of the device that nobody acknowledged or was told of yet; returns its id."""
    alert_id = f"{device.device_id}-{kind.name.lower()}-{to_unix_ms(began_at)}"
    row = {
        "alert_id": alert_id, "device_id": device.device_id, "room_id": device.room_id, "box_id": device.box_id,
        "kind": kind.value, "began_at": began_at, "ended_at": ended_at, "sentence": "No word for 15 minutes.",
        "note": "",
    }  # fmt: skip
    connection.execute(tables.alerts.insert(), [row])
    return alert_id


def _put(connection: Connection, table: Table, rows: Iterator[Day]) -> None:
    if many := list(rows):
        connection.execute(table.insert(), many)


def _latest(device: MeasuredDevice, now: datetime) -> Day:
    at = now - timedelta(minutes=1)
    return {
        "device_id": device.device_id, "room_id": device.room_id, "box_id": device.box_id, "at": at, "heard_at": at,
        "online": device.online, "reach": "ok", "in_use": False, "firmware": "1.0",
        "faults": msgspec.json.encode(device.faults).decode(), "readings": msgspec.json.encode(device.values).decode(),
    }  # fmt: skip


def _device_day(device: MeasuredDevice, at: datetime) -> Day:
    return {
        "device_id": device.device_id, "day": day_number(at), "room_id": device.room_id, "kind": device.kind.value,
        "minutes_online": device.online_minutes, "minutes_in_use": LESSON_MINUTES * len(device.used),
        "faults_begun": len(device.faults), "words": device.online_minutes // 5,
    }  # fmt: skip


def _room_days(devices: Sequence[MeasuredDevice], at: datetime) -> Iterator[Day]:
    kinds: dict[tuple[str, str], list[MeasuredDevice]] = {}
    for device in devices:
        kinds.setdefault((device.room_id, device.kind.value), []).append(device)
    for (room_id, kind), of_kind in kinds.items():
        yield {
            "room_id": room_id, "day": day_number(at), "kind": kind, "devices_heard": len(of_kind),
            "devices_used": sum(1 for one in of_kind if one.used),
            "minutes_in_use": sum(LESSON_MINUTES * len(one.used) for one in of_kind),
            "faults_begun": sum(len(one.faults) for one in of_kind),
        }  # fmt: skip


def _room_hours(devices: Sequence[MeasuredDevice], at: datetime) -> Iterator[Day]:
    counts: dict[tuple[str, int], int] = {}
    for device in devices:
        for hour in device.used:
            counts[device.room_id, hour] = counts.get((device.room_id, hour), 0) + 1
    for (room_id, hour), count in counts.items():
        yield {
            "room_id": room_id, "hour": _hour_number(at, hour), "minutes_mask": (1 << LESSON_MINUTES) - 1,
            "device_minutes": LESSON_MINUTES * count,
        }  # fmt: skip


def _hours(device: MeasuredDevice, at: datetime) -> Iterator[Day]:
    for metric in device.metrics:
        for hour in range(24):
            mean = 20.0 + hour / 4
            yield {
                "device_id": device.device_id, "metric": metric, "hour": _hour_number(at, hour), "count": 60,
                "lowest": mean - 1, "highest": mean + 1, "total": mean * 60, "unit": "Cel",
            }  # fmt: skip


def _minutes(device: MeasuredDevice, now: datetime) -> Iterator[Day]:
    last = to_unix_ms(now) // 60_000
    for metric in device.metrics:
        for minute in range(last - 24 * 60, last):
            mean = 20.0 + (minute % 60) / 10
            yield {
                "device_id": device.device_id, "metric": metric, "minute": minute, "count": 6, "lowest": mean - 0.5,
                "highest": mean + 0.5, "mean": mean, "last": mean, "doubtful": 0, "unit": "Cel", "integrity": "crc",
            }  # fmt: skip


def _hour_number(at: datetime, hour: int) -> int:
    local = at.astimezone(SCHOOL_ZONE).replace(hour=hour, minute=0, second=0, microsecond=0)
    return to_unix_ms(local) // 3_600_000
