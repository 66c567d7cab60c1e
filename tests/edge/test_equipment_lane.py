"""Plan, mark and rows in the talk with central: the exam's events always go first."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.room_plan_keeper import RoomPlanKeeper
from edge.telemetry_conversation import TelemetryConversation
from edge.telemetry_store import TelemetryStore
from edge.uplink_notices import UplinkAlarm
from models.messages import Hello, PlanMessage, decode, encode
from models.room_plan import sign_plan
from models.wire.topics import DownLane, UpLane, down_topic, parse_up_topic, up_topic
from tests.builders.box_side import BOX, BoxSide
from tests.builders.events import BOX_KEY, CENTRAL_KEY, happening
from tests.builders.room_plans import plan
from tests.builders.telemetry_rows import word
from tests.fakes.model_central import ModelCentral
from tests.fakes.model_measurer import ModelMeasurer

PLAN, MARK = down_topic(BOX, DownLane.PLAN), down_topic(BOX, DownLane.MARK)


class Box:
    """A box with both lanes, and both halves of central."""

    def __init__(self, folder: Path) -> None:
        self.side = BoxSide(folder)
        self.side.start()
        self.store = TelemetryStore(folder / "telemetry.db", self.side.clock)
        self.store.start()
        self.plans = RoomPlanKeeper(folder / "room-plan.json", CENTRAL_KEY.public_key(), BOX)
        telemetry = TelemetryConversation(
            store=self.store,
            publish=lambda payload: self.side._publish(up_topic(0, BOX, UpLane.TELEMETRY), payload),
            clock=self.side.clock,
        )
        self.side.talk.also_carry(self.plans, telemetry)
        self.central = ModelCentral(CENTRAL_KEY, {BOX: BOX_KEY.public_key()})
        self.measurer: ModelMeasurer | None = ModelMeasurer()

    def stop(self) -> None:
        self.store.stop()
        self.side.stop()

    def carry(self, *, exams: bool = True) -> None:
        while self.side.sent:
            letter = self.side.sent.popleft()
            lane = parse_up_topic(letter[0]).lane
            answers = self.central.hear(*letter) if exams or lane is UpLane.HELLO else []
            if self.measurer is not None:
                answers += self.measurer.hear(*letter)
            for answer in answers:
                self.side.talk.heard(*answer)

    def wait(self, seconds: int, *, exams: bool = True) -> None:
        for _ in range(2 * seconds):
            self.side.clock.advance(seconds=0.5)
            self.side.talk.time_passed()
            self.carry(exams=exams)

    def lanes(self) -> list[UpLane]:
        return [parse_up_topic(topic).lane for topic, _ in self.side.sent]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.stop()


def add(box: Box, *numbers: int) -> None:
    box.store.add([word(number) for number in numbers])
    box.store.flush()


def test_hello_says_which_plan_and_which_rows_the_box_has(box: Box) -> None:
    box.side.connect()
    hello = decode(box.side.sent[0][1], Hello)
    assert hello.room_plan is None
    assert hello.telemetry is not None
    assert hello.telemetry.last == 0
    box.side.talk.heard(PLAN, encode(PlanMessage(plan=sign_plan(plan(7), CENTRAL_KEY))))
    assert box.plans.plan == plan(7)
    assert decode(box.side.sent[-1][1], Hello).room_plan == 7


def test_a_plan_that_is_not_for_this_box_is_an_alarm(box: Box) -> None:
    box.side.connect()
    box.side.talk.heard(PLAN, encode(PlanMessage(plan=sign_plan(plan(7, box_id="box-9"), CENTRAL_KEY))))
    assert box.plans.plan is None
    assert box.side.told(UplinkAlarm)


def test_rows_arrive_and_go(box: Box) -> None:
    box.side.connect()
    add(box, 1, 2, 3)
    box.wait(2)
    assert box.measurer is not None
    assert box.measurer.rows == [word(1), word(2), word(3)]
    assert box.store.waiting() == 0


def test_no_row_travels_while_an_event_of_the_exam_waits_to_be_sent(box: Box) -> None:
    box.side.connect()
    box.carry()
    for number in range(1100):
        box.side.outbox.commit(happening(number))
    add(box, 1)
    box.side.talk.committed()
    box.side.talk.time_passed()
    assert UpLane.EVENTS in box.lanes()
    assert UpLane.TELEMETRY not in box.lanes(), "a thousand events are in flight, a hundred wait"
    box.carry()
    box.wait(1)
    assert box.side.outbox.counts().waiting == 0
    assert box.store.waiting() == 0


def test_when_central_has_taken_no_event_for_long_rows_travel_all_the_same(box: Box) -> None:
    box.side.connect()
    box.carry()
    for number in range(1100):
        box.side.outbox.commit(happening(number))
    add(box, 1)
    box.side.talk.committed()
    box.wait(20, exams=False)
    assert box.measurer is not None
    assert box.measurer.rows == []
    box.wait(60, exams=False)
    assert box.measurer.rows == [word(1)]


def test_a_mark_that_cannot_be_read_is_an_alarm_and_changes_nothing(box: Box) -> None:
    box.side.connect()
    box.side.talk.heard(MARK, b"[]")
    assert box.side.told(UplinkAlarm)
    add(box, 1)
    box.wait(2)
    assert box.store.waiting() == 0


def test_an_older_central_costs_one_small_batch_an_hour_quarter(box: Box) -> None:
    box.measurer = None
    box.side.connect()
    add(box, *range(500))
    sent = 0
    for _ in range(4 * 3600):
        box.side.clock.advance(seconds=1)
        box.side.talk.time_passed()
        sent += box.lanes().count(UpLane.TELEMETRY)
        box.carry()
    assert 15 <= sent <= 22
    assert box.store.waiting() == 500
