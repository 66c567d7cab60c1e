"""Whether a room is ready for a lesson, and why not: one rule for the box's screen and for the principal's page.

Only devices that can speak are judged; one that was never heard is "not reporting", never "off". Not here: where the
words come from (`models.telemetry`), who shows them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from models.equipment import EquipmentKind, speaks
from models.measurements import Value
from models.room_messages import Reach

SILENT_AFTER: Final = timedelta(minutes=15)
CHARGED_PERCENT: Final = 50.0
HOT_CELSIUS: Final = 45.0
SHARE_OF_SETS: Final = 0.9
"""So much of a class set (tablets, headsets) must be ready; one dead tablet does not cancel a lesson."""

CLASS_SETS: Final = frozenset(
    {EquipmentKind.TABLET, EquipmentKind.VR_HEADSET, EquipmentKind.LAPTOP, EquipmentKind.AR_DEVICE}
)


class DeviceCondition(StrEnum):
    """How one device is. In this order the first that is true is said."""

    NOT_REPORTING = "not reporting"
    """Never heard, or not for fifteen minutes."""
    UNREACHABLE = "unreachable"
    FAULT = "fault"
    HOT = "hot"
    LOW_BATTERY = "low battery"
    """Less than half charged and not charging."""
    READY = "ready"


class DeviceWordNow(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a device. `heard_at` None: it was never heard."""

    device_id: str
    kind: EquipmentKind
    heard_at: datetime | None = None
    reach: Reach = Reach.OK
    faults: tuple[str, ...] = ()
    values: dict[str, Value] = {}


class RoomReadiness(StrEnum):
    """The three answers of the morning."""

    READY = "ready"
    NOT_READY = "not ready"
    UNKNOWN = "unknown"
    """The box is silent, or nothing in the room can speak."""


class Hindrance(msgspec.Struct, frozen=True, kw_only=True):
    """Why a room is not ready: so many devices of a kind are in this condition."""

    kind: EquipmentKind
    condition: DeviceCondition
    devices: tuple[str, ...]


class RoomJudgement(msgspec.Struct, frozen=True, kw_only=True):
    """The answer with its reasons, worst first; `at` is the oldest word that it rests on (None: there is none)."""

    readiness: RoomReadiness
    hindrances: tuple[Hindrance, ...]
    ready_devices: int
    judged_devices: int
    at: datetime | None


def judge_device(device: DeviceWordNow, now: datetime, silent_after: timedelta = SILENT_AFTER) -> DeviceCondition:
    """How the device is at `now` (UTC)."""
    if device.heard_at is None or now - device.heard_at > silent_after:
        return DeviceCondition.NOT_REPORTING
    if device.reach is Reach.UNREACHABLE:
        return DeviceCondition.UNREACHABLE
    if device.reach is Reach.FAULT or device.faults:
        return DeviceCondition.FAULT
    if _number(device.values.get("device_temperature"), 0.0) >= HOT_CELSIUS:
        return DeviceCondition.HOT
    charging = device.values.get("charging") is True
    if not charging and _number(device.values.get("battery"), 100.0) < CHARGED_PERCENT:
        return DeviceCondition.LOW_BATTERY
    return DeviceCondition.READY


def judge_room(devices: Iterable[DeviceWordNow], box_heard_at: datetime | None, now: datetime) -> RoomJudgement:
    """Whether a lesson can begin. `box_heard_at`: the box's last word (None: never, or the judge is the box itself)."""
    judged = [(one, judge_device(one, now)) for one in devices if speaks(one.kind)]
    heard = [one.heard_at for one, _ in judged if one.heard_at is not None]
    hindrances = _hindrances(judged)
    ready = sum(condition is DeviceCondition.READY for _, condition in judged)
    silent_box = box_heard_at is not None and now - box_heard_at > SILENT_AFTER
    if not heard or silent_box:
        readiness = RoomReadiness.UNKNOWN
    else:
        readiness = RoomReadiness.NOT_READY if any(_hinders(one, judged) for one in hindrances) else RoomReadiness.READY
    return RoomJudgement(
        readiness=readiness,
        hindrances=hindrances,
        ready_devices=ready,
        judged_devices=len(judged),
        at=min(heard, default=None),
    )


def _hindrances(judged: list[tuple[DeviceWordNow, DeviceCondition]]) -> tuple[Hindrance, ...]:
    grouped: dict[tuple[EquipmentKind, DeviceCondition], list[str]] = {}
    for device, condition in judged:
        if condition is not DeviceCondition.READY:
            grouped.setdefault((device.kind, condition), []).append(device.device_id)
    order = list(DeviceCondition)
    keys = sorted(grouped, key=lambda key: (order.index(key[1]), key[0]))
    return tuple(
        Hindrance(kind=kind, condition=condition, devices=tuple(sorted(grouped[kind, condition])))
        for kind, condition in keys
    )


def _hinders(hindrance: Hindrance, judged: list[tuple[DeviceWordNow, DeviceCondition]]) -> bool:
    if hindrance.kind not in CLASS_SETS:
        return True
    conditions = [condition for device, condition in judged if device.kind is hindrance.kind]
    ready = sum(condition is DeviceCondition.READY for condition in conditions)
    return ready < SHARE_OF_SETS * len(conditions)


def _number(value: Value | None, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
