"""What is asked of devices, by people and by rules: never in an exam, by rules never in a lesson, each ends once."""

from datetime import timedelta

import pytest

from edge.equipment_watch.orders import DeviceOrder, is_shown
from edge.equipment_watch.words import ResultHeard
from models.measurements import Value
from models.room_messages import DeviceCommandName, DeviceOutcome, DeviceResult
from models.telemetry import AskedBy
from tests.builders.room_plans import BOARD, PROJECTOR, SENSOR, TABLET, hours, off_at, plan
from tests.builders.watched_room import WatchedRoom
from tests.fakes.manual_clock import ManualClock

HALF_PAST_FIVE = 17 * 60 + 30
OFF, ON = DeviceCommandName.POWER_OFF, DeviceCommandName.POWER_ON


@pytest.fixture
def room() -> WatchedRoom:
    return WatchedRoom()


def answer(room: WatchedRoom, outcome: DeviceOutcome, command_id: str = "order-1") -> None:
    result = DeviceResult(id=command_id, outcome=outcome, sentence="as asked", at=0)
    room.hear(ResultHeard(device_id=BOARD, result=result))


def outcomes(room: WatchedRoom) -> list[DeviceOutcome]:
    return [row.outcome for row in room.ended]


def until(room: WatchedRoom, hour: int, minute: int = 0) -> None:
    """Waits for this time of the school's day (it is seven in the morning)."""
    room.wait((hour - 7) * 3600 + minute * 60 - (room.clock.now() - ManualClock().now()).total_seconds(), step=30)


def test_an_order_is_said_in_the_room_and_the_devices_answer_ends_it(room: WatchedRoom) -> None:
    room.ask(OFF)
    assert [(one.topic, one.payload) for one in room.said] == [(f"dev/{BOARD}/cmd", b"power off order-1")]
    room.ask(OFF)
    assert len(room.said) == 1, "the same order again while it is under way"
    answer(room, DeviceOutcome.DONE)
    answer(room, DeviceOutcome.DONE)
    assert outcomes(room) == [DeviceOutcome.DONE]
    assert room.ended[0] in room.rows
    assert (room.ended[0].asked, room.ended[0].by) == (AskedBy.PERSON, "order-1")


@pytest.mark.parametrize("asked", AskedBy)
def test_the_command_says_whether_a_rule_asked_because_it_may_wait_at_the_bridge_until_a_lesson(asked: AskedBy) -> None:
    now = ManualClock().now()
    order = DeviceOrder(command_id="1", device_id=BOARD, name=OFF, asked=asked, by="r", asked_at=now)
    assert order.command(now).by_rule is (asked is AskedBy.RULE)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [(OFF, 130), (ON, 130), (DeviceCommandName.SELECT_SOURCE, 40), (DeviceCommandName.SCREEN_OFF, 15)],
)
def test_without_an_answer_it_has_failed_when_the_devices_time_is_over(name: DeviceCommandName, seconds: int) -> None:
    room = WatchedRoom()
    device = TABLET if name is DeviceCommandName.SCREEN_OFF else BOARD
    room.ask(name, device)
    assert room.tongue.expiries == [room.clock.now() + timedelta(seconds=seconds)]
    room.wait(seconds - 1)
    assert outcomes(room) == []
    room.wait(2)
    assert outcomes(room) == [DeviceOutcome.FAILED]
    assert room.ended[0].sentence == f"No answer within {seconds} seconds."


def test_an_answer_after_its_time_corrects_the_row_once(room: WatchedRoom) -> None:
    room.ask(OFF)
    room.wait(200, step=5)
    answer(room, DeviceOutcome.DONE)
    answer(room, DeviceOutcome.DONE)
    assert outcomes(room) == [DeviceOutcome.FAILED, DeviceOutcome.DONE]
    assert room.ended[1] in room.rows
    assert {row.command_id for row in room.ended} == {"order-1"}
    room.ask(OFF, command_id="order-2")
    room.wait(800, step=5)
    answer(room, DeviceOutcome.DONE, "order-2")
    assert outcomes(room)[2:] == [DeviceOutcome.FAILED], "who remembers everything for ever fills the memory"


@pytest.mark.parametrize(("shown", "expected"), [("standby", DeviceOutcome.DONE), ("on", DeviceOutcome.SENT)])
def test_where_the_device_only_took_it_its_state_decides(
    room: WatchedRoom,
    shown: str,
    expected: DeviceOutcome,
) -> None:
    room.state(BOARD, {"power": "on"})
    room.ask(OFF)
    answer(room, DeviceOutcome.SENT)
    room.wait(5)
    assert outcomes(room) == []
    room.state(BOARD, {"power": shown})
    room.wait(126)
    assert outcomes(room) == [expected]


def test_a_device_that_never_answers_is_believed_by_its_state(room: WatchedRoom) -> None:
    room.tongue.mute.add(BOARD)
    room.ask(OFF)
    room.state(BOARD, {"power": "off"})
    assert outcomes(room) == [DeviceOutcome.DONE]


@pytest.mark.parametrize(
    ("name", "argument", "values"),
    [
        (DeviceCommandName.POWER_ON, "", {"power": "warming"}),
        (DeviceCommandName.SELECT_SOURCE, "hdmi2", {"source": "hdmi2"}),
        (DeviceCommandName.SCREEN_OFF, "", {"screen": False}),
        (DeviceCommandName.SWITCH_ON, "", {"power": True}),
    ],
)
def test_states_that_show_what_was_asked(name: DeviceCommandName, argument: str, values: dict[str, Value]) -> None:
    order = DeviceOrder(
        command_id="1", device_id=BOARD, name=name, argument=argument, asked=AskedBy.PERSON, by="1",
        asked_at=ManualClock().now(),
    )  # fmt: skip
    assert is_shown(order, values)
    assert not is_shown(order, {})
    assert not is_shown(order, {"power": "unknown", "source": "pc", "screen": "unknown"})


def test_only_what_the_plan_allows_is_asked_and_every_refusal_is_written_down(room: WatchedRoom) -> None:
    room.ask(OFF, SENSOR, "1")
    room.ask(OFF, "dev-stranger", "2")
    room.ask(DeviceCommandName.MUTE, BOARD, "3")
    room.tongue.silent.add(BOARD)
    room.ask(OFF, BOARD, "4")
    assert outcomes(room) == [DeviceOutcome.REFUSED] * 4
    assert room.said == []
    assert len([row for row in room.rows if row in room.ended]) == 4


def test_inside_a_lesson_a_person_may_and_inside_an_exam_nobody() -> None:
    now = ManualClock().now()
    lesson = WatchedRoom(plan(lessons=(hours(0, 24 * 60),)))
    lesson.ask(OFF)
    assert len(lesson.said) == 1
    exam = WatchedRoom(plan(exams=((now, now + timedelta(hours=2)),)))
    exam.ask(OFF)
    assert (exam.said, outcomes(exam)) == ([], [DeviceOutcome.REFUSED])
    desk = WatchedRoom()
    desk.exam_runs = True
    desk.ask(ON)
    assert (desk.said, outcomes(desk)) == ([], [DeviceOutcome.REFUSED])


def test_boards_go_off_at_half_past_five_once_a_day_for_a_week() -> None:
    room = WatchedRoom(plan(rules=(off_at(HALF_PAST_FIVE),)))
    room.wait(7 * 24 * 3600, step=20)
    assert len(room.said) == 7
    rows = [row for row in room.ended if row.asked is AskedBy.RULE]
    assert {row.device for row in rows} == {BOARD}, "the projector is of another kind"
    assert len({row.command_id for row in rows}) == 7
    assert {row.by for row in rows} == {"boards-off"}


def test_a_restart_in_the_same_minute_fires_no_rule_again() -> None:
    room = WatchedRoom(plan(rules=(off_at(HALF_PAST_FIVE),)))
    until(room, 17, 31)
    for _ in range(5):
        room.restart()
        room.wait(10)
    assert len(room.said) == 1


def test_a_clock_that_jumps_fires_no_rule_twice_and_a_doubted_clock_none() -> None:
    room = WatchedRoom(plan(rules=(off_at(HALF_PAST_FIVE),)))
    room.clock_is_right = False
    until(room, 17, 40)
    assert room.said == []
    room.clock_is_right = True
    room.wait(10)
    assert len(room.said) == 1
    for jump in (-1, 1, -2, 2):
        room.clock.step_wall_clock(hours=jump)
        room.wait(60)
    assert len(room.said) == 1


def test_a_rule_waits_for_the_end_of_a_lesson_or_exam_and_gives_up_after_two_hours() -> None:
    lesson = WatchedRoom(plan(rules=(off_at(HALF_PAST_FIVE),), lessons=(hours(17 * 60, 18 * 60),)))
    until(lesson, 17, 59)
    assert lesson.said == []
    until(lesson, 18, 1)
    assert len(lesson.said) == 1
    evening = WatchedRoom(plan(rules=(off_at(HALF_PAST_FIVE),), lessons=(hours(17 * 60, 20 * 60),)))
    until(evening, 23)
    assert evening.said == []
    desk = WatchedRoom(plan(rules=(off_at(HALF_PAST_FIVE),)))
    desk.exam_runs = True
    until(desk, 18)
    assert desk.said == []
    desk.exam_runs = False
    desk.wait(10)
    assert len(desk.said) == 1


def test_a_box_that_was_off_at_the_minute_follows_the_rule_when_it_starts() -> None:
    clock = ManualClock()
    clock.advance(hours=11)
    room = WatchedRoom(plan(rules=(off_at(HALF_PAST_FIVE),)), clock)
    room.wait(10)
    assert len(room.said) == 1
    assert PROJECTOR not in room.said[0].topic
