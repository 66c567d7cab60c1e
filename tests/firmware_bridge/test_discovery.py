"""What is on a port: by listening, and by asking only when asked to."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from firmware_bridge.board_link import LineGoneError
from firmware_bridge.discovery import ask, found_at, listen, speeds, try_port
from firmware_bridge.drivers.driver import DriverRow
from firmware_bridge.drivers.recognition import Guess, Question
from firmware_bridge.port_finder import PortFinder
from firmware_bridge.serial_ports import is_held, serial_ports
from firmware_bridge.wake import Wake
from models.telemetry import Found
from tests.builders.pluggable_board import PluggableBoard
from tests.builders.until import until
from tests.fakes.chattering_driver import CHATTERING
from tests.fakes.manual_clock import ManualClock
from tests.fakes.scripted_board_link import ScriptedBoardLink

AT = datetime(2026, 6, 11, tzinfo=UTC)


class Knows:
    """Recognises one word."""

    def __init__(self, driver: str, word: bytes, confidence: float, question: bytes = b"") -> None:
        self._guess = Guess(driver=driver, what=f"a {driver}", confidence=confidence, model="M1")
        self._word = word
        self._question = question

    def hear(self, heard: bytes) -> Guess | None:
        return self._guess if self._word in heard else None

    def questions(self) -> Sequence[Question]:
        return [Question(ask=self._question, seconds=0.3)] if self._question else []


def row(recogniser: Knows | None, baud: int = 9600) -> DriverRow:
    return DriverRow(make=CHATTERING.make, usual_baud=baud, usual_port=4000, recognise=recogniser)


CATALOGUE = {
    "loud": row(Knows("loud", b"LOUD", 1.0), 115200),
    "faint": row(Knows("faint", b"L", 0.4), 115200),
    "asked": row(Knows("asked", b"IT IS ME", 0.95, b"who?\n")),
    "blind": row(None, 300),
}


@pytest.fixture
def wake() -> Iterator[Wake]:
    wake = Wake()
    yield wake
    wake.close()


def test_the_surest_guess_counts_and_ends_the_search(wake: Wake) -> None:
    link = ScriptedBoardLink({115200: b"LOUD"})
    heard = listen(link.at, CATALOGUE, wake, 20)
    assert heard is not None
    assert (heard[0].driver, heard[1], link.bauds) == ("loud", 115200, [115200])
    assert not link.is_open


def test_a_faint_guess_goes_on_to_other_speeds(wake: Wake) -> None:
    link = ScriptedBoardLink({115200: b"L....", 9600: b"?"})
    heard = listen(link.at, CATALOGUE, wake, 0.1)
    assert heard is not None
    assert heard[0].driver == "faint"
    assert link.bauds == list(speeds(CATALOGUE)) == [115200, 9600]


class Answering(ScriptedBoardLink):
    def write(self, content: bytes) -> None:
        super().write(content)
        self.say(b"IT IS ME")


def test_listening_never_writes_and_asking_does(wake: Wake) -> None:
    link = Answering()
    assert listen(link.at, CATALOGUE, wake, 0.1) is None
    heard = ask(link.at, CATALOGUE, wake, over_tcp=False)
    assert heard is not None
    assert heard[0].driver == "asked"


def test_a_port_that_cannot_be_used_is_a_sentence(wake: Wake) -> None:
    link = ScriptedBoardLink()
    link.refusals = [LineGoneError("It is not there.")]
    assert try_port(lambda: listen(link.at, CATALOGUE, wake, 0.1)) == "It is not there."


def test_what_is_found_carries_the_link_for_a_plan() -> None:
    guess = Guess(driver="mdc", what="display", confidence=1, unit=3)
    serial, lan = found_at("/dev/x", (guess, 9600), AT), found_at("192.0.2.7:1515", (guess, 0), AT)
    assert json.loads(serial.link) == {
        "type": "serial",
        "port": "/dev/x",
        "driver": "mdc",
        "baud": 9600,
        "unit": 3,
        "map": "",
    }
    assert json.loads(lan.link)["port"] == 1515
    assert found_at("/dev/x", None, AT) == Found(where="/dev/x", what="unknown", confidence=0, at=AT)


def test_what_a_device_says_at_length_of_itself_is_cut_to_what_edge_can_read() -> None:
    found = found_at(f"/dev/{'x' * 700}", (Guess(driver="mdc", what="display", confidence=1, model="m" * 200), 0), AT)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Found) == found
    assert (found.model, found.link) == ("m" * 120, "")


class TestPorts:
    def test_each_port_is_named_once_by_the_name_that_lasts_longest(self, tmp_path: Path) -> None:
        for folder in ("serial/by-id", "serial/by-path"):
            (tmp_path / folder).mkdir(parents=True)
        for node in ("ttyUSB0", "ttyUSB1", "ttyACM0", "ttyS0"):
            (tmp_path / node).touch()
        (tmp_path / "serial/by-id/usb-a").symlink_to("../../ttyUSB0")
        (tmp_path / "serial/by-path/pci-a").symlink_to("../../ttyUSB0")
        (tmp_path / "serial/by-path/pci-b").symlink_to("../../ttyUSB1")
        names = [str(Path(path).relative_to(tmp_path)) for path in serial_ports(tmp_path)]
        assert names == ["serial/by-id/usb-a", "serial/by-path/pci-b", "ttyACM0"]

    def test_a_port_that_any_program_has_open_is_held(self, tmp_path: Path) -> None:
        path = tmp_path / "port"
        path.touch()
        assert not is_held(str(path))
        with path.open():
            assert is_held(str(path))


class TestFinder:
    @pytest.fixture
    def board(self, tmp_path: Path) -> Iterator[PluggableBoard]:
        board = PluggableBoard(tmp_path / "board").plug()
        yield board
        board.unplug()

    def finder(self, ports: list[str], link: ScriptedBoardLink, alone: Sequence[str] = ()) -> PortFinder:
        return PortFinder(CATALOGUE, lambda _path: link.at, ManualClock(), alone, lambda: list(ports))

    def test_an_unknown_port_is_listened_to_once_and_told(self) -> None:
        ports, told = ["/dev/unknown"], list[Found]()
        link = ScriptedBoardLink({115200: b"LOUD"})
        finder = self.finder(ports, link)
        until(lambda: told, lambda: told.extend(finder.look([]) or ()))
        assert (told[0].where, told[0].model) == ("/dev/unknown", "M1")
        assert finder.look([]) is None
        assert link.bauds == [115200]
        ports.clear()
        assert finder.look([]) == ()
        finder.stop()

    def test_planned_ports_and_those_of_other_programs_are_left_alone(self) -> None:
        link = ScriptedBoardLink({115200: b"LOUD"})
        finder = self.finder(["/dev/planned", "/dev/scanner"], link, ["/dev/scanner"])
        assert finder.look(["/dev/planned"]) is None
        finder.stop()
        assert not link.bauds

    def test_a_port_that_somebody_has_open_is_left_alone(self, tmp_path: Path) -> None:
        path, link = tmp_path / "port", ScriptedBoardLink()
        path.touch()
        finder = self.finder([str(path)], link)
        with path.open():
            assert finder.look([]) is None
        finder.stop()
        assert not link.bauds

    def test_it_is_still_at_once_when_a_lesson_begins(self) -> None:
        link = ScriptedBoardLink()
        finder = self.finder(["/dev/unknown"], link)
        finder.look([])
        until(lambda: link.is_open)
        finder.stop()
        assert not link.is_open
