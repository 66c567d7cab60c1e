"""Whether a room is ready for a lesson, and why not: one rule for the box's screen and for the principal's page.

Only devices that can speak and are connected are judged; one that was never heard is "not reporting", never "off". Not
here: where the words come from (`models.telemetry`), who shows them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from models.equipment import EquipmentKind, speaks
from models.measurements import Value
from models.room_messages import Reach, defects
from models.room_plan import AlertLimits

SILENT_AFTER: Final = timedelta(minutes=15)
"""So long a box may say nothing; for its devices the school's `AlertLimits` count."""

CHARGED_PERCENT: Final = 50.0
AWAY_AT_MOST: Final = timedelta(days=1)
"""So long after its last word in the cart a headset counts as taken out; then nobody knows where it is."""

SHARE_OF_SETS: Final = 0.9
"""So much of a class set (tablets, headsets) must be ready; one dead tablet alone never cancels a lesson."""

ALONE: Final = frozenset({EquipmentKind.INTERACTIVE_BOARD, EquipmentKind.PROJECTOR, EquipmentKind.OPS_COMPUTER})
"""One of these that is not ready makes the room not ready. Kinds that are neither here nor a class set never do."""

CLASS_SETS: Final = frozenset(
    {EquipmentKind.TABLET, EquipmentKind.VR_HEADSET, EquipmentKind.LAPTOP, EquipmentKind.AR_DEVICE}
)


USUAL_LIMITS: Final = AlertLimits()


class DeviceCondition(StrEnum):
    """How one device is, the worst first."""

    NOT_REPORTING = "not reporting"
    """Never heard, or not for the school's `silent_minutes`."""
    UNREACHABLE = "unreachable"
    FAULT = "fault"
    HOT = "hot"
    LOW_BATTERY = "low battery"
    """Less than half charged and not charging."""
    TAKEN_OUT = "taken out"
    """A headset that is read in its cart only, and is in class: neither ready nor in anyone's way."""
    NOT_CONNECTED = "not connected"
    """The room's plan knows no way to it, so nothing is expected of it."""
    READY = "ready"


class DeviceWordNow(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a device. `heard_at` None: never heard. `connected`: the room's plan knows a way to it."""

    device_id: str
    kind: EquipmentKind
    heard_at: datetime | None = None
    reach: Reach = Reach.OK
    faults: tuple[str, ...] = ()
    values: dict[str, Value] = {}
    connected: bool = True


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
    """The answer with its reasons, worst first, and the instant `at` which it was true.

    It is `oldest_word`, the oldest of the devices that still report; None: none does, and `at` is when it was judged.
    Judged are those that are connected and not taken out; the two others are counted apart.
    """

    readiness: RoomReadiness
    hindrances: tuple[Hindrance, ...]
    ready_devices: int
    judged_devices: int
    at: datetime
    oldest_word: datetime | None = None
    taken_out_devices: int = 0
    unconnected_devices: int = 0


def judge_device(device: DeviceWordNow, now: datetime, limits: AlertLimits = USUAL_LIMITS) -> DeviceCondition:
    """How the device is at `now` (UTC), by the school's limits."""
    if not device.connected:
        return DeviceCondition.NOT_CONNECTED
    silent = None if device.heard_at is None else now - device.heard_at
    if device.values.get("present") is False and (silent is None or silent <= AWAY_AT_MOST):
        return DeviceCondition.TAKEN_OUT
    if silent is None or silent > timedelta(minutes=limits.silent_minutes):
        return DeviceCondition.NOT_REPORTING
    return _judge_word(device, limits)


def _judge_word(device: DeviceWordNow, limits: AlertLimits) -> DeviceCondition:
    if device.reach is Reach.UNREACHABLE:
        return DeviceCondition.UNREACHABLE
    if device.reach is Reach.FAULT or defects(device.faults):
        return DeviceCondition.FAULT
    if _number(device.values.get("device_temperature"), 0.0) >= limits.hot_celsius:
        return DeviceCondition.HOT
    charging = device.values.get("charging") is True
    if not charging and _number(device.values.get("battery"), 100.0) < CHARGED_PERCENT:
        return DeviceCondition.LOW_BATTERY
    return DeviceCondition.READY


def judge_room(
    devices: Iterable[DeviceWordNow], box_heard_at: datetime | None, now: datetime, limits: AlertLimits = USUAL_LIMITS
) -> RoomJudgement:
    """Whether a lesson can begin. `box_heard_at`: the box's last word (None: never, or the judge is the box itself)."""
    speaking = [one for one in devices if speaks(one.kind)]
    connected = [(one, judge_device(one, now, limits)) for one in speaking if one.connected]
    judged = [one for one in connected if one[1] is not DeviceCondition.TAKEN_OUT]
    heard = any(one.heard_at is not None for one, _ in judged)
    hindrances, oldest_word = _hindrances(judged), _oldest_word(judged)
    silent_box = box_heard_at is not None and now - box_heard_at > SILENT_AFTER
    if not heard or silent_box:
        readiness = RoomReadiness.UNKNOWN
    else:
        readiness = RoomReadiness.NOT_READY if any(_hinders(one, judged) for one in hindrances) else RoomReadiness.READY
    return RoomJudgement(
        readiness=readiness,
        hindrances=hindrances,
        ready_devices=sum(condition is DeviceCondition.READY for _, condition in judged),
        judged_devices=len(judged),
        at=now if oldest_word is None else oldest_word,
        oldest_word=oldest_word,
        taken_out_devices=len(connected) - len(judged),
        unconnected_devices=len(speaking) - len(connected),
    )


def _oldest_word(judged: list[tuple[DeviceWordNow, DeviceCondition]]) -> datetime | None:
    """That a device is silent is true now, however long ago its last word came: it dates nothing."""
    reporting = (one for one, condition in judged if condition is not DeviceCondition.NOT_REPORTING)
    return min((one.heard_at for one in reporting if one.heard_at is not None), default=None)


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
        return hindrance.kind in ALONE
    conditions = [condition for device, condition in judged if device.kind is hindrance.kind]
    ready = sum(condition is DeviceCondition.READY for condition in conditions)
    return len(conditions) - ready > 1 and ready < SHARE_OF_SETS * len(conditions)


def _number(value: Value | None, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
