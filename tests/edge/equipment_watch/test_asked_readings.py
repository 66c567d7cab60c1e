"""Readings as they are leave the room only when a person asked, for as long as was asked, and never too many."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.equipment_watch.asked_readings import MOST_DEVICES, MOST_WAITING, AskedReadings, minutes_of
from edge.equipment_watch.words import ReadingsHeard
from models.equipment import EquipmentKind
from models.room_messages import DeviceCommandName, DeviceOutcome
from models.room_plan import MqttLink, PlannedDevice
from models.telemetry import MOST_RAW_VALUES, RawValue
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.room_plans import BOARD, GLASSES, SENSOR, plan
from tests.builders.watched_room import WatchedRoom

TELL = DeviceCommandName.TELL_READINGS
SENSORS = tuple(
    PlannedDevice(device_id=f"dev-{one}", kind=EquipmentKind.SENSOR_BOARD, link=MqttLink())
    for one in range(MOST_DEVICES + 1)
)


@pytest.fixture
def room() -> WatchedRoom:
    room = WatchedRoom()
    room.readings(SENSOR, {"temperature": 24.5, "co2": 800.0})
    return room


def measure(room: WatchedRoom, seconds: int, device: str = SENSOR, value: float = 24.5) -> None:
    """One reading a second."""
    for _ in range(seconds):
        room.readings(device, {"temperature": value})
        room.wait(1)


def outcomes(room: WatchedRoom) -> list[tuple[DeviceOutcome, str]]:
    return [(row.outcome, row.sentence) for row in room.ended]


def told(room: WatchedRoom, device: str = SENSOR) -> list[RawValue]:
    return [one for row in room.raw(device) for one in row.values]


def test_nothing_raw_is_told_until_somebody_asks_and_nothing_after_the_minutes_that_were_asked(
    room: WatchedRoom,
) -> None:
    measure(room, 90)
    assert room.raw(SENSOR) == []
    begins = room.clock.now()
    room.ask(TELL, SENSOR, argument="1")
    measure(room, 120)
    assert outcomes(room) == [(DeviceOutcome.DONE, "Its readings are told for the minutes that were asked.")]
    assert room.said == [], "the device itself is asked nothing"
    values = told(room)
    assert [one.at for one in values] == [begins + timedelta(seconds=second) for second in range(60)]
    assert {(one.metric, one.value, one.unit) for one in values} == {("temperature", 24.5, "Cel")}
    measure(room, 60)
    assert len(told(room)) == 60


def test_what_is_not_believed_and_what_is_no_number_stays_in_the_room(room: WatchedRoom) -> None:
    room.ask(TELL, SENSOR, argument="1")
    room.readings(SENSOR, {"temperature": 900.0, "door": True, "power": "on", "nonsense": 4.0, "co2": 801.0})
    room.wait(3)
    assert [(one.metric, one.value) for one in told(room)] == [("co2", 801.0)]


def test_other_devices_are_not_told_with_it(room: WatchedRoom) -> None:
    room.ask(TELL, SENSOR, argument="1")
    measure(room, 3, BOARD)
    assert room.raw(BOARD) == []


def test_a_device_that_measures_much_is_told_ten_numbers_a_second_in_one_row_and_the_rest_is_counted(
    room: WatchedRoom,
) -> None:
    room.ask(TELL, SENSOR, argument="1")
    said = 0
    for tenth in range(200):
        room.readings(SENSOR, {"temperature": 24.5, "co2": 800.0, "light": float(tenth)})
        said += 3
        room.wait(0.1, step=0.1)
    assert len(room.raw(SENSOR)) <= 20
    assert all(len(row.values) <= MOST_RAW_VALUES for row in room.raw(SENSOR))
    room.wait(20)
    assert len(told(room)) + sum(row.left_out for row in room.raw(SENSOR)) == said
    assert {one.metric for one in told(room)} == {"temperature", "co2", "light"}


def test_a_batch_of_some_seconds_is_told_whole(room: WatchedRoom) -> None:
    room.ask(TELL, SENSOR, argument="1")
    now = room.clock.now()
    batch = [
        ReadingsHeard(device_id=SENSOR, at=now - timedelta(milliseconds=100 * one), values={"temperature": 24.0})
        for one in range(MOST_WAITING)
    ]
    room.hear(*batch)
    room.wait(10)
    assert len(told(room)) == MOST_WAITING
    assert sum(row.left_out for row in room.raw(SENSOR)) == 0


@pytest.mark.parametrize("argument", ["", "0", "61", "-5", "1.5", "ten", "٣", "000000000007"])
def test_minutes_that_are_none_are_refused(room: WatchedRoom, argument: str) -> None:
    assert minutes_of(argument) is None
    room.ask(TELL, SENSOR, argument=argument)
    measure(room, 3)
    assert outcomes(room) == [(DeviceOutcome.REFUSED, "Ask for 1 to 60 minutes of readings.")]
    assert room.raw(SENSOR) == []


def test_a_device_that_measures_nothing_or_that_no_plan_knows_is_refused(room: WatchedRoom) -> None:
    room.state(BOARD, {"power": "on"})
    room.readings(BOARD, {"power": "on"})
    for number, device in enumerate((BOARD, GLASSES, "dev-stranger")):
        room.ask(TELL, device, str(number), argument="10")
    silent, unplanned, stranger = outcomes(room)
    assert silent == (DeviceOutcome.REFUSED, "The device has measured nothing for five minutes.")
    assert unplanned == stranger == (DeviceOutcome.REFUSED, "The room's plan does not know this device.")
    room.wait(6 * 60, step=5)
    room.ask(TELL, SENSOR, "late", argument="10")
    assert outcomes(room)[-1] == silent
    assert [row for row in room.rows if row in room.ended] == room.ended, "each refusal is an audit row"


def test_five_devices_at_once_and_a_sixth_when_one_has_ended() -> None:
    room = WatchedRoom(plan(devices=SENSORS))
    for one in SENSORS:
        room.readings(one.device_id, {"temperature": 20.0})
    for number, one in enumerate(SENSORS):
        room.ask(TELL, one.device_id, str(number), argument="1" if number == 0 else "3")
    assert [outcome for outcome, _ in outcomes(room)] == [DeviceOutcome.DONE] * 5 + [DeviceOutcome.REFUSED]
    room.ask(TELL, SENSORS[1].device_id, "again", argument="3")
    assert outcomes(room)[-1][0] is DeviceOutcome.DONE, "who asks again for the same device takes no other place"
    room.wait(61)
    room.ask(TELL, SENSORS[5].device_id, "sixth", argument="1")
    assert outcomes(room)[-1][0] is DeviceOutcome.DONE


def test_who_asks_again_gets_the_later_end(room: WatchedRoom) -> None:
    room.ask(TELL, SENSOR, "1", argument="2")
    room.ask(TELL, SENSOR, "2", argument="1")
    measure(room, 90)
    assert len(told(room)) == 90


def test_a_restart_ends_it_and_so_does_a_plan_without_the_device(room: WatchedRoom) -> None:
    room.ask(TELL, SENSOR, "1", argument="10")
    room.restart()
    measure(room, 5)
    assert room.raw(SENSOR) == []
    room.ask(TELL, SENSOR, "2", argument="10")
    measure(room, 5)
    room.follow(plan(version=2))
    measure(room, 5)
    assert len(told(room)) == 10, "a plan that still has the device changes nothing"
    others = tuple(one for one in room.followed.devices if one.device_id != SENSOR)
    room.follow(plan(version=3, devices=others))
    room.follow(plan(version=4))
    measure(room, 5)
    assert len(told(room)) == 10


@pytest.mark.parametrize("by_plan", [True, False])
def test_in_an_exam_nobody_gets_raw_readings_and_what_was_told_ends(room: WatchedRoom, *, by_plan: bool) -> None:
    room.ask(TELL, SENSOR, "1", argument="10")
    measure(room, 5)
    before = len(told(room))
    assert before
    room.exam_runs = not by_plan
    if by_plan:
        room.follow(plan(exams=((SEVEN_O_CLOCK, SEVEN_O_CLOCK + timedelta(hours=2)),)))
    measure(room, 5)
    room.ask(TELL, SENSOR, "2", argument="10")
    assert len(told(room)) == before
    assert outcomes(room)[-1][0] is DeviceOutcome.REFUSED
    room.exam_runs = False
    room.follow(plan())
    measure(room, 5)
    assert len(told(room)) == before, "it does not begin again by itself"


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 900)), max_size=80), st.integers(1, 3))
def test_whatever_comes_each_number_is_told_once_or_counted_and_no_second_has_more_than_ten(
    bursts: list[tuple[int, int]], minutes: int
) -> None:
    asked, now_ms, taken, rows = AskedReadings(), 0, 0, []
    assert asked.begin("dev-1", minutes, 0)
    for count, pause_ms in bursts:
        if asked.has("dev-1"):
            asked.take("dev-1", [RawValue(metric="t", at=SEVEN_O_CLOCK, value=1.0)] * count, now_ms)
            taken += count if now_ms < minutes * 60_000 else 0
        now_ms += pause_ms
        rows += [(now_ms, row) for row in asked.due(now_ms)]
    while asked:
        now_ms += 500
        rows += [(now_ms, row) for row in asked.due(now_ms)]
    assert all(later - sooner >= 1000 for (sooner, _), (later, _) in pairwise(rows))
    assert all(1 <= len(row.values) <= MOST_RAW_VALUES for _, row in rows)
    assert sum(len(row.values) + row.left_out for _, row in rows) == taken
    assert now_ms >= minutes * 60_000
