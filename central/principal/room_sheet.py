"""One room as a principal looks at it: ready or not, today's use, its devices with their condition, its sensors.

Not here: the room's record and its box, which IT staff look at (`it_office.place_views`).
"""

from collections import Counter, defaultdict
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from central.exam_day import BoxWord
from central.measuring import history, views
from central.measuring.views import StoredAlert, StoredWord
from central.principal.morning import RoomMorning, box_words, word_now
from central.principal.sensor_charts import SensorCharts, Span, open_charts, say_value, series_of
from central.registers import brief_devices, place_register, room_plans
from central.registers.brief_devices import BriefDevice
from central.registers.place_register import Room, Scope
from models.clock import SCHOOL_ZONE, to_unix_ms
from models.equipment import DeviceState, EquipmentKind, speaks
from models.measurements import APP, Value, is_app
from models.measurements import METRICS as METRIC_ROWS
from models.room_plan import AlertLimits
from models.room_readiness import DeviceCondition, judge_device, judge_room

_TOLD = (
    "battery", "storage_free_megabytes", "device_temperature", "temperature", "humidity", "co2", "hours", "lamp_hours",
    "power", "source", "on_network",
)  # fmt: skip


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a device, ready to be shown: `metric` is a code of the pages' words."""

    metric: str
    shown: str


class DeviceNow(msgspec.Struct, frozen=True, kw_only=True):
    """One device. `condition` None: it is not in use, or of a kind that never speaks."""

    device: BriefDevice
    word: StoredWord | None
    condition: DeviceCondition | None
    readings: tuple[Reading, ...]
    apps: tuple[tuple[str, str], ...] = ()
    """Packages and their versions; "none": not installed."""


class KindGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The devices of one kind, those that need somebody first."""

    kind: EquipmentKind
    devices: tuple[DeviceNow, ...]

    @property
    def conditions(self) -> list[tuple[DeviceCondition, int]]:
        """How many are in each condition, the worst first."""
        counts = Counter(one.condition for one in self.devices if one.condition is not None)
        return [(condition, counts[condition]) for condition in DeviceCondition if counts[condition]]


class HourOfUse(msgspec.Struct, frozen=True, kw_only=True):
    """An hour of today's clock and the minutes of it in which something was in use."""

    hour: int
    minutes: int


class RoomSheet(msgspec.Struct, frozen=True, kw_only=True):
    """The page; `as_of`: when it was put together."""

    as_of: datetime
    now: RoomMorning
    kinds: tuple[KindGroup, ...]
    today: tuple[HourOfUse, ...]
    alerts: tuple[StoredAlert, ...]
    sensors: SensorCharts
    names: dict[str, BriefDevice]
    newest_word_at: datetime | None

    @property
    def minutes_today(self) -> int:
        """Minutes of today in which something in the room was in use."""
        return sum(one.minutes for one in self.today)


class RoomRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The registers' half."""

    room: Room
    devices: tuple[BriefDevice, ...]
    box: BoxWord
    limits: AlertLimits


def read_room(connection: Connection, room_id: str, scope: Scope, now: datetime) -> RoomRecord | None:
    """The registers' half, None when the room is out of scope."""
    room = place_register.find_room(connection, room_id, scope)
    if room is None:
        return None
    devices = brief_devices.devices_in(connection, [room_id])
    return RoomRecord(
        room=room,
        devices=tuple(devices),
        box=box_words(connection, [room], now)[room_id],
        limits=room_plans.hours_of(connection, room.school_id).limits,
    )


def open_room(
    record: RoomRecord, measurements: Connection, span: Span | None, now: datetime, skip: int = 0
) -> RoomSheet:
    """The whole page; `span` None: what was told lately decides."""
    room_id = str(record.room.room_id)
    said = views.words_of_rooms(measurements, [room_id])
    judged = [word_now(one, said.get(one.device_id)) for one in record.devices if one.state is DeviceState.IN_USE]
    sensors = sorted(record.devices, key=lambda one: (one.kind is not EquipmentKind.SENSOR_BOARD, one.device_id))
    series = series_of(said[one.device_id] for one in sensors if one.device_id in said)
    midnight = now.astimezone(SCHOOL_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    first = to_unix_ms(midnight) // 3_600_000
    used = history.hours_of_rooms(measurements, [room_id], first, first + 24)
    return RoomSheet(
        as_of=now,
        now=RoomMorning(
            room=record.room,
            judgement=judge_room(judged, record.box.last_word_at, now, record.limits),
            box=record.box,
            in_repair=sum(one.state is DeviceState.REPAIR for one in record.devices),
        ),
        kinds=_groups(record, said, now),
        today=tuple(
            HourOfUse(hour=one.hour - first, minutes=one.minutes) for one in sorted(used, key=lambda one: one.hour)
        ),
        alerts=tuple(views.open_alerts(measurements, [room_id])),
        sensors=open_charts(measurements, series, span, now, skip),
        names={one.device_id: one for one in record.devices},
        newest_word_at=max((word.at for word in said.values()), default=None),
    )


def device_now(device: BriefDevice, word: StoredWord | None, now: datetime, limits: AlertLimits) -> DeviceNow:
    """How one device is, with what it told that people can read."""
    judged = speaks(device.kind) and device.state is DeviceState.IN_USE
    values = {} if word is None else word.readings
    return DeviceNow(
        device=device,
        word=word,
        condition=judge_device(word_now(device, word), now, limits) if judged else None,
        readings=tuple(Reading(metric=name, shown=_shown(name, values[name])) for name in _TOLD if name in values),
        apps=tuple((name.removeprefix(APP), str(values[name])) for name in sorted(values) if is_app(name)),
    )


def _groups(record: RoomRecord, said: dict[str, StoredWord], now: datetime) -> tuple[KindGroup, ...]:
    by_kind: dict[EquipmentKind, list[DeviceNow]] = defaultdict(list)
    for device in record.devices:
        by_kind[device.kind].append(device_now(device, said.get(device.device_id), now, record.limits))
    order = [None, *reversed(DeviceCondition)]
    return tuple(
        KindGroup(
            kind=kind,
            devices=tuple(sorted(by_kind[kind], key=lambda one: (-order.index(one.condition), one.device.place))),
        )
        for kind in EquipmentKind
        if kind in by_kind
    )


def _shown(name: str, value: Value) -> str:
    if isinstance(value, bool | str):
        return str(value)
    return say_value(float(value), METRIC_ROWS[name].unit)
