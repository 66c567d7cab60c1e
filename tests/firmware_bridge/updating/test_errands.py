"""The `firmware` steps as a person gives them: the release people's desk, and a board on a box."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware_bridge.__main__ import main
from firmware_bridge.board_link import LineBusyError, LineGoneError
from firmware_bridge.updating.errands import WHAT_TO_DO
from firmware_bridge.updating.flash_journal import FlashJournal, JournalError, Unfinished
from firmware_bridge.updating.flash_refusals import FlashRefusal
from firmware_bridge.updating.intel_hex import read_hex
from firmware_bridge.updating.reserved_link import ReservedLink
from models.room_plan import FILE_NAME
from tests.builders.avr_board import BOARD_ID, AvrBoard, BuiltFirmware, need_bootloader
from tests.builders.bridged_box import bridged_box, serial_device

HEX = b":020000000C945E\n:00000001FF\n"
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def step(*words: object) -> tuple[int, str]:
        status = main(["firmware", *map(str, words)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return step


def enrolled_box(folder: Path, port: str) -> Path:
    """A box's folder with a certificate, central's key, and a plan with one board."""
    return bridged_box(folder, serial_device("dev-1", port))


def unfinished(port: str) -> Unfinished:
    now = datetime.now(UTC)
    return Unfinished(
        port=port, board=BOARD_ID, had_version="1.0.0", new_version="1.1.0", kept=b"", new=b"", begun_at=now
    )


def give(release: Path, box: Path, image: Path, version: str, run: Run) -> None:
    """As the release people do it, and a stick."""
    shelf = box / "state/firmware"
    if not release.exists():
        assert run("make-key", release)[0] == 0
        (shelf / "firmware.public.pem").write_bytes((release / "firmware.public.pem").read_bytes())
    words = ("--key", release / "firmware.key.pem", "--hex", image, "--version", version, "--into", shelf)
    assert run("sign", *words)[0] == 0


def test_a_box_installs_what_the_release_people_signed(
    tmp_path: Path, avr_bench: Path, first_firmware: BuiltFirmware, second_firmware: BuiltFirmware, run: Run
) -> None:
    words = ("--reset-on-open", "--bootloader", str(need_bootloader()), str(first_firmware.hex_file))
    with AvrBoard(avr_bench, *words, flash_file=tmp_path / "flash") as board:
        box = enrolled_box(tmp_path / "box", board.path)
        give(tmp_path / "release", box, first_firmware.hex_file, "1.0.0", run)
        give(tmp_path / "release", box, second_firmware.hex_file, "1.1.0", run)
        assert run("check", "--box", box)[1].count("signed") == 2
        assert "uno-atmega328p 1.0.0" in run("inventory", "--box", box)[1]
        install = ("install", "--box", box, "--port", board.path, "--version", "1.1.0")
        assert run(*install) == (0, f"{board.path}: installed.\n")
        assert board.flash().startswith(read_hex(second_firmware.hex_file.read_bytes()))
        status, said = run(*install[:-1], "1.0.0")
        assert (status, "older than installed" in said) == (1, True)
        assert run("recover", "--box", box) == (0, "Nothing is unfinished.\n")


def test_the_shelf_is_judged_image_by_image(tmp_path: Path, run: Run) -> None:
    image = tmp_path / "made.hex"
    image.write_bytes(HEX)
    box = enrolled_box(tmp_path / "box", "/dev/none")
    assert run("check", "--box", box) == (1, "")
    give(tmp_path / "release", box, image, "1.0.0", run)
    (box / "state/firmware" / f"{BOARD_ID}-2.0.0.hex").write_bytes(HEX)
    status, said = run("check", "--box", box)
    assert status == 0
    assert f"{BOARD_ID} 1.0.0: signed, 2 bytes" in said
    assert f"{BOARD_ID} 2.0.0: unsigned." in said


def test_an_approval_lies_beside_its_image(tmp_path: Path, run: Run) -> None:
    image = tmp_path / "made.hex"
    image.write_bytes(HEX)
    box = enrolled_box(tmp_path / "box", "/dev/none")
    give(tmp_path / "release", box, image, "1.0.0", run)
    manifest = box / "state/firmware" / f"{BOARD_ID}-1.0.0.manifest"
    words = ("--key", tmp_path / "release/firmware.key.pem", "--manifest", manifest, "--by", "admin-03")
    assert run("approve", *words, "--reason", "wrong pH")[0] == 0
    assert manifest.with_suffix(".approval").exists()
    assert run("approve", *words, "--reason", "")[0] == 2


def test_what_cannot_be_signed_is_named(tmp_path: Path, run: Run) -> None:
    run("make-key", tmp_path / "release")
    assert "holds a key already" in run("make-key", tmp_path / "release")[1]
    image = tmp_path / "made.hex"
    image.write_bytes(HEX[:-3])
    words = ["--key", tmp_path / "release/firmware.key.pem", "--hex", image, "--into", tmp_path]
    for version, fault in (("1.0", "cannot be signed"), ("1.0.0", "Line 2")):
        status, said = run("sign", *words, "--version", version)
        assert (status, fault in said) == (2, True)
    (tmp_path / "release/firmware.key.pem").chmod(0o644)
    assert "can be read by others" in run("sign", *words, "--version", "1.0.0")[1]


def test_a_write_that_must_wait_is_named_at_the_next_start(tmp_path: Path, run: Run) -> None:
    box = enrolled_box(tmp_path / "box", "/dev/none")
    (box / FILE_NAME).unlink()
    FlashJournal(box / "state/firmware").begin(unfinished("/dev/none"))
    status, said = run("recover", "--box", box)
    assert (status, "/dev/none: no room plan." in said) == (1, True)


def test_a_port_that_is_gone_does_not_hold_up_the_others(tmp_path: Path, run: Run) -> None:
    box = enrolled_box(tmp_path / "box", "/dev/none")
    for port in ("/dev/none-1", "/dev/none-2"):
        FlashJournal(box / "state/firmware").begin(unfinished(port))
    status, said = run("recover", "--box", box)
    assert (status, said.count("is not there")) == (2, 2)


def test_the_bridge_leaves_a_port_alone_until_its_board_is_whole_again(tmp_path: Path) -> None:
    journal = FlashJournal(tmp_path)
    link = ReservedLink("/dev/none", 115_200, journal)
    journal.begin(unfinished("/dev/none"))
    with pytest.raises(LineBusyError):
        link.open()
    journal.finish("/dev/none")
    with pytest.raises(LineGoneError):
        link.open()


def test_a_damaged_entry_is_named_and_never_followed(tmp_path: Path) -> None:
    journal = FlashJournal(tmp_path)
    journal.begin(unfinished("/dev/none"))
    (file,) = (tmp_path / "unfinished").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(JournalError, match=file.name):
        journal.at("/dev/none")
    assert journal.names("/dev/none")


def test_every_refusal_has_its_next_step() -> None:
    assert set(WHAT_TO_DO) == set(FlashRefusal)
