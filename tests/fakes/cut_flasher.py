"""A program that updates a board and is killed at a chosen byte: `python -m tests.fakes.cut_flasher JSON`.

It dies by SIGKILL in the middle of a write to the line, as in a power cut: nothing is flushed, closed or tidied up.
"""

import os
import signal
import sys
from pathlib import Path

import msgspec

from firmware_bridge.serial_board_link import SerialBoardLink
from firmware_bridge.updating.flash_journal import FlashJournal
from firmware_bridge.updating.shelf import Shelf
from firmware_bridge.updating.update import FirmwareUpdate
from tests.builders.avr_board import BOARD_ID
from tests.builders.firmware_shelf import PLAN, SUNDAY
from tests.fakes.manual_clock import ManualClock


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """`after_bytes` have gone to the board since the entry in the journal: then the power goes."""

    folder: str
    port: str
    bench_process: int
    version: str
    after_bytes: int


class DyingLink(SerialBoardLink):
    """The real port, with the bench's signal as its reset line."""

    def __init__(self, cut: Cut, baud: int) -> None:
        super().__init__(cut.port, baud)
        self._cut = cut
        self._left = cut.after_bytes

    def reset_board(self) -> None:
        """The DTR pulse."""
        os.kill(self._cut.bench_process, signal.SIGUSR1)

    def write(self, content: bytes) -> None:
        """Counts from the moment that something may have been written to the flash."""
        if not FlashJournal(Path(self._cut.folder)).unfinished():
            super().write(content)
            return
        if len(content) > self._left:
            super().write(content[: self._left])
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= len(content)
        super().write(content)


def main(words: str) -> None:
    """One update with a cut in it; prints what came of it if the cut lay behind its end."""
    cut = msgspec.json.decode(words, type=Cut)
    folder = Path(cut.folder)
    update = FirmwareUpdate(
        Shelf(folder), FlashJournal(folder), lambda _, baud: DyingLink(cut, baud), lambda: PLAN, ManualClock(SUNDAY)
    )
    print(update.install(cut.port, BOARD_ID, cut.version))  # noqa: T201 - whoever started it reads this


if __name__ == "__main__":
    main(sys.argv[1])
