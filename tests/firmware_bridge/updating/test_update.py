"""The whole course on a simulated board with optiboot: judged, written, compared, shown, undone."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from firmware_bridge.updating.flash_refusals import FlashRefusal
from firmware_bridge.updating.intel_hex import read_hex
from firmware_bridge.updating.release_desk import approve_step_back
from firmware_bridge.updating.update import Outcome
from tests.builders.avr_board import BOARD_ID, AvrBoard, BenchLink, BuiltFirmware, build_firmware, need_bootloader
from tests.builders.firmware_shelf import SUNDAY, FirmwareFolder


@pytest.fixture
def box(tmp_path: Path) -> FirmwareFolder:
    return FirmwareFolder(tmp_path / "box" / "firmware")


def board_with(bench: Path, firmware: BuiltFirmware, folder: Path) -> AvrBoard:
    words = ("--bootloader", str(need_bootloader()), str(firmware.hex_file))
    return AvrBoard(bench, *words, flash_file=folder / "flash")


def image_of(firmware: BuiltFirmware) -> bytes:
    return read_hex(firmware.hex_file.read_bytes())


def history(box: FirmwareFolder) -> list[dict[str, str]]:
    return [json.loads(line) for line in (box.folder / "history.jsonl").read_text().splitlines()]


def test_a_board_gets_the_new_firmware_and_shows_it(
    tmp_path: Path, avr_bench: Path, first_firmware: BuiltFirmware, second_firmware: BuiltFirmware, box: FirmwareFolder
) -> None:
    box.add(first_firmware)
    box.add(second_firmware, least="1.0.0")
    with board_with(avr_bench, first_firmware, tmp_path) as board:
        update = box.update_of(board)
        assert update.install(board.path, BOARD_ID, "1.1.0") is Outcome.INSTALLED
        assert board.flash().startswith(image_of(second_firmware))
        shown = update.look(board.path, BOARD_ID)
        assert not isinstance(shown, FlashRefusal)
        assert shown.version == "1.1.0"
    assert not box.journal.unfinished()
    (deed,) = history(box)
    assert (deed["had_version"], deed["new_version"], deed["outcome"]) == ("1.0.0", "1.1.0", "installed")


@pytest.mark.parametrize("kept_from", ["shelf", "board"])
def test_firmware_that_does_not_show_itself_is_undone(
    kept_from: str,
    tmp_path: Path,
    avr_bench: Path,
    first_firmware: BuiltFirmware,
    second_firmware: BuiltFirmware,
    box: FirmwareFolder,
) -> None:
    box.add(second_firmware, version="2.0.0")
    if kept_from == "shelf":
        box.add(first_firmware)
    with board_with(avr_bench, first_firmware, tmp_path) as board:
        before = board.flash()
        assert box.update_of(board).install(board.path, BOARD_ID, "2.0.0") is Outcome.FELL_BACK
        assert board.flash().rstrip(b"\xff") == before.rstrip(b"\xff")
    assert not box.journal.unfinished()


class FlippingLink(BenchLink):
    """A line that once spoils one bit of an image's last byte; the bootloader's language has no check.

    The firmware runs as well without that byte (it stands behind the loop that never ends).
    """

    def __init__(self, board: AvrBoard, image: bytes) -> None:
        super().__init__(board)
        self._last_page = image[len(image) // 128 * 128 :]
        self.spoilt = 0

    def write(self, content: bytes) -> None:
        end = 4 + len(self._last_page)
        if content[4:end] == self._last_page and not self.spoilt:
            self.spoilt += 1
            content = content[: end - 1] + bytes([content[end - 1] ^ 0x10]) + content[end:]
        super().write(content)


def test_a_page_that_was_spoilt_on_its_way_is_seen_and_undone(
    tmp_path: Path, avr_bench: Path, first_firmware: BuiltFirmware, second_firmware: BuiltFirmware, box: FirmwareFolder
) -> None:
    box.add(first_firmware)
    box.add(second_firmware)
    with board_with(avr_bench, first_firmware, tmp_path) as board:
        before, link = board.flash(), FlippingLink(board, image_of(second_firmware))
        assert box.update(lambda _port, _baud: link).install(board.path, BOARD_ID, "1.1.0") is Outcome.FELL_BACK
        assert link.spoilt == 1
        assert board.flash() == before


def test_a_step_back_needs_an_approval_which_is_recorded(
    tmp_path: Path, avr_bench: Path, first_firmware: BuiltFirmware, second_firmware: BuiltFirmware, box: FirmwareFolder
) -> None:
    box.add(first_firmware)
    box.add(second_firmware)

    def approve(at_hours: int, until_hours: int) -> None:
        times = {"at": SUNDAY + timedelta(hours=at_hours), "until": SUNDAY + timedelta(hours=until_hours)}
        file = box.file("1.0.0", "manifest")
        approve_step_back(box.key, file, by="admin-03", reason="1.1.0 reads pH wrongly", **times)

    with board_with(avr_bench, second_firmware, tmp_path) as board:
        update, before = box.update_of(board), board.flash()
        assert update.install(board.path, BOARD_ID, "1.0.0") is FlashRefusal.OLDER
        approve(-2, -1)
        assert update.install(board.path, BOARD_ID, "1.0.0") is FlashRefusal.OLDER
        assert board.flash() == before
        approve(-1, 1)
        assert update.install(board.path, BOARD_ID, "1.0.0") is Outcome.INSTALLED
        assert board.flash().startswith(image_of(first_firmware))
    (deed,) = history(box)
    assert (deed["approved_by"], deed["reason"]) == ("admin-03", "1.1.0 reads pH wrongly")


def test_what_the_board_itself_speaks_against_is_not_written(
    tmp_path: Path, avr_bench: Path, first_firmware: BuiltFirmware, second_firmware: BuiltFirmware, box: FirmwareFolder
) -> None:
    box.add(second_firmware, least="1.0.5")
    other = build_firmware(tmp_path / "other", "1.0.0", BOARD_ID="lab-atmega328p")
    for carried, refusal in ((first_firmware, FlashRefusal.NEEDS_NEWER), (other, FlashRefusal.OTHER_BOARD)):
        (tmp_path / "flash").unlink(missing_ok=True)
        with board_with(avr_bench, carried, tmp_path) as board:
            before = board.flash()
            assert box.update_of(board).install(board.path, BOARD_ID, "1.1.0") is refusal
            assert board.flash() == before
    assert not (box.folder / "history.jsonl").exists()


def test_a_port_that_another_program_holds_is_left_alone(
    tmp_path: Path, avr_bench: Path, first_firmware: BuiltFirmware, second_firmware: BuiltFirmware, box: FirmwareFolder
) -> None:
    box.add(second_firmware)
    with board_with(avr_bench, first_firmware, tmp_path) as board:
        bridge = board.link()
        bridge.open()
        before = board.flash()
        assert box.update_of(board).install(board.path, BOARD_ID, "1.1.0") is FlashRefusal.PORT_IN_USE
        assert board.flash() == before
        bridge.close()


def test_a_board_that_says_nothing_is_not_written(
    tmp_path: Path, avr_bench: Path, second_firmware: BuiltFirmware, box: FirmwareFolder
) -> None:
    box.add(second_firmware)
    mute = tmp_path / "mute.hex"
    mute.write_bytes(b":02000000FFCF30\n:00000001FF\n")  # runs in a circle
    with AvrBoard(avr_bench, str(mute), flash_file=tmp_path / "flash") as board:
        before = board.flash()
        assert box.update_of(board).install(board.path, BOARD_ID, "1.1.0") is FlashRefusal.NO_IDENT
        assert board.flash() == before
