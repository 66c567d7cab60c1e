"""The line of the room's equipment: its words, its instant, and that it stands still during a check-in."""

from datetime import timedelta

import pytest

from edge.exam_desk.steps import Step
from edge.station.equipment_sign import AT_REST, CONDITIONS, KINDS, EquipmentSign, line_of
from models.equipment import EquipmentKind, speaks
from models.room_messages import Reach
from models.room_readiness import DeviceCondition, DeviceWordNow, RoomJudgement, judge_room
from tests.builders.exams import SEVEN_O_CLOCK
from tests.fakes.manual_clock import ManualClock

BOARD = DeviceWordNow(
    device_id="dev-board", kind=EquipmentKind.INTERACTIVE_BOARD, heard_at=SEVEN_O_CLOCK - timedelta(minutes=2)
)
PROJECTOR = DeviceWordNow(
    device_id="dev-projector",
    kind=EquipmentKind.PROJECTOR,
    heard_at=SEVEN_O_CLOCK - timedelta(minutes=1),
    reach=Reach.FAULT,
)
GONE = DeviceWordNow(
    device_id="dev-gone", kind=EquipmentKind.PROJECTOR, heard_at=SEVEN_O_CLOCK - timedelta(days=1, hours=2)
)
NEVER = DeviceWordNow(device_id="dev-never", kind=EquipmentKind.PROJECTOR)


def judged(*devices: DeviceWordNow) -> RoomJudgement:
    return judge_room(devices, None, SEVEN_O_CLOCK)


@pytest.mark.parametrize(
    ("devices", "vietnamese", "english"),
    [
        ((BOARD,), "Phòng sẵn sàng lúc 06:58", "Room ready at 06:58"),
        (
            (BOARD, PROJECTOR),
            "Phòng chưa sẵn sàng lúc 06:58: 1 máy chiếu báo lỗi",
            "Room not ready at 06:58: 1 projector, reports a fault",
        ),
        (
            (BOARD, GONE, PROJECTOR),
            "Phòng chưa sẵn sàng lúc 06:58: 1 máy chiếu không có tin; 1 máy chiếu báo lỗi",
            "Room not ready at 06:58: 1 projector, no word; 1 projector, reports a fault",
        ),
        (
            (NEVER,),
            "Chưa rõ thiết bị của phòng lúc 07:00: 1 máy chiếu không có tin",
            "The room's equipment is not known at 07:00: 1 projector, no word",
        ),
    ],
)
def test_the_line_says_what_is_missing_and_when_that_was_true(
    devices: tuple[DeviceWordNow, ...], vietnamese: str, english: str
) -> None:
    line = line_of(judged(*devices), SEVEN_O_CLOCK)
    assert (line.words.vi, line.words.en) == (vietnamese, english)
    assert line.is_ready is (devices == (BOARD,))


def test_an_old_judgement_is_said_with_its_day() -> None:
    line = line_of(judged(BOARD), SEVEN_O_CLOCK + timedelta(days=1))
    assert line.words.vi == "Phòng sẵn sàng lúc 06:58 11/06"


def test_the_line_stands_still_while_somebody_is_checked_in() -> None:
    now: list[RoomJudgement | None] = [judged(BOARD)]
    clock = ManualClock(SEVEN_O_CLOCK)
    sign = EquipmentSign(lambda: now[0], clock)
    before = sign.line(Step.WAITING)
    assert before is not None
    now[0] = judged(BOARD, PROJECTOR)
    assert all(sign.line(step) == before for step in Step if step not in AT_REST)
    after = sign.line(Step.WAITING)
    assert after is not None
    assert not after.is_ready
    now[0] = None
    assert sign.line(Step.READING) == after
    assert sign.line(Step.CLOSED) is None


def test_the_last_verdict_of_the_day_does_not_hold_the_line_for_ever() -> None:
    now: list[RoomJudgement | None] = [None]
    clock = ManualClock(SEVEN_O_CLOCK)
    sign = EquipmentSign(lambda: now[0], clock)
    assert sign.line(Step.SHOWN) is None
    now[0] = judged(BOARD)
    clock.advance(seconds=59)
    assert sign.line(Step.SHOWN) is None
    clock.advance(seconds=1)
    assert sign.line(Step.SHOWN) is not None


def test_every_kind_that_speaks_and_every_hindrance_has_its_words() -> None:
    assert set(KINDS) == {kind for kind in EquipmentKind if speaks(kind)}
    never_hinders = {DeviceCondition.READY, DeviceCondition.TAKEN_OUT, DeviceCondition.NOT_CONNECTED}
    assert set(CONDITIONS) == set(DeviceCondition) - never_hinders
