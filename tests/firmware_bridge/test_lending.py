"""The running bridge lends one serial port and always gets it back; the other lines go on meanwhile."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware_bridge.baud_memory import BaudMemory
from firmware_bridge.board_link import LineBusyError
from firmware_bridge.bridge import Bridge, BridgeParts
from firmware_bridge.drivers.driver import DriverRow, Word
from firmware_bridge.loan_words import SOCKET, NotMine
from firmware_bridge.port_desk import PortDesk
from firmware_bridge.room_voice import RoomVoice
from firmware_bridge.serial_board_link import SerialBoardLink
from firmware_bridge.supervisor import Supervisor
from firmware_bridge.systemd_word import SystemdWord
from firmware_bridge.updating.borrowed_port import PortBorrower, PortKeptError
from firmware_bridge.wiring import links_of
from models.clock import SystemClock
from models.equipment import EquipmentKind
from models.room_messages import DeviceCommand, DeviceCommandName, DeviceOutcome, DeviceResult, decode_room
from models.room_plan import PlannedDevice, RoomPlan, SerialLink
from tests.builders.avr_board import REPOSITORY
from tests.builders.pluggable_board import PluggableBoard
from tests.builders.room_plans import hours_of_another_day
from tests.builders.until import until
from tests.fakes.chattering_driver import CHATTERING, ChatteringDriver
from tests.fakes.in_memory_broker import InMemoryBroker

HOLDER = """
import sys, time
from pathlib import Path
from firmware_bridge.updating.borrowed_port import PortBorrower
with PortBorrower(Path(sys.argv[1])).port(sys.argv[2]):
    print("mine", flush=True)
    time.sleep(600)
"""
HANGS, GOES_ON = threading.Event(), threading.Event()


class HangingDriver(ChatteringDriver):
    """Hangs at its first bytes until the test lets it go."""

    def take(self, data: bytes, now: float) -> Sequence[Word]:
        HANGS.set()
        GOES_ON.wait(60)
        return super().take(data, now)


class LendingRoom:
    """Two boards on pseudo terminals, a bridge that follows whatever plan is given to it, and its socket."""

    def __init__(self, folder: Path, loan_seconds: float = 240.0) -> None:
        self.boards = {name: PluggableBoard(folder / f"usb-{name}").plug() for name in ("dev-1", "dev-2")}
        self.names: dict[str, Path] = {}
        self.borrower = PortBorrower(folder / SOCKET)
        self.socket = folder / SOCKET
        self.broker = InMemoryBroker()
        self.answers: list[DeviceResult] = []
        self._plans: list[RoomPlan] = []
        self._version = 0
        self.bridge = Bridge(
            BridgeParts(
                catalogue={"chat": CHATTERING, "hanging": DriverRow(make=HangingDriver)},
                links_of=links_of,
                voice=RoomVoice(self.broker.session("bridge"), SystemClock()),
                memory=BaudMemory(folder / "line-speeds.json"),
                clock=SystemClock(),
                new_plan=lambda: self._plans.pop() if self._plans else None,
                systemd=SystemdWord(""),
                desk=PortDesk(self.socket, loan_seconds),
                look_seconds=0.05,
            )
        )
        self.broker.session("edge", ("dev/+/cmd/res",)).start(self._hear, lambda _state: None)

    def plan(self, *names: str, exam: bool = False, driver: str = "chat", baud: int = 0) -> None:
        now = datetime.now(UTC)
        self._version += 1
        devices = tuple(
            PlannedDevice(
                device_id=name,
                kind=EquipmentKind.SENSOR_BOARD,
                link=SerialLink(port=self.port(name), driver=driver, baud=baud),
                commands=(DeviceCommandName.POWER_ON,),
            )
            for name in names
        )
        plan = RoomPlan(
            version=self._version,
            box_id="box-1",
            room_id="p1",
            room_name="P1",
            made_at=now,
            devices=devices,
            lessons=hours_of_another_day(now),
            exams=((now - timedelta(hours=1), now + timedelta(hours=1)),) if exam else (),
        )
        self._plans.append(plan)

    def port(self, name: str) -> str:
        return str(self.names.get(name, self.boards[name].path))

    def line(self, name: str) -> Supervisor:
        return next(one for one in self.bridge.supervisors if one.line.port == self.port(name))

    def until_read(self, name: str) -> None:
        """The board says something until the bridge has read more than before."""
        until(lambda: any(one.line.port == self.port(name) for one in self.bridge.supervisors))
        read = self.line(name).counts.good
        until(lambda: self.line(name).counts.good not in {0, read}, lambda: self.boards[name].say(b"light:5\n"))

    def is_free(self, name: str) -> bool:
        """Whether somebody else can open the port."""
        link = SerialBoardLink(self.port(name), 115_200)
        try:
            link.open()
        except LineBusyError:
            return False
        link.close()
        return True

    def _hear(self, _topic: str, payload: bytes) -> None:
        self.answers.append(decode_room(payload, DeviceResult))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[LendingRoom]:
    room = LendingRoom(tmp_path)
    room.bridge.start()
    yield room
    GOES_ON.set()
    room.bridge.stop()
    for board in room.boards.values():
        board.unplug()


def test_the_lent_port_is_free_and_the_other_line_goes_on(room: LendingRoom) -> None:
    room.plan("dev-1", "dev-2")
    room.until_read("dev-1")
    room.until_read("dev-2")
    assert room.socket.stat().st_mode & 0o777 == 0o600
    assert not room.is_free("dev-1")
    with room.borrower.port(room.port("dev-1")):
        assert room.is_free("dev-1")
        assert not room.is_free("dev-2")
        room.until_read("dev-2")
        sent = DeviceCommand(id="one", name=DeviceCommandName.POWER_ON, expires_at=1 << 45)
        room.bridge.take_command("dev-1", sent)
        until(lambda: room.answers)
        assert (room.answers[0].outcome, "firmware" in room.answers[0].sentence) == (DeviceOutcome.FAILED, True)
    room.until_read("dev-1")


def test_a_board_is_taken_leave_of_before_its_port_is_lent(room: LendingRoom) -> None:
    room.plan("dev-1")
    room.until_read("dev-1")
    with room.borrower.port(room.port("dev-1")):
        assert room.boards["dev-1"].hear() == b"bye\n"
        assert room.is_free("dev-1")
    room.until_read("dev-1")


def test_a_borrower_that_is_killed_gives_the_port_back(room: LendingRoom) -> None:
    room.plan("dev-1")
    room.until_read("dev-1")
    words = [sys.executable, "-c", HOLDER, str(room.socket), room.port("dev-1")]
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"mine\n"
        assert room.is_free("dev-1")
        holder.kill()
    room.until_read("dev-1")


def test_a_loan_that_lasts_too_long_ends(tmp_path: Path) -> None:
    room = LendingRoom(tmp_path, loan_seconds=0.2)
    room.bridge.start()
    room.plan("dev-1")
    room.until_read("dev-1")
    with room.borrower.port(room.port("dev-1")):
        room.until_read("dev-1")
    room.bridge.stop()
    for board in room.boards.values():
        board.unplug()


def test_a_plan_that_changes_the_lent_line_does_not_open_it(room: LendingRoom) -> None:
    room.plan("dev-1", "dev-2")
    room.until_read("dev-1")
    before = room.line("dev-1")
    with room.borrower.port(room.port("dev-1")):
        room.plan("dev-1", baud=9600)
        until(lambda: len(room.bridge.supervisors) == 1 and room.line("dev-1") is not before)
        assert room.line("dev-1").has_let_go()
        assert room.is_free("dev-1")
    room.until_read("dev-1")


def test_a_plan_that_gives_the_lent_port_another_name_does_not_open_it(room: LendingRoom, tmp_path: Path) -> None:
    room.plan("dev-1")
    room.until_read("dev-1")
    other_name = tmp_path / "by-path"
    other_name.symlink_to(Path(room.port("dev-1")).resolve())
    with room.borrower.port(room.port("dev-1")):
        room.names["dev-1"] = other_name
        room.plan("dev-1")
        until(lambda: any(one.line.port == str(other_name) for one in room.bridge.supervisors))
        assert room.line("dev-1").has_let_go()
        assert room.is_free("dev-1")
    room.until_read("dev-1")


def test_in_an_exam_a_port_is_kept_and_so_is_one_whose_driver_hangs(room: LendingRoom) -> None:
    room.plan("dev-1", exam=True)
    room.until_read("dev-1")
    with pytest.raises(PortKeptError, match="exam"), room.borrower.port(room.port("dev-1")):
        pass
    HANGS.clear()
    GOES_ON.clear()
    room.plan("dev-2", driver="hanging")
    until(HANGS.is_set, lambda: room.boards["dev-2"].say(b"light:5\n"))
    with pytest.raises(PortKeptError, match="hangs"), room.borrower.port(room.port("dev-2")):
        pass
    GOES_ON.set()
    room.until_read("dev-2")


def test_ports_of_nobody_and_words_of_nobody_cost_nothing(room: LendingRoom) -> None:
    room.plan("dev-1")
    room.until_read("dev-1")
    assert room.bridge.lend("/dev/none") == NotMine()
    with room.borrower.port("/dev/none"):
        pass
    for words in (b"", b"{}\n", b"x" * 70_000, b'{"type":"lend"}\n'):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
            caller.connect(str(room.socket))
            with contextlib.suppress(BrokenPipeError):
                caller.sendall(words)
    assert room.borrower.boards() == ()
    with room.borrower.port(room.port("dev-1")):
        assert room.is_free("dev-1")


def test_without_a_bridge_there_is_nobody_to_ask(tmp_path: Path) -> None:
    borrower = PortBorrower(tmp_path / SOCKET)
    assert borrower.boards() is None
    with borrower.port("/dev/none"):
        pass
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left_behind:
        left_behind.bind(str(tmp_path / SOCKET))
    assert borrower.boards() is None, "a socket that a killed bridge left behind"
