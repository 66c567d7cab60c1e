"""Our `link-v1` driver over the real serial adapter, with the reference firmware on the simulated chip."""

import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware_bridge.drivers import link_v1
from firmware_bridge.drivers.driver import Booted, Done, Driver, Said, Word
from models.room_messages import About, DeviceCommand, DeviceCommandName, DeviceOutcome
from tests.builders.avr_board import AvrBoard, BuiltFirmware
from tests.builders.board_talk import PROTOCOL_PAGE, page_examples
from tests.builders.planned_lines import on_a_line

CEILING_SECONDS = 30
HANG = page_examples(PROTOCOL_PAGE)["hang"]


class BenchLine:
    """A driver and its line, turned by the test."""

    def __init__(self, board: AvrBoard) -> None:
        self.driver: Driver = link_v1.make([on_a_line("link-v1")])
        self.link = board.link()
        self.words: list[Word] = []

    def hear(self, wanted: Callable[[Word], bool]) -> Word:
        """Turns driver and line until the driver says it; what was said before is read over."""
        end = time.monotonic() + CEILING_SECONDS
        while time.monotonic() < end:
            while self.words:
                word = self.words.pop(0)
                if wanted(word):
                    return word
            ready = select.select([self.link.fileno()], [], [], 0.05)[0]
            now = time.monotonic()
            self.words += self.driver.take(self.link.read() if ready else b"", now)
            self.words += self.driver.due(now)
            if asked := self.driver.to_write():
                self.link.write(asked)
        raise AssertionError("the driver did not say it")

    def about(self) -> About:
        word = self.hear(lambda word: isinstance(word, Said) and word.about is not None)
        assert isinstance(word, Said)
        assert word.about is not None
        return word.about

    def values(self) -> list[float]:
        word = self.hear(lambda word: isinstance(word, Said) and word.batch is not None)
        assert isinstance(word, Said)
        assert word.batch is not None
        return [float(entry.x) for entry in word.batch.e[:4]]


@contextmanager
def line_to(board: AvrBoard) -> Iterator[BenchLine]:
    line = BenchLine(board)
    line.link.open()
    line.driver.open(time.monotonic())
    try:
        yield line
    finally:
        line.link.close()


def test_the_driver_reads_the_board_to_one_step_and_names_its_firmware(
    avr_bench: Path, firmware: BuiltFirmware
) -> None:
    fed = [100, 1650, 3300, 4900]
    channels = [word for number, value in enumerate(fed) for word in ("--adc", f"{number}={value}")]
    with AvrBoard(avr_bench, "--wait-for-opening", *channels, str(firmware.elf)) as board, line_to(board) as line:
        assert line.about().firmware == "room-board 1.0.0 0a1b2c3d4e5f"
        for reading, millivolts in zip(line.values(), fed, strict=True):
            assert abs(reading - millivolts * 1023 / 5000) <= 1
        command = DeviceCommand(id="c-1", name=DeviceCommandName.SET_PERIOD, argument="40", expires_at=0)
        line.words += line.driver.ask("dev-1", command, time.monotonic())
        done = line.hear(lambda word: isinstance(word, Done))
        assert isinstance(done, Done)
        assert done.result.outcome is DeviceOutcome.DONE
        assert (line.driver.counts.bad, line.driver.counts.lost) == (0, 0)


def test_the_driver_tells_of_a_watchdog_reset(avr_bench: Path, hanging_firmware: BuiltFirmware) -> None:
    with AvrBoard(avr_bench, "--wait-for-opening", str(hanging_firmware.elf)) as board, line_to(board) as line:
        line.about()
        line.link.write(HANG)
        booted = line.hear(lambda word: isinstance(word, Booted) and word.cause != "power-on")
        assert isinstance(booted, Booted)
        assert booted.cause == "watchdog"
