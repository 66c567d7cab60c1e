"""A command goes through when the plan allows it, in time, outside exams, and at most once."""

from datetime import UTC, datetime, timedelta

import pytest

from firmware_bridge.command_gate import DISTURBING, MOST_REMEMBERED, Admission, CommandGate, why_not
from models.clock import to_unix_ms
from models.equipment import EquipmentKind
from models.room_messages import DeviceCommand, DeviceCommandName, DeviceOutcome, DeviceResult
from models.room_plan import PlannedDevice, RoomPlan, WeekHours

NOW = datetime(2026, 6, 11, 2, 0, tzinfo=UTC)  # nine in the morning of a Thursday in Vietnam
DISPLAY = PlannedDevice(
    device_id="dev-1", kind=EquipmentKind.PROJECTOR, commands=(DeviceCommandName.POWER_ON, DeviceCommandName.POWER_OFF)
)


def plan(*, exam: bool = False, lesson: bool = False) -> RoomPlan:
    return RoomPlan(
        version=1,
        box_id="box-1",
        room_id="room-1",
        room_name="9A",
        made_at=NOW,
        devices=(DISPLAY,),
        lessons=(WeekHours(weekdays=(3,), from_minute=9 * 60, to_minute=10 * 60),) if lesson else (),
        exams=((NOW, NOW + timedelta(hours=2)),) if exam else (),
    )


def ask(
    name: DeviceCommandName = DeviceCommandName.POWER_OFF,
    command_id: str = "one",
    seconds: float = 60,
    *,
    by_rule: bool = False,
) -> DeviceCommand:
    expires_at = to_unix_ms(NOW + timedelta(seconds=seconds))
    return DeviceCommand(id=command_id, name=name, expires_at=expires_at, by_rule=by_rule)


def outcome(judged: Admission | DeviceResult | None) -> DeviceOutcome:
    assert isinstance(judged, DeviceResult)
    return judged.outcome


def test_an_allowed_command_goes_through_once_and_is_answered_the_same_when_it_comes_again() -> None:
    gate = CommandGate()
    assert gate.judge(DISPLAY, ask(), plan(), NOW) is Admission.GO
    assert gate.judge(DISPLAY, ask(), plan(), NOW) is Admission.UNDER_WAY
    done = DeviceResult(id="one", outcome=DeviceOutcome.DONE, at=1)
    gate.answered("dev-1", done)
    assert gate.judge(DISPLAY, ask(), plan(), NOW) == done


def test_what_is_too_late_has_expired() -> None:
    assert outcome(CommandGate().judge(DISPLAY, ask(seconds=-1), plan(), NOW)) is DeviceOutcome.EXPIRED


def test_only_what_the_plan_allows_goes_through() -> None:
    for name in set(DeviceCommandName) - set(DISPLAY.commands):
        assert outcome(CommandGate().judge(DISPLAY, ask(name), plan(), NOW)) is DeviceOutcome.REFUSED


def test_a_device_of_nobody_is_refused() -> None:
    assert outcome(CommandGate().judge(None, ask(), plan(), NOW)) is DeviceOutcome.REFUSED
    assert outcome(CommandGate().judge(DISPLAY, ask(), None, NOW)) is DeviceOutcome.REFUSED


@pytest.mark.parametrize("name", sorted(DISTURBING))
def test_nobody_takes_the_picture_away_while_an_exam_runs(name: DeviceCommandName) -> None:
    device = PlannedDevice(device_id="dev-1", kind=EquipmentKind.PROJECTOR, commands=(name,))
    assert outcome(CommandGate().judge(device, ask(name), plan(exam=True), NOW)) is DeviceOutcome.REFUSED
    after = NOW + timedelta(hours=2)
    assert CommandGate().judge(device, ask(name, seconds=9_000), plan(exam=True), after) is Admission.GO


def test_switching_on_is_no_disturbance_and_a_person_may_do_all_in_a_lesson() -> None:
    assert CommandGate().judge(DISPLAY, ask(DeviceCommandName.POWER_ON), plan(exam=True), NOW) is Admission.GO
    assert CommandGate().judge(DISPLAY, ask(), plan(lesson=True), NOW) is Admission.GO


def test_a_rule_does_nothing_in_a_lesson() -> None:
    refused = CommandGate().judge(DISPLAY, ask(by_rule=True), plan(lesson=True), NOW)
    assert outcome(refused) is DeviceOutcome.REFUSED
    assert CommandGate().judge(DISPLAY, ask(by_rule=True), plan(), NOW) is Admission.GO


def test_what_went_through_may_no_longer_be_written_when_an_exam_begins_or_it_expired() -> None:
    command, begun = ask(seconds=15), plan(exam=True)
    before = NOW - timedelta(seconds=1)
    assert why_not(DISPLAY, command, begun, before) is None
    assert outcome(why_not(DISPLAY, command, begun, NOW)) is DeviceOutcome.REFUSED
    assert outcome(why_not(DISPLAY, command, plan(), NOW + timedelta(seconds=16))) is DeviceOutcome.EXPIRED


def test_it_forgets_the_oldest_commands() -> None:
    gate = CommandGate()
    for number in range(MOST_REMEMBERED + 1):
        gate.judge(DISPLAY, ask(command_id=f"c{number}"), plan(), NOW)
    assert gate.judge(DISPLAY, ask(command_id="c1"), plan(), NOW) is Admission.UNDER_WAY
    assert gate.judge(DISPLAY, ask(command_id="c0"), plan(), NOW) is Admission.GO
