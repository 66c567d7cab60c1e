"""Plans of a small room: a board on a serial line, a projector on the LAN, a tablet, a headset in its cart, sensors."""

from datetime import datetime

from models.equipment import EquipmentKind
from models.room_messages import DeviceCommandName
from models.room_plan import (
    AlertLimits,
    CartLink,
    LanLink,
    MqttLink,
    PlannedDevice,
    RoomPlan,
    SerialLink,
    TimedRule,
    WeekHours,
)
from tests.builders.exams import SEVEN_O_CLOCK

BOARD, PROJECTOR, TABLET, HEADSET, SENSOR = "dev-board", "dev-projector", "dev-tablet", "dev-headset", "dev-sensor"
GLASSES = "dev-glasses"
POWER = (DeviceCommandName.POWER_ON, DeviceCommandName.POWER_OFF, DeviceCommandName.SELECT_SOURCE)
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)

DEVICES = (
    PlannedDevice(
        device_id=BOARD,
        kind=EquipmentKind.INTERACTIVE_BOARD,
        link=SerialLink(port="/dev/serial/by-id/board", driver="mdc"),
        commands=POWER,
    ),
    PlannedDevice(
        device_id=PROJECTOR,
        kind=EquipmentKind.PROJECTOR,
        link=LanLink(host="10.0.0.9", driver="pjlink"),
        commands=POWER,
    ),
    PlannedDevice(
        device_id=TABLET, kind=EquipmentKind.TABLET, link=MqttLink(), commands=(DeviceCommandName.SCREEN_OFF,)
    ),
    PlannedDevice(device_id=HEADSET, kind=EquipmentKind.VR_HEADSET, link=CartLink(serial="1WMHH000000000")),
    PlannedDevice(device_id=SENSOR, kind=EquipmentKind.SENSOR_BOARD, link=MqttLink()),
    PlannedDevice(device_id=GLASSES, kind=EquipmentKind.GLASSES_3D),
)


def off_at(minute: int) -> TimedRule:
    """Boards off at this minute of every day."""
    return TimedRule(
        rule_id="boards-off",
        weekdays=EVERY_DAY,
        at_minute=minute,
        kind=EquipmentKind.INTERACTIVE_BOARD,
        command=DeviceCommandName.POWER_OFF,
    )


def hours(from_minute: int, to_minute: int) -> WeekHours:
    """The same hours on every day."""
    return WeekHours(weekdays=EVERY_DAY, from_minute=from_minute, to_minute=to_minute)


def hours_of_another_day(now: datetime) -> tuple[WeekHours, ...]:
    """Lesson hours that somebody entered, none of them near `now`."""
    return (WeekHours(weekdays=((now.weekday() + 3) % 7,), from_minute=0, to_minute=1),)


def plan(
    version: int = 1,
    *,
    devices: tuple[PlannedDevice, ...] = DEVICES,
    lessons: tuple[WeekHours, ...] = (),
    exams: tuple[tuple[datetime, datetime], ...] = (),
    rules: tuple[TimedRule, ...] = (),
    quiet: tuple[WeekHours, ...] = (),
    box_id: str = "box-101",
) -> RoomPlan:
    return RoomPlan(
        version=version,
        box_id=box_id,
        room_id="room-101",
        room_name="Phòng 101",
        made_at=SEVEN_O_CLOCK,
        devices=devices,
        lessons=lessons,
        exams=exams,
        rules=rules,
        quiet=quiet,
        limits=AlertLimits(),
    )
