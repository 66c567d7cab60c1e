"""Alerts: when each begins and ends, that there is one at a time, and that a restart neither loses nor doubles one."""

from datetime import timedelta

import pytest

from models.measurements import Value
from models.room_messages import Reach
from models.telemetry import Alert, AlertKind
from tests.builders.room_plans import BOARD, HEADSET, PROJECTOR, SENSOR, TABLET, hours, plan
from tests.builders.watched_room import WatchedRoom

Told = list[tuple[AlertKind, bool]]
NEVER = (hours(60, 120),)
"""Lessons at one in the morning: at seven nobody expects a word."""


@pytest.fixture
def room() -> WatchedRoom:
    return WatchedRoom()


def told(room: WatchedRoom, device_id: str) -> Told:
    return [(alert.kind, alert.ended_at is not None) for alert in room.alerts(device_id)]


@pytest.mark.parametrize(
    ("device", "bad", "between", "good", "kind"),
    [
        (BOARD, {"device_temperature": 45.0}, {"device_temperature": 43.0}, {"device_temperature": 42.0}, "HOT"),
        (TABLET, {"battery": 20.0}, {"battery": 29.0}, {"battery": 30.0}, "BATTERY_LOW"),
        (TABLET, {"battery": 20.0, "charging": False}, {"battery": 21.0}, {"charging": True}, "BATTERY_LOW"),
        (PROJECTOR, {"lamp_hours": 3000.0}, {"power": "on"}, {"lamp_hours": 0.0}, "LAMP_HOURS"),
    ],
)
def test_a_limit_begins_an_alert_and_only_the_other_limit_ends_it(
    room: WatchedRoom, device: str, bad: dict[str, Value], between: dict[str, Value], good: dict[str, Value], kind: str
) -> None:
    for values in (bad, between, bad, between):
        room.state(device, values)
        room.wait(120)
    room.state(device, good)
    room.wait(10)
    begun, ended = room.alerts(device)
    assert begun.kind is ended.kind is AlertKind[kind]
    assert (begun.ended_at, begun.alert_id) == (None, ended.alert_id)
    assert ended.ended_at is not None
    assert ended.ended_at > ended.began_at == begun.began_at


def test_a_short_spike_of_heat_is_no_alert(room: WatchedRoom) -> None:
    room.state(BOARD, {"device_temperature": 50.0})
    room.wait(40)
    room.state(BOARD, {"device_temperature": 40.0})
    room.wait(120)
    assert room.alerts() == []


def test_a_fault_that_flickers_is_one_alert_and_no_signal_is_none(room: WatchedRoom) -> None:
    room.state(PROJECTOR, faults=("signal",))
    room.wait(100)
    assert room.alerts() == []
    for number in range(20):
        room.state(PROJECTOR, faults=("lamp", "signal") if number % 2 == 0 else ())
        room.wait(15)
    assert told(room, PROJECTOR) == [(AlertKind.FAULT, False)]
    assert room.alerts()[0].sentence == "The device reports a fault. (lamp)"
    room.wait(60)
    assert told(room, PROJECTOR)[-1] == (AlertKind.FAULT, True)


def test_a_silent_device_is_told_once_and_its_first_word_ends_it(room: WatchedRoom) -> None:
    room.readings(SENSOR, {"co2": 500.0})
    room.wait(40 * 60, step=5)
    assert told(room, SENSOR) == [(AlertKind.SILENT, False)]
    room.readings(SENSOR, {"co2": 500.0})
    room.wait(10)
    assert told(room, SENSOR) == [(AlertKind.SILENT, False), (AlertKind.SILENT, True)]


def test_nobody_is_told_of_silence_where_no_word_is_expected(room: WatchedRoom) -> None:
    room.wait(20 * 60, step=5)
    assert told(room, TABLET) == [(AlertKind.SILENT, False)]
    assert room.alerts(HEADSET) == [], "a headset speaks in its cart only"
    night = WatchedRoom(plan(lessons=NEVER))
    night.state(PROJECTOR, reach=Reach.UNREACHABLE)
    night.wait(20 * 60, step=5)
    assert night.alerts() == []


def test_a_display_that_does_not_answer_is_unreachable_and_not_silent_as_well(room: WatchedRoom) -> None:
    room.state(PROJECTOR, reach=Reach.UNREACHABLE)
    room.wait(100, step=5)
    assert room.alerts() == []
    room.wait(30 * 60, step=5)
    assert told(room, PROJECTOR) == [(AlertKind.UNREACHABLE, False)]
    room.state(PROJECTOR)
    room.wait(10)
    assert told(room, PROJECTOR)[-1] == (AlertKind.UNREACHABLE, True)


def test_a_door_counts_in_quiet_hours_only_and_stays_told_until_it_is_shut() -> None:
    room = WatchedRoom(plan(quiet=(hours(8 * 60, 9 * 60),)))
    room.readings(SENSOR, {"door": True})
    room.wait(30)
    assert room.alerts(SENSOR) == [], "at seven people come in"
    for _ in range(12):
        room.wait(600, step=5)
        room.readings(SENSOR, {"door": True})
    assert told(room, SENSOR) == [(AlertKind.DOOR_OPEN, False)]
    room.readings(SENSOR, {"door": False})
    room.wait(30)
    assert told(room, SENSOR)[-1] == (AlertKind.DOOR_OPEN, True)


def test_a_board_that_its_watchdog_resets_is_told_and_forgiven_after_ten_minutes(room: WatchedRoom) -> None:
    room.readings(SENSOR, {"reset_cause": "power-on"})
    room.wait(10)
    assert room.alerts() == []
    for _ in range(3):
        room.readings(SENSOR, {"reset_cause": "watchdog"})
        room.wait(300, step=5)
    assert told(room, SENSOR) == [(AlertKind.BOARD_RESET, False)]
    room.wait(310, step=5)
    assert told(room, SENSOR)[-1] == (AlertKind.BOARD_RESET, True)


def test_open_alerts_outlive_a_restart_until_the_device_says_that_it_is_well(room: WatchedRoom) -> None:
    room.state(BOARD, {"device_temperature": 50.0}, faults=("fan",))
    room.wait(120)
    still_open = tuple(room.alerts())
    assert {alert.kind for alert in still_open} == {AlertKind.HOT, AlertKind.FAULT}
    room.rows.clear()
    room.restart(still_open)
    room.wait(300, step=5)
    assert room.alerts(BOARD) == []
    room.state(BOARD, {"device_temperature": 50.0}, faults=("fan",))
    room.wait(120, step=5)
    assert room.alerts(BOARD) == [], "they are the same alerts still"
    room.state(BOARD, {"device_temperature": 30.0})
    room.wait(120, step=5)
    assert {alert.alert_id for alert in room.alerts(BOARD)} == {alert.alert_id for alert in still_open}
    assert all(alert.ended_at is not None for alert in room.alerts(BOARD))


def test_a_silence_of_before_a_restart_is_not_told_twice_and_ends_with_a_word(room: WatchedRoom) -> None:
    room.wait(16 * 60, step=5)
    still_open = tuple(room.alerts(TABLET))
    assert [alert.kind for alert in still_open] == [AlertKind.SILENT]
    room.rows.clear()
    room.restart(still_open)
    room.wait(40 * 60, step=5)
    assert room.alerts(TABLET) == []
    room.readings(TABLET, {"battery": 80.0})
    room.wait(10)
    assert told(room, TABLET) == [(AlertKind.SILENT, True)]


def test_alerts_of_a_device_that_left_the_room_end(room: WatchedRoom) -> None:
    room.state(BOARD, {"device_temperature": 50.0})
    room.wait(120)
    room.follow(plan(2, devices=tuple(one for one in plan().devices if one.device_id != BOARD)))
    assert told(room, BOARD) == [(AlertKind.HOT, False), (AlertKind.HOT, True)]


def test_days_of_trouble_leave_at_most_one_alert_open_for_each_device_and_kind(room: WatchedRoom) -> None:
    still_open: dict[tuple[str, AlertKind], Alert] = {}
    for hour in range(72):
        room.clock.step_wall_clock(hours=(-1) ** hour * (hour % 5))
        room.state(BOARD, {"device_temperature": 30.0 + hour % 24}, faults=("fan",) if hour % 3 == 0 else ())
        room.readings(TABLET, {"battery": float(hour * 7 % 100)})
        room.wait(3600, step=30)
        for alert in room.alerts():
            key = alert.device, alert.kind
            if alert.ended_at is None:
                assert key not in still_open
                still_open[key] = alert
            else:
                assert still_open.pop(key).alert_id == alert.alert_id
                assert alert.ended_at - alert.began_at >= timedelta(0)
        room.rows.clear()
        if hour % 10 == 9:
            room.restart(tuple(still_open.values()))


@pytest.mark.parametrize(
    ("device", "bad", "later", "kind"),
    [
        (BOARD, {"power": "on", "device_temperature": 50.0}, {"power": "standby"}, AlertKind.HOT),
        (HEADSET, {"present": True, "battery": 5.0, "charging": False}, {"present": False}, AlertKind.BATTERY_LOW),
    ],
)
def test_a_value_that_is_told_no_more_ends_its_alert(
    room: WatchedRoom, device: str, bad: dict[str, Value], later: dict[str, Value], kind: AlertKind
) -> None:
    room.state(device, bad)
    room.wait(180, step=5)
    room.state(device, later)
    room.wait(10)
    assert told(room, device) == [(kind, False), (kind, True)]


def test_after_a_restart_a_value_that_is_told_no_more_ends_its_alert_too(room: WatchedRoom) -> None:
    room.state(BOARD, {"power": "on", "device_temperature": 50.0})
    room.wait(90)
    (begun,) = room.alerts(BOARD)
    room.restart((begun,))
    room.state(BOARD, {"power": "standby"})
    room.wait(60)
    assert len(room.alerts(BOARD)) == 1, "its readings may still come"
    room.wait(70)
    assert told(room, BOARD)[-1] == (AlertKind.HOT, True)
