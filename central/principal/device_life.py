"""A device's life: hours, days and faults that were seen, its battery and alerts, moves and repairs, what it cost.

Figures begin with the first word that the measurement store keeps; the register's history begins with the purchase's
entry. Not here: changing the record (`http.device_change_pages`).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy import Connection

from central.measuring import history, views
from central.measuring.history import DeviceDay, DeviceTotals, day_of
from central.measuring.views import StoredAlert
from central.principal.drawn_charts import draw_bars
from central.principal.periods import today
from central.principal.room_sheet import DeviceNow, device_now
from central.principal.sensor_charts import SensorCharts, Span, open_charts, series_of, slow_series_of
from central.registers import device_costs, device_register, place_register, room_plans
from central.registers.brief_devices import BriefDevice
from central.registers.device_costs import DeviceCost
from central.registers.device_tables import Device, DeviceChange
from central.registers.place_register import Room, Scope
from models.equipment import DeviceState
from models.room_plan import AlertLimits

MONTHS: int = 12


class MonthOfUse(msgspec.Struct, frozen=True, kw_only=True):
    """One month: `first` is its first day."""

    first: date
    minutes_in_use: int
    days_used: int
    faults: int


class DeviceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The register's half."""

    device: Device
    room: Room | None
    changes: tuple[DeviceChange, ...]
    costs: tuple[DeviceCost, ...]
    connected: bool
    limits: AlertLimits

    @property
    def name(self) -> str:
        """Maker and model, or its number."""
        return f"{self.device.maker} {self.device.model}".strip() or self.device.device_id

    @property
    def cost_vnd(self) -> int:
        """Everything that was entered, in đồng."""
        return sum(one.amount_vnd for one in self.costs)

    @property
    def repairs(self) -> int:
        """How often it went into repair."""
        return sum(one.action == DeviceState.REPAIR.value for one in self.changes)


class DeviceLife(msgspec.Struct, frozen=True, kw_only=True):
    """The page; `as_of`: when it was put together."""

    as_of: datetime
    record: DeviceRecord
    now: DeviceNow
    totals: DeviceTotals
    months: tuple[MonthOfUse, ...]
    months_svg: str
    alerts: tuple[StoredAlert, ...]
    sensors: SensorCharts

    @property
    def vnd_an_hour(self) -> int | None:
        """What was spent so far for each counted hour of use; None where nothing was entered or no hour was counted."""
        hours = self.totals.minutes_in_use // 60
        return round(self.record.cost_vnd / hours) if self.record.costs and hours else None

    @property
    def first_day(self) -> date | None:
        """The first day of which something is kept."""
        return None if self.totals.first_day is None else day_of(self.totals.first_day)


def read_device(connection: Connection, device_id: str, scope: Scope) -> DeviceRecord | None:
    """The register's half, None when the device is out of scope."""
    device = device_register.find_device(connection, device_id, scope)
    if device is None:
        return None
    room = place_register.find_room(connection, device.room_id, scope)
    hours = room_plans.USUAL_HOURS if room is None else room_plans.hours_of(connection, room.school_id)
    return DeviceRecord(
        device=device,
        room=room,
        changes=tuple(device_register.history_of(connection, device_id, scope)),
        costs=tuple(device_costs.costs_of(connection, device_id)),
        connected=room_plans.link_of(connection, device_id, scope).link is not None,
        limits=hours.limits,
    )


def open_life(record: DeviceRecord, measurements: Connection, now: datetime) -> DeviceLife:
    """The whole page."""
    device = record.device
    brief = BriefDevice(
        device_id=device.device_id, room_id=device.room_id, kind=device.kind, state=device.state, name=record.name,
        place=device.place, connected=record.connected,
    )  # fmt: skip
    word = views.word_of(measurements, device.device_id)
    words = [] if word is None else [word]
    last = today(now)
    first = _months_back(last, MONTHS - 1)
    days = history.days_of_device(measurements, device.device_id, history.day_number(first), history.day_number(last))
    months = months_of_use(days, first, last)
    totals = history.totals_of_device(measurements, device.device_id)
    return DeviceLife(
        as_of=now,
        record=record,
        now=device_now(brief, word, now, record.limits),
        totals=totals,
        months=months,
        months_svg=draw_bars(
            [f"{one.first:%m}" for one in months],
            [round(one.minutes_in_use / 60, 1) for one in months],
            lambda hours: f"{hours:g} h".replace(".", ","),
        ),
        alerts=tuple(views.alerts_of_device(measurements, device.device_id)),
        sensors=open_charts(measurements, [*slow_series_of(words), *series_of(words)], _span(totals, last), now),
    )


def months_of_use(days: Sequence[DeviceDay], first: date, last: date) -> tuple[MonthOfUse, ...]:
    """Every month from `first` to `last`, also those without a word."""
    by_month: dict[tuple[int, int], list[DeviceDay]] = defaultdict(list)
    for one in days:
        day = day_of(one.day)
        by_month[day.year, day.month].append(one)
    months, begin = [], first.replace(day=1)
    while begin <= last:
        of_month = by_month[begin.year, begin.month]
        months.append(
            MonthOfUse(
                first=begin,
                minutes_in_use=sum(one.minutes_in_use for one in of_month),
                days_used=sum(one.minutes_in_use > 0 for one in of_month),
                faults=sum(one.faults_begun for one in of_month),
            )
        )
        begin = (begin + timedelta(days=31)).replace(day=1)
    return tuple(months)


def _span(totals: DeviceTotals, last: date) -> Span | None:
    """The charts' span: the term once there is more than a week of it; a device's first days would be a dot there."""
    known = 0 if totals.first_day is None else history.day_number(last) - totals.first_day
    return Span.TERM if known >= 7 else Span.WEEK if known else None


def _months_back(day: date, count: int) -> date:
    months = day.year * 12 + day.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)
