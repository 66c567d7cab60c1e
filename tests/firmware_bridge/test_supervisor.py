"""A line is opened again after whatever happens to it, and what happens to it reaches no other line."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from firmware_bridge.baud_memory import BaudMemory
from firmware_bridge.board_link import LineBusyError
from firmware_bridge.conversation import pause_after
from firmware_bridge.drivers.driver import Done, DriverRow, Said, Word
from firmware_bridge.line import Line
from firmware_bridge.line_words import LineWord, Lost, Returned
from firmware_bridge.supervisor import Supervisor, Surroundings
from firmware_bridge.wiring import links_of
from models.clock import SystemClock
from models.equipment import EquipmentKind
from models.room_messages import DeviceCommand, DeviceCommandName, DeviceOutcome, DeviceResult
from models.room_plan import PlannedDevice
from tests.builders.pluggable_board import PluggableBoard
from tests.builders.until import until
from tests.fakes.chattering_driver import CHATTERING, ChatteringDriver
from tests.fakes.scripted_board_link import ScriptedBoardLink


def line_at(port: str, device_id: str = "dev-1", baud: int = 0) -> Line:
    device = PlannedDevice(device_id=device_id, kind=EquipmentKind.SENSOR_BOARD)
    return Line(port=port, driver="chat", devices=(device,), baud=baud)


def command(name: str = "one", argument: str = "") -> DeviceCommand:
    return DeviceCommand(id=name, name=DeviceCommandName.POWER_ON, argument=argument, expires_at=1 << 45)


def descriptors_open() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


class Waiting(ChatteringDriver):
    """Waits at the first bytes until the test lets it go."""

    def __init__(self, devices: Sequence[PlannedDevice], stuck: threading.Event) -> None:
        super().__init__(devices)
        self.waits = False
        self._stuck = stuck

    def take(self, data: bytes, now: float) -> Sequence[Word]:
        self.waits = True
        self._stuck.wait(30)
        return super().take(data, now)


class Watched:
    """A supervisor and everything that it told."""

    def __init__(self, line: Line, link: ScriptedBoardLink | None = None, **around: object) -> None:
        self.words: list[LineWord] = []
        self.arrived: queue.SimpleQueue[LineWord] = queue.SimpleQueue()
        self.memory = BaudMemory()
        row = around.pop("row", CHATTERING)
        assert isinstance(row, DriverRow)
        surroundings = Surroundings(tell=self.take, memory=self.memory, clock=SystemClock(), **around)  # type: ignore[arg-type] # a test's own words
        self.supervisor = Supervisor(line, row, link.at if link else links_of(line), surroundings)

    def take(self, word: LineWord) -> None:
        self.words.append(word)
        self.arrived.put(word)

    def next(self, kind: type, meanwhile: Callable[[], object] = lambda: None) -> LineWord:
        """The next word of this kind; what comes before it is passed over."""
        found: list[LineWord] = []

        def look() -> bool:
            while not self.arrived.empty() and not found:
                word = self.arrived.get()
                if isinstance(word, kind):
                    found.append(word)
            return bool(found)

        until(look, meanwhile)
        return found[0]

    def count(self, kind: type) -> int:
        return sum(isinstance(word, kind) for word in self.words)


Watch = Callable[..., Watched]


@pytest.fixture
def watch() -> Iterator[Watch]:
    begun: list[Watched] = []

    def begin(line: Line, link: ScriptedBoardLink | None = None, **around: object) -> Watched:
        watched = Watched(line, link, **around)
        begun.append(watched)
        watched.supervisor.start()
        return watched

    yield begin
    for one in begun:
        one.supervisor.stop()


def test_what_a_board_says_is_told(tmp_path: Path, watch: Watch) -> None:
    board = PluggableBoard(tmp_path / "board").plug()
    watched = watch(line_at(str(board.path)))
    said = watched.next(Said, lambda: board.say(b"temperature:21\n"))
    assert isinstance(said, Said)
    assert said.batch is not None
    assert said.batch.e[0].x == 21
    board.unplug()


def test_a_command_that_waits_until_it_may_go_no_more_is_never_written(watch: Watch) -> None:
    link, refused = ScriptedBoardLink({115200: b"hold\na:1\n"}), threading.Event()
    late = DeviceResult(id="one", outcome=DeviceOutcome.EXPIRED, at=1)
    driver = ChatteringDriver(line_at("/dev/x").devices)
    watched = watch(
        line_at("/dev/x"),
        link,
        row=DriverRow(make=lambda _: driver, usual_baud=115200),
        why_not=lambda _, asked: late if asked.id == "one" and refused.is_set() else None,
    )
    watched.next(Said)
    watched.supervisor.ask("dev-1", command("one"))
    watched.supervisor.ask("dev-1", command("two", "two"))
    until(lambda: {*driver.held} == {"one", "two"})
    refused.set()
    assert watched.next(Done) == Done(device_id="dev-1", result=late)
    link.say(b"go\n")
    assert link.hear() == b"power on two\n"


def test_a_command_that_may_not_go_does_not_reach_the_driver(watch: Watch) -> None:
    link = ScriptedBoardLink({115200: b"a:1\n"})
    late = DeviceResult(id="one", outcome=DeviceOutcome.REFUSED, at=1)
    watched = watch(line_at("/dev/x"), link, why_not=lambda _, asked: late if asked.id == "one" else None)
    watched.next(Said)
    watched.supervisor.ask("dev-1", command("one"))
    assert watched.next(Done) == Done(device_id="dev-1", result=late)
    watched.supervisor.ask("dev-1", command("two", "two"))
    assert link.hear() == b"power on two\n"


def test_two_hundred_times_pulled_out_and_plugged_in_leave_no_thread_and_no_descriptor(
    tmp_path: Path, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    board = PluggableBoard(tmp_path / "board").plug()
    watched = watch(line_at(str(board.path)))
    watched.next(Said, lambda: board.say(b"temperature:21\n"))
    descriptors, threads = descriptors_open(), threading.active_count()
    with caplog.at_level(logging.INFO):
        for _ in range(200):
            board.unplug()
            watched.next(Lost)
            board.plug()
            watched.next(Said, lambda: board.say(b"temperature:21\n"))
    until(lambda: descriptors_open() == descriptors)
    assert threading.active_count() == threads
    until(lambda: watched.count(Returned) == 200)
    assert watched.count(Lost) == 200
    assert len(caplog.records) == 400, "once when it goes, once when it returns"
    board.unplug()


def test_a_driver_that_fails_closes_its_own_line_and_no_other(tmp_path: Path, watch: Watch) -> None:
    bad, good = PluggableBoard(tmp_path / "bad").plug(), PluggableBoard(tmp_path / "good").plug()
    dying, living = watch(line_at(str(bad.path))), watch(line_at(str(good.path), "dev-2"))
    living.next(Said, lambda: good.say(b"light:5\n"))
    lost = dying.next(Lost, lambda: bad.say(b"crash\n"))
    assert lost == Lost(device_ids=("dev-1",), sentence="The driver chat failed (ZeroDivisionError). Tell the makers.")
    dying.next(Said, lambda: bad.say(b"temperature:1\n"))
    living.next(Said, lambda: good.say(b"light:6\n"))
    assert living.count(Lost) == 0
    bad.unplug()
    good.unplug()


def test_a_line_that_stays_away_is_told_of_once(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    link = ScriptedBoardLink()
    link.refusals = [LineBusyError("held"), LineBusyError("held")]
    watched = watch(line_at("/scripted"), link)
    until(lambda: link.is_open)
    watched.next(Returned, lambda: link.say(b"light:1\n"))
    assert watched.count(Lost) == 1
    assert sum("gone" in record.message for record in caplog.records) == 1


def test_what_is_plugged_in_is_opened_without_waiting_for_the_back_off(watch: Watch) -> None:
    link = ScriptedBoardLink()
    link.present = None
    link.refusals = [LineBusyError("held") for _ in range(6)]
    watched = watch(line_at("/scripted"), link)
    watched.next(Lost)
    while link.refusals:
        left = len(link.refusals)
        link.present = None
        until(lambda: watched.supervisor._identity is None or len(link.refusals) < left)  # noqa: B023 - looked at in this round only
        link.present = left
        until(lambda: len(link.refusals) < left)  # noqa: B023 - looked at in this round only
    until(lambda: link.is_open)


def test_a_driver_may_have_its_line_opened_anew(watch: Watch) -> None:
    link = ScriptedBoardLink()
    watched = watch(line_at("/scripted"), link)
    until(lambda: link.is_open)
    link.say(b"reopen\n")
    lost = watched.next(Lost)
    assert isinstance(lost, Lost)
    assert lost.sentence == "The board wants to be opened anew."
    until(lambda: len(link.bauds) == 2)


def test_a_line_without_a_good_frame_is_opened_anew(watch: Watch) -> None:
    link = ScriptedBoardLink()
    watched = watch(line_at("/scripted"), link, quiet_seconds=0.2)
    lost = watched.next(Lost)
    assert isinstance(lost, Lost)
    assert "nothing that makes sense" in lost.sentence


def test_a_resting_line_is_closed_with_a_farewell_and_opened_for_a_command(watch: Watch) -> None:
    link = ScriptedBoardLink()
    watched = watch(line_at("/scripted"), link)
    until(lambda: link.is_open)
    link.say(b"rest:3600\n")
    until(lambda: not link.is_open)
    assert watched.count(Lost) == 0
    watched.supervisor.ask("dev-1", command())
    until(lambda: link.is_open)
    assert link.hear() == b"power on\n"
    link.say(b"ok\n")
    done = watched.next(Done)
    assert isinstance(done, Done)
    assert done.result.outcome is DeviceOutcome.DONE


def test_a_command_to_a_line_that_is_gone_fails_at_once(watch: Watch) -> None:
    link = ScriptedBoardLink()
    link.refusals = [LineBusyError("held") for _ in range(50)]
    watched = watch(line_at("/scripted"), link)
    watched.next(Lost)
    watched.supervisor.ask("dev-1", command())
    done = watched.next(Done)
    assert isinstance(done, Done)
    assert done.result.outcome is DeviceOutcome.FAILED


def test_a_command_that_the_line_no_longer_takes_is_answered_as_failed(watch: Watch) -> None:
    link = ScriptedBoardLink()
    stuck = threading.Event()
    watched = watch(line_at("/scripted"), link, row=DriverRow(make=lambda devices: Waiting(devices, stuck)))
    until(lambda: link.is_open)
    link.say(b"light:1\n")
    until(lambda: isinstance(watched.supervisor._driver, Waiting) and watched.supervisor._driver.waits)
    watched.supervisor.ask("dev-1", command("before the end"))
    watched.supervisor.end()
    stuck.set()
    watched.supervisor.stop()
    watched.supervisor.ask("dev-1", command("after the end"))
    answers = [(word.result.id, word.result.outcome) for word in watched.words if isinstance(word, Done)]
    assert answers == [("before the end", DeviceOutcome.FAILED), ("after the end", DeviceOutcome.FAILED)]


def test_a_command_to_a_line_that_never_began_is_answered_at_its_end() -> None:
    watched = Watched(line_at("/scripted"), ScriptedBoardLink())
    watched.supervisor.ask("dev-1", command())
    watched.supervisor.stop()
    assert watched.count(Done) == 1


def test_a_command_whose_line_breaks_is_answered_once(watch: Watch) -> None:
    link = ScriptedBoardLink()
    watched = watch(line_at("/scripted"), link)
    until(lambda: link.is_open)
    watched.supervisor.ask("dev-1", command())
    assert link.hear() == b"power on\n"
    link.break_off()
    done = watched.next(Done)
    assert isinstance(done, Done)
    assert done.result.outcome is DeviceOutcome.FAILED
    until(lambda: len(link.bauds) == 2)
    assert watched.count(Done) == 1


def test_the_right_speed_is_searched_once_and_remembered(watch: Watch) -> None:
    link = ScriptedBoardLink({115200: b"\xff" * 64, 9600: b"light:1\nlight:2\nlight:3\n"})
    watched = watch(line_at("/scripted"), link, listen_seconds=0.05)
    until(lambda: watched.memory.last("/scripted", "chat") == 9600)
    assert link.bauds == [115200, 9600]
    assert watched.count(Lost) == 0


def test_no_speed_is_tried_in_a_lesson_or_where_the_plan_says_it(watch: Watch) -> None:
    link, planned = ScriptedBoardLink({115200: b"\xff" * 64}), ScriptedBoardLink({4800: b"\xff" * 64})
    one = watch(line_at("/scripted"), link, may_search=lambda: False, listen_seconds=0.05, quiet_seconds=0.5)
    two = watch(line_at("/other", baud=4800), planned, listen_seconds=0.05, quiet_seconds=0.5)
    one.next(Lost)
    two.next(Lost)
    assert set(link.bauds) == {115200}
    assert set(planned.bauds) == {4800}


def test_a_board_that_reboots_when_opened_is_not_written_to_before_its_first_good_frame(watch: Watch) -> None:
    link = ScriptedBoardLink()
    resetting = DriverRow(make=CHATTERING.make, usual_baud=9600, resets_on_open=True)
    watched = watch(line_at("/scripted"), link, row=resetting)
    until(lambda: link.is_open)
    watched.supervisor.ask("dev-1", command())
    link.say(b"light:1\n")
    watched.next(Said)
    assert link.hear() == b"power on\n"


def test_a_new_driver_takes_the_place_of_one_that_failed(watch: Watch) -> None:
    made = []

    def make(devices: object) -> object:
        made.append(devices)
        return CHATTERING.make(devices)  # type: ignore[arg-type] # handed through

    link = ScriptedBoardLink()
    watched = watch(line_at("/scripted"), link, row=DriverRow(make=make, usual_baud=9600))  # type: ignore[arg-type] # handed through
    until(lambda: link.is_open)
    link.say(b"crash\n")
    watched.next(Lost)
    until(lambda: len(made) == 2)


@pytest.mark.parametrize("baud", [9_600, 115_200, 1_000_000, 3_000_000])
def test_a_pause_leaves_the_kernel_room_for_as_much_again(baud: int) -> None:
    seconds = 0.01
    for _ in range(20):  # what one pause brings decides about the next
        count = int(baud / 10 * seconds)
        seconds = pause_after(count, seconds)
    assert baud / 10 * seconds <= 2_048
    assert seconds >= 0.005
