"""Ready or not: what counts against a room, what does not, and by whose limits."""

from datetime import timedelta

import pytest

from models.equipment import EquipmentKind
from models.measurements import Value
from models.room_plan import AlertLimits
from models.room_readiness import (
    AWAY_AT_MOST,
    DeviceCondition,
    DeviceWordNow,
    RoomJudgement,
    RoomReadiness,
    judge_device,
    judge_room,
)
from tests.builders.exams import SEVEN_O_CLOCK

BOARD, HEADSET, TABLET = EquipmentKind.INTERACTIVE_BOARD, EquipmentKind.VR_HEADSET, EquipmentKind.TABLET
STUDENT_BOARD = EquipmentKind.SENSOR_BOARD


def word(
    kind: EquipmentKind = BOARD,
    values: dict[str, Value] | None = None,
    faults: tuple[str, ...] = (),
    *,
    name: str = "dev-1",
    minutes: float = 1,
) -> DeviceWordNow:
    heard = SEVEN_O_CLOCK - timedelta(minutes=minutes)
    return DeviceWordNow(device_id=name, kind=kind, heard_at=heard, faults=faults, values=values or {})


def many(kind: EquipmentKind, count: int, values: dict[str, Value] | None = None) -> list[DeviceWordNow]:
    return [word(kind, values, name=f"dev-{number}") for number in range(count)]


def unheard(kind: EquipmentKind, *, connected: bool = True) -> DeviceWordNow:
    return DeviceWordNow(device_id="dev-unheard", kind=kind, connected=connected)


def room(*devices: DeviceWordNow) -> RoomJudgement:
    return judge_room(devices, SEVEN_O_CLOCK, SEVEN_O_CLOCK)


def test_no_signal_is_no_defect() -> None:
    assert room(word(faults=("signal",))).readiness is RoomReadiness.READY
    assert room(word(faults=("signal", "lamp"))).readiness is RoomReadiness.NOT_READY


def test_a_room_is_dated_by_what_still_reports_and_never_by_what_is_silent() -> None:
    gone = word(STUDENT_BOARD, name="dev-gone", minutes=3 * 24 * 60)
    judged = room(gone, word(minutes=2), word(minutes=1, name="dev-2"))
    assert (judged.readiness, judged.at) == (RoomReadiness.READY, SEVEN_O_CLOCK - timedelta(minutes=2))
    assert judged.oldest_word == judged.at
    for nobody in (room(gone), room(unheard(BOARD)), room()):
        assert (nobody.at, nobody.oldest_word) == (SEVEN_O_CLOCK, None)


def test_a_device_that_nobody_connected_is_counted_and_not_judged() -> None:
    judged = room(word(), unheard(EquipmentKind.PROJECTOR, connected=False))
    assert (judged.readiness, judged.judged_devices, judged.unconnected_devices) == (RoomReadiness.READY, 1, 1)
    assert judged.hindrances == ()
    assert room(word(), unheard(EquipmentKind.PROJECTOR)).readiness is RoomReadiness.NOT_READY


def test_an_unplugged_student_board_is_told_and_hinders_no_lesson() -> None:
    judged = room(word(), unheard(STUDENT_BOARD))
    assert judged.readiness is RoomReadiness.READY
    assert [(one.kind, one.condition) for one in judged.hindrances] == [(STUDENT_BOARD, DeviceCondition.NOT_REPORTING)]


@pytest.mark.parametrize(
    ("ready", "dead", "expected"),
    [
        (36, 4, RoomReadiness.READY),
        (35, 5, RoomReadiness.NOT_READY),
        (4, 1, RoomReadiness.READY),
        (3, 2, RoomReadiness.NOT_READY),
    ],
)
def test_a_class_set_hinders_by_its_share_and_never_by_one_device(
    ready: int, dead: int, expected: RoomReadiness
) -> None:
    judged = room(*many(TABLET, ready, {"battery": 90.0}), *many(TABLET, dead, {"battery": 10.0}))
    assert judged.readiness is expected


def test_headsets_in_class_are_neither_ready_nor_in_the_way() -> None:
    away = [word(HEADSET, {"present": False}, name=f"dev-away-{number}", minutes=50) for number in range(20)]
    judged = room(word(), *away, *many(HEADSET, 20, {"present": True, "battery": 90.0}))
    assert (judged.readiness, judged.ready_devices, judged.judged_devices) == (RoomReadiness.READY, 21, 21)
    assert (judged.taken_out_devices, judged.hindrances) == (20, ())


def test_a_headset_that_stays_away_is_missed_after_a_day() -> None:
    away = word(HEADSET, {"present": False}, minutes=AWAY_AT_MOST / timedelta(minutes=1))
    assert judge_device(away, SEVEN_O_CLOCK) is DeviceCondition.TAKEN_OUT
    assert judge_device(away, SEVEN_O_CLOCK + timedelta(seconds=1)) is DeviceCondition.NOT_REPORTING


def test_the_schools_limits_count() -> None:
    limits = AlertLimits(silent_minutes=60, hot_celsius=70.0)
    warm = word(values={"device_temperature": 50.0}, minutes=50)
    assert judge_device(warm, SEVEN_O_CLOCK, limits) is DeviceCondition.READY
    assert judge_device(warm, SEVEN_O_CLOCK) is DeviceCondition.NOT_REPORTING
    hot = word(values={"device_temperature": 50.0})
    assert judge_device(hot, SEVEN_O_CLOCK) is DeviceCondition.HOT
    assert judge_room([hot], SEVEN_O_CLOCK, SEVEN_O_CLOCK, limits).readiness is RoomReadiness.READY
    assert judge_room([hot], SEVEN_O_CLOCK, SEVEN_O_CLOCK).readiness is RoomReadiness.NOT_READY
