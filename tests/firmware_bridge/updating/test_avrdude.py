"""Against another implementation: avrdude reads what we wrote, and we read what avrdude wrote."""

import shutil
import subprocess
from pathlib import Path

import pytest

from firmware_bridge.updating.boards import BOARDS
from firmware_bridge.updating.intel_hex import read_hex
from firmware_bridge.updating.patient_line import PatientLine
from firmware_bridge.updating.stk500v1 import Bootloader
from tests.builders.avr_board import BOARD_ID, AvrBoard, BuiltFirmware, need_bootloader
from tests.builders.needed_programs import need


@pytest.fixture
def board(tmp_path: Path, avr_bench: Path, first_firmware: BuiltFirmware) -> AvrBoard:
    words = ("--reset-on-open", "--bootloader", str(need_bootloader()), str(first_firmware.hex_file))
    return AvrBoard(avr_bench, *words, flash_file=tmp_path / "flash")


def avrdude(board: AvrBoard, order: str) -> None:
    need("avrdude", shutil.which("avrdude"))
    words = ["avrdude", "-q", "-q", "-c", "arduino", "-p", "m328p", "-b", "115200", "-P", board.path, "-U", order]
    done = subprocess.run([*words, "-D"], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr


def test_avrdude_finds_what_we_wrote(board: AvrBoard, second_firmware: BuiltFirmware) -> None:
    image = read_hex(second_firmware.hex_file.read_bytes())
    with board:
        link = board.link()
        link.open()
        loader = Bootloader(PatientLine(link), BOARDS[BOARD_ID])
        loader.enter()
        loader.write(image)
        loader.leave()
        link.close()
        avrdude(board, f"flash:v:{second_firmware.hex_file}:i")


def test_we_read_what_avrdude_wrote(board: AvrBoard, second_firmware: BuiltFirmware) -> None:
    image = read_hex(second_firmware.hex_file.read_bytes())
    with board:
        avrdude(board, f"flash:w:{second_firmware.hex_file}:i")
        link = board.link()
        link.open()
        loader = Bootloader(PatientLine(link), BOARDS[BOARD_ID])
        loader.enter()
        assert loader.read(len(image)) == image
        link.close()
