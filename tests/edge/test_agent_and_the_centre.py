"""Orders from the centre and the clock, as the room agent deals with them: the desk and its sitting come first."""

import queue
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.agent import Agent, Parts
from edge.box_condition import BoxCondition, CentralSpoke, CommandCame, Notice, RosterArrived, TimeSourceTold
from edge.clock_watch import ClockWatch
from edge.command_memory import CommandMemory
from edge.exam_desk.steps import Step
from edge.occurrences import CardLaid, CodeGiven, Occurrence
from edge.proctor_room import box_view
from edge.remote_orders import IDENTIFY_SECONDS, RemoteOrders
from models.clock import TimeQuality
from models.exams import RosterBundle, SecondCopyRule
from models.messages import CommandOutcome, CommandResult
from models.wire.commands import Command, CommandName
from models.wire.event_chain import EventKind
from tests.builders import exams
from tests.fakes.manual_clock import ManualClock
from tests.fakes.scripted_room_parts import NotingFaces, NotingReader, OneRoster, OrdersInMind, ScriptedMemory

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class Room:
    """An agent that is not started, on a clock that the test moves."""

    def __init__(self, folder: Path, bundle: RosterBundle | None, now: datetime = exams.SEVEN_O_CLOCK) -> None:
        self.clock = ManualClock(now)
        self.memory = ScriptedMemory()
        self.rosters = OneRoster(bundle)
        self.watch = ClockWatch(self.clock, folder / "floor.json", LONG_AGO)
        self.orders = OrdersInMind()
        self.answers: list[CommandResult] = []
        self.restarts = 0
        inbox: queue.Queue[Occurrence | Notice] = queue.Queue()
        parts = Parts(
            memory=self.memory,
            rosters=self.rosters,
            chips=NotingReader(),
            faces=NotingFaces(),
            clock=self.clock,
            watch=self.watch,
            orders=RemoteOrders(self.orders, lambda: b"bundle"),
            answer=self.answers.append,
            restart=self._restart,
            changed=lambda: None,
        )
        self.agent = Agent(inbox, parts, BoxCondition(rehearsal=True, offline_since=now))

    def _restart(self) -> None:
        self.restarts += 1

    def open(self) -> "Room":
        self.watch.start()
        self.agent.open()
        return self

    def step(self) -> Step:
        return self.agent.desk.step

    def quality(self) -> TimeQuality:
        return self.agent.condition.time_quality

    def identifying(self) -> str | None:
        return self.agent.condition.identifying

    def order(self, name: CommandName, command_id: str = "order-1", *, in_time: bool = True) -> CommandResult:
        now = self.clock.now()
        command = Command(
            command_id=command_id, box_id="box-101", name=name, issued_at=now, expires_at=now + timedelta(minutes=10)
        )
        self.agent.take(CommandCame(command=command, in_time=in_time))
        return self.answers[-1]

    def wait(self, seconds: float) -> None:
        """Time passes, and the agent looks at the clock four times a second."""
        for _ in range(int(seconds * 4)):
            self.clock.advance(seconds=0.25)
            self.agent.tick()

    def told(self, kind: EventKind) -> list[tuple[str, str]]:
        return [(one.decision, one.reason) for one in self.memory.happenings if one.kind is kind]


@pytest.fixture
def room(tmp_path: Path) -> Callable[..., Room]:
    return lambda bundle=None, now=exams.SEVEN_O_CLOCK: Room(tmp_path, bundle, now)


def test_identify_shows_the_boxes_name_for_twenty_seconds_and_is_written_into_the_chain(
    room: Callable[..., Room],
) -> None:
    here = room(exams.bundle()).open()
    assert here.order(CommandName.IDENTIFY).outcome is CommandOutcome.DONE
    view = box_view(here.agent.condition, 0, SecondCopyRule.OFF, here.clock)
    assert view.identifying == "box-101"
    here.wait(IDENTIFY_SECONDS - 1)
    assert here.identifying()
    here.wait(2)
    assert here.identifying() is None
    assert here.told(EventKind.COMMAND_CARRIED_OUT) == [("done", "identify")]


def test_the_same_order_again_gets_the_same_answer_and_nothing_is_done(room: Callable[..., Room]) -> None:
    here = room().open()
    first = here.order(CommandName.RESTART)
    here.wait(2)
    assert here.restarts == 1
    here.clock.advance(seconds=60)
    assert here.order(CommandName.RESTART) == first
    assert here.order(CommandName.RESTART, in_time=False) == first, "also after its time"
    here.wait(2)
    assert here.restarts == 1
    assert len(here.told(EventKind.COMMAND_CARRIED_OUT)) == 1


def test_a_restart_is_refused_from_an_hour_before_a_sitting_until_its_end(room: Callable[..., Room]) -> None:
    here = room(exams.bundle()).open()
    starts, ends = exams.bundle().session.starts_at, exams.bundle().session.ends_at
    for number, (at, outcome) in enumerate(
        [
            (starts - timedelta(minutes=61), CommandOutcome.DONE),
            (starts - timedelta(minutes=59), CommandOutcome.REFUSED),
            (ends - timedelta(seconds=1), CommandOutcome.REFUSED),
            (ends, CommandOutcome.DONE),
        ]
    ):
        again = Room(here.watch._path.parent / str(number), exams.bundle(), at)
        again.open()
        assert again.order(CommandName.RESTART).outcome is outcome, at - starts
        again.wait(2)
        assert again.restarts == (outcome is CommandOutcome.DONE)
    assert again.told(EventKind.COMMAND_CARRIED_OUT) == [("done", "restart")]


def test_a_restart_is_refused_while_somebody_stands_at_the_desk(room: Callable[..., Room]) -> None:
    here = room(exams.bundle(), exams.bundle().session.ends_at + timedelta(minutes=5)).open()
    here.agent.take(CodeGiven(access_number="012345"))
    here.agent.take(CardLaid())
    assert here.step() is Step.READING
    assert here.order(CommandName.RESTART).outcome is CommandOutcome.REFUSED


def test_an_order_that_came_too_late_is_answered_and_not_carried_out(room: Callable[..., Room]) -> None:
    here = room().open()
    assert here.order(CommandName.IDENTIFY, in_time=False).outcome is CommandOutcome.EXPIRED
    assert here.identifying() is None
    assert here.told(EventKind.COMMAND_CARRIED_OUT) == [("expired", "identify")]


def test_what_cannot_be_remembered_is_not_done(room: Callable[..., Room]) -> None:
    here = room().open()
    here.orders.broken = True
    assert here.order(CommandName.RESTART).outcome is CommandOutcome.FAILED
    here.wait(2)
    assert here.restarts == 0


def test_a_restart_that_was_promised_is_remembered_by_the_next_program(tmp_path: Path) -> None:
    result = CommandResult(
        command_id="order-1", outcome=CommandOutcome.DONE, sentence="", finished_at=LONG_AGO, attachment=b"\x00"
    )
    memory = CommandMemory(tmp_path / "commands.db")
    memory.start()
    memory.keep(result)
    memory.stop()
    again = CommandMemory(tmp_path / "commands.db")
    again.start()
    assert again.result_of("order-1") == result
    assert again.result_of("order-2") is None
    again.stop()


def test_e11_below_the_floor_no_new_sitting_opens_until_the_clock_is_right(room: Callable[..., Room]) -> None:
    here = room(exams.bundle(), LONG_AGO - timedelta(days=1)).open()
    assert here.step() is Step.CLOSED
    view = box_view(here.agent.condition, 0, SecondCopyRule.OFF, here.clock)
    assert view.clock_doubt is not None
    assert "No new sitting opens" in view.clock_doubt.en
    assert here.quality() is TimeQuality.NONE
    here.agent.take(RosterArrived())
    here.wait(60)
    assert here.step() is Step.CLOSED
    here.clock.step_wall_clock(days=161)
    here.wait(1)
    assert here.step() is Step.CLOSED, "a jump to the right time is still nobody's word"
    here.agent.take(CentralSpoke(central_time=here.clock.now()))
    here.wait(1)
    assert here.step() is Step.WAITING
    assert here.quality() is TimeQuality.CENTRAL


def test_e11_a_sitting_that_runs_goes_on_when_the_clock_is_set_and_one_that_is_over_does_not_return(
    room: Callable[..., Room],
) -> None:
    here = room(exams.bundle()).open()
    here.wait(1)
    for seconds in (86_400, -86_400 - 7_200):
        here.clock.step_wall_clock(seconds=seconds)
        here.wait(40)
        assert here.step() is Step.WAITING
    assert here.told(EventKind.CLOCK_STEPPED) == [("", "+86400 s"), ("", "-93600 s")]
    assert here.rosters.forgotten_before is not None
    assert here.rosters.forgotten_before < exams.SEVEN_O_CLOCK + timedelta(hours=1), "no roster was thrown away"
    over = exams.bundle().good_until
    late = room(exams.bundle(), over + timedelta(minutes=1)).open()
    assert late.step() is Step.CLOSED
    late.wait(1)
    late.clock.step_wall_clock(hours=-26)
    late.wait(40)
    assert late.step() is Step.CLOSED


def test_a_sitting_that_was_opened_before_a_power_cut_opens_again_with_a_clock_that_stood_still(
    tmp_path: Path,
) -> None:
    Room(tmp_path, exams.bundle()).open().watch.stop()
    after = Room(tmp_path, exams.bundle(), exams.SEVEN_O_CLOCK - timedelta(hours=5)).open()
    assert not after.watch.is_right
    assert after.step() is Step.WAITING


def test_an_authenticated_time_service_makes_the_quality_nts(room: Callable[..., Room]) -> None:
    here = room().open()
    assert here.quality() is TimeQuality.NONE
    here.agent.take(TimeSourceTold(nts=True))
    assert here.quality() is TimeQuality.NTS
    here.agent.take(TimeSourceTold(nts=False))
    assert here.quality() is TimeQuality.NONE
