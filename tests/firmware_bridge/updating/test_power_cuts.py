"""The power goes in the middle of a flash: the next start ends what was begun.

Many cuts: benchmarks/flash_boards.py.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from firmware_bridge.updating.allowed_moment import AHEAD
from firmware_bridge.updating.flash_journal import Unfinished
from firmware_bridge.updating.flash_refusals import FlashRefusal
from firmware_bridge.updating.intel_hex import read_hex
from firmware_bridge.updating.update import Outcome
from tests.builders.avr_board import BOARD_ID, AvrBoard, BenchLink, BuiltFirmware, build_firmware, need_bootloader
from tests.builders.cut_flash import cut_and_recover, write_bytes
from tests.builders.firmware_shelf import MONDAY_LESSON, SUNDAY, FirmwareFolder
from tests.fakes.manual_clock import ManualClock

WRITE_PAGE = b"\x64"


@pytest.fixture
def box(tmp_path: Path, first_firmware: BuiltFirmware, second_firmware: BuiltFirmware) -> FirmwareFolder:
    made = FirmwareFolder(tmp_path / "box" / "firmware")
    made.add(first_firmware)
    made.add(second_firmware)
    return made


def board_with(bench: Path, firmware: BuiltFirmware, folder: Path) -> AvrBoard:
    words = ("--bootloader", str(need_bootloader()), str(firmware.hex_file))
    return AvrBoard(bench, *words, flash_file=folder / "flash")


@pytest.mark.parametrize(
    "cut",
    [
        (0.5, Outcome.RECOVERED, "1.0.0"),
        (0.51, Outcome.RECOVERED, "1.0.0"),
        (1.03, Outcome.COMPLETED, "1.1.0"),
    ],
    ids=["in the middle", "board loses its power too", "while comparing"],
)
def test_a_cut_flash_is_brought_to_an_end_at_the_next_start(
    cut: tuple[float, Outcome, str],
    tmp_path: Path,
    avr_bench: Path,
    first_firmware: BuiltFirmware,
    second_firmware: BuiltFirmware,
    box: FirmwareFolder,
) -> None:
    share, outcome, version = cut
    old, new = (read_hex(built.hex_file.read_bytes()) for built in (first_firmware, second_firmware))
    after = int(share * write_bytes(new)) // 2 * 2 + (0 if share in (0.51, 1.03) else 1)
    with board_with(avr_bench, first_firmware, tmp_path) as board:
        after_cut = cut_and_recover(box, board, "1.1.0", after, (old, new))
        assert after_cut.killed
        assert after_cut.broken or share > 1
        assert (after_cut.outcome, after_cut.shown_version) == (outcome, version)
        assert board.flash().startswith(old if version == "1.0.0" else new)
    assert not box.journal.unfinished()


def entry(port: str, kept: bytes, new: bytes) -> Unfinished:
    return Unfinished(
        port=port, board=BOARD_ID, had_version="1.0.0", new_version="1.1.0", kept=kept, new=new, begun_at=SUNDAY
    )


class SlowLink(BenchLink):
    """Each page that is written takes the board twenty seconds."""

    def __init__(self, board: AvrBoard, clock: ManualClock) -> None:
        super().__init__(board)
        self._clock = clock
        self.touched: list[datetime] = []

    def write(self, content: bytes) -> None:
        self.touched.append(self._clock.now())
        if content[:1] == WRITE_PAGE:
            self._clock.advance(seconds=20)
        super().write(content)

    def reset_board(self) -> None:
        self.touched.append(self._clock.now())
        super().reset_board()


def test_a_slow_board_is_not_written_into_the_lesson_and_gets_its_image_back_after(
    tmp_path: Path, avr_bench: Path, first_firmware: BuiltFirmware, box: FirmwareFolder
) -> None:
    with board_with(avr_bench, first_firmware, tmp_path) as board:
        before, link = board.flash(), SlowLink(board, box.clock)
        assert box.update(lambda _port, _baud: link).install(board.path, BOARD_ID, "1.1.0") is Outcome.STILL_UNFINISHED
        assert SUNDAY + timedelta(seconds=160) <= max(link.touched) < SUNDAY + AHEAD
        assert board.flash() != before
        assert box.update_of(board).recover(board.path) is Outcome.RECOVERED
        assert board.flash().rstrip(b"\xff") == before.rstrip(b"\xff")
    assert not box.journal.unfinished()


def test_recovery_waits_for_the_end_of_a_lesson_and_no_other_image_comes_between(
    avr_bench: Path, tmp_path: Path, first_firmware: BuiltFirmware, box: FirmwareFolder
) -> None:
    with board_with(avr_bench, first_firmware, tmp_path) as board:
        image = read_hex(first_firmware.hex_file.read_bytes())
        box.journal.begin(entry(board.path, image, b"\x00" * 512))
        update = box.update_of(board)
        assert update.install(board.path, BOARD_ID, "1.1.0") is FlashRefusal.UNFINISHED
        box.clock.advance(seconds=(MONDAY_LESSON - SUNDAY).total_seconds())
        before = board.flash()
        assert update.recover(board.path) is FlashRefusal.LESSON
        assert board.flash() == before
        assert box.journal.at(board.path) is not None
        box.clock.advance(hours=12)
        assert update.recover(board.path) is Outcome.RECOVERED
        assert update.recover(board.path) is None


def test_another_board_at_the_port_is_not_given_the_image_of_the_first(
    avr_bench: Path, tmp_path: Path, box: FirmwareFolder, first_firmware: BuiltFirmware
) -> None:
    other = build_firmware(tmp_path / "other", "3.0.0", FIRMWARE_NAME="soil-station", BAUD="57600", PERIOD_MS="7")
    with board_with(avr_bench, other, tmp_path) as board:
        kept = bytes(1400)
        box.journal.begin(entry(board.path, kept, read_hex(first_firmware.hex_file.read_bytes())[64:]))
        before = board.flash()
        assert box.update_of(board).recover(board.path) is FlashRefusal.OTHER_BOARD
        assert board.flash() == before
    assert box.journal.unfinished()
