"""Cuts the power in the middle of a flash, and looks what the next start makes of it."""

import subprocess
import sys
import time
from dataclasses import dataclass

import msgspec

from firmware_bridge.updating.flash_refusals import FlashRefusal
from firmware_bridge.updating.update import Outcome
from tests.builders.avr_board import BOARD_ID, REPOSITORY, AvrBoard
from tests.builders.firmware_shelf import FirmwareFolder
from tests.fakes.cut_flasher import Cut


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterTheCut:
    """`killed`: the cut came before the end. `broken`: the flash held neither image whole when the power went."""

    killed: bool
    broken: bool
    outcome: Outcome | FlashRefusal | None
    shown_version: str
    recover_seconds: float


def write_bytes(image: bytes, page: int = 128) -> int:
    """How many bytes go to a board while an image is written: some syncs, then address and page."""
    return 8 + -(-len(image) // page) * (4 + 5 + page)


def cut_and_recover(
    box: FirmwareFolder, board: AvrBoard, version: str, after_bytes: int, images: tuple[bytes, bytes]
) -> AfterTheCut:
    """The box dies after so many bytes; with an even number the board loses its power too. Then both come back."""
    cut = Cut(
        folder=str(box.folder),
        port=board.path,
        bench_process=board.process,
        version=version,
        after_bytes=after_bytes,
    )
    words = [sys.executable, "-m", "tests.fakes.cut_flasher", msgspec.json.encode(cut).decode()]
    died = subprocess.run(words, cwd=REPOSITORY, capture_output=True, check=False, timeout=90)
    flash = board.flash()
    if after_bytes % 2 == 0:
        board.cut_power()
        board.start()
    update = box.update_of(board)
    began = time.monotonic()
    (port,) = [entry.port for entry in box.journal.unfinished()] or [cut.port]
    outcome = update.recover(port)
    seconds = time.monotonic() - began
    shown = update.look(port, BOARD_ID)
    return AfterTheCut(
        killed=died.returncode == -9,
        broken=not any(flash.startswith(image) for image in images),
        outcome=outcome,
        shown_version="" if isinstance(shown, FlashRefusal) else shown.version,
        recover_seconds=seconds,
    )
