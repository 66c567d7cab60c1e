"""What is refused before anybody opens the port: each with its name, and the board is not even looked at."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.updating.flash_journal import Unfinished
from firmware_bridge.updating.flash_refusals import FlashRefusal
from firmware_bridge.updating.manifest import Manifest, Signed, StepBack, open_signed, sign, version_key
from firmware_bridge.updating.release_desk import sign_image
from models.wire import codec
from tests.builders.avr_board import BOARD_ID
from tests.builders.firmware_shelf import EXAM, MONDAY_LESSON, PLAN, SUNDAY, FirmwareFolder, manifest, untouched
from tests.fakes.manual_clock import ManualClock

HEX = b":020000000C945E\n:00000001FF\n"
FAR = b":020000000C945E\n:017E00000081\n:00000001FF\n"
OTHER_KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def box(tmp_path: Path) -> FirmwareFolder:
    made = FirmwareFolder(tmp_path / "box" / "firmware")
    sign_image(made.key, HEX, manifest("1.1.0"), made.folder)
    return made


def resigned(box: FirmwareFolder, key: Ed25519PrivateKey, **other: object) -> None:
    file = box.file("1.1.0", "manifest")
    word = codec.decode(codec.decode(file.read_bytes(), Signed).body, Manifest)
    file.write_bytes(sign(msgspec.structs.replace(word, **other), key))


def without_key(box: FirmwareFolder) -> None:
    (box.folder / "firmware.public.pem").unlink()


def broken_key(box: FirmwareFolder) -> None:
    (box.folder / "firmware.public.pem").write_text("-----BEGIN")


def no_image(box: FirmwareFolder) -> None:
    box.file("1.1.0", "hex").unlink()


def unsigned(box: FirmwareFolder) -> None:
    box.file("1.1.0", "manifest").unlink()


def signed_by_somebody_else(box: FirmwareFolder) -> None:
    resigned(box, OTHER_KEY)


def manifest_was_changed(box: FirmwareFolder) -> None:
    signed = codec.decode(box.file("1.1.0", "manifest").read_bytes(), Signed)
    changed = msgspec.structs.replace(signed, body=signed.body.replace(b"1.1.0", b"1.9.0"))
    box.file("1.1.0", "manifest").write_bytes(codec.encode(changed))


def approval_for_a_manifest(box: FirmwareFolder) -> None:
    word = StepBack(
        board=BOARD_ID,
        version="1.1.0",
        sha256=bytes(32),
        approved_by="a",
        reason="b",
        approved_at=SUNDAY,
        expires_at=SUNDAY + timedelta(days=1),
    )
    box.file("1.1.0", "manifest").write_bytes(sign(word, box.key))


def no_manifest_at_all(box: FirmwareFolder) -> None:
    box.file("1.1.0", "manifest").write_bytes(b"{}")


def for_another_board(box: FirmwareFolder) -> None:
    resigned(box, box.key, board="lab-atmega328p")


def for_another_version(box: FirmwareFolder) -> None:
    resigned(box, box.key, version="1.2.0")


def image_was_changed(box: FirmwareFolder) -> None:
    box.file("1.1.0", "hex").write_bytes(HEX.replace(b"0C945E", b"0C935F"))


def image_was_cut_off(box: FirmwareFolder) -> None:
    box.file("1.1.0", "hex").write_bytes(HEX[:-8])


def reaches_into_the_bootloader(box: FirmwareFolder) -> None:
    box.file("1.1.0", "hex").write_bytes(FAR)
    resigned(box, box.key, sha256=sha256(FAR).digest())


def in_an_exam(box: FirmwareFolder) -> None:
    box.clock = ManualClock(EXAM[0] + timedelta(hours=1))


def just_before_an_exam(box: FirmwareFolder) -> None:
    box.clock = ManualClock(EXAM[0] - timedelta(minutes=2))


def in_a_lesson(box: FirmwareFolder) -> None:
    box.clock = ManualClock(MONDAY_LESSON)


def without_a_plan(box: FirmwareFolder) -> None:
    box.plan = None


def clock_before_the_plan(box: FirmwareFolder) -> None:
    box.clock = ManualClock(PLAN.made_at - timedelta(seconds=1))


def clock_before_the_build(box: FirmwareFolder) -> None:
    box.clock = ManualClock(SUNDAY - timedelta(days=7))


def earlier_write_was_cut(box: FirmwareFolder) -> None:
    box.journal.begin(
        Unfinished(
            port="/dev/board",
            board=BOARD_ID,
            had_version="1.0.0",
            new_version="1.1.0",
            kept=b"",
            new=b"",
            begun_at=SUNDAY,
        )
    )


ROWS: list[tuple[Callable[[FirmwareFolder], None], FlashRefusal]] = [
    (without_key, FlashRefusal.NO_KEY),
    (broken_key, FlashRefusal.NO_KEY),
    (no_image, FlashRefusal.NO_IMAGE),
    (unsigned, FlashRefusal.UNSIGNED),
    (signed_by_somebody_else, FlashRefusal.WRONG_SIGNATURE),
    (manifest_was_changed, FlashRefusal.WRONG_SIGNATURE),
    (approval_for_a_manifest, FlashRefusal.WRONG_SIGNATURE),
    (no_manifest_at_all, FlashRefusal.UNKNOWN_SHAPE),
    (for_another_board, FlashRefusal.OTHER_IMAGE),
    (for_another_version, FlashRefusal.OTHER_IMAGE),
    (image_was_changed, FlashRefusal.DAMAGED_IMAGE),
    (image_was_cut_off, FlashRefusal.DAMAGED_IMAGE),
    (reaches_into_the_bootloader, FlashRefusal.TOO_LARGE),
    (in_an_exam, FlashRefusal.EXAM_WINDOW),
    (just_before_an_exam, FlashRefusal.EXAM_WINDOW),
    (in_a_lesson, FlashRefusal.LESSON),
    (without_a_plan, FlashRefusal.NO_PLAN),
    (clock_before_the_plan, FlashRefusal.CLOCK_BEHIND),
    (clock_before_the_build, FlashRefusal.CLOCK_BEHIND),
    (earlier_write_was_cut, FlashRefusal.UNFINISHED),
]


@pytest.mark.parametrize(("spoil", "refusal"), ROWS, ids=[spoil.__name__ for spoil, _ in ROWS])
def test_the_port_is_not_opened(
    spoil: Callable[[FirmwareFolder], None], refusal: FlashRefusal, box: FirmwareFolder
) -> None:
    spoil(box)
    assert box.update(untouched).install("/dev/board", BOARD_ID, "1.1.0") is refusal


def test_a_kind_of_board_without_a_row_is_unknown(box: FirmwareFolder) -> None:
    assert box.update(untouched).install("/dev/board", "toaster", "1.1.0") is FlashRefusal.UNKNOWN_BOARD


def test_without_a_fault_the_port_is_opened(box: FirmwareFolder) -> None:
    with pytest.raises(AssertionError, match="was opened"):
        box.update(untouched).install("/dev/board", BOARD_ID, "1.1.0")


@pytest.mark.parametrize("name", ["../firmware/uno", "uno/..", "."])
def test_names_do_not_lead_out_of_the_folder(name: str, box: FirmwareFolder) -> None:
    assert box.update(untouched).install("/dev/board", BOARD_ID, name) is FlashRefusal.NO_IMAGE


def test_versions_are_compared_as_numbers() -> None:
    older, newer = version_key("1.9.0"), version_key("1.10.0")
    assert older is not None
    assert newer is not None
    assert older < newer
    assert [version_key(text) for text in ("1.0", "1.0.0-dirty", "", "01.0.0", "1.0.0\n")] == [None] * 5


def test_a_signature_counts_for_its_own_kind_of_word_only() -> None:
    signed = sign(manifest("1.0.0"), OTHER_KEY)
    assert open_signed(signed, Manifest, OTHER_KEY.public_key()) == manifest("1.0.0")
    assert open_signed(signed, StepBack, OTHER_KEY.public_key()) is FlashRefusal.WRONG_SIGNATURE
