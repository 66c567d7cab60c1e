"""Sensor boards' firmware comes to a box as every other release does, and nothing restarts for it."""

from datetime import timedelta
from pathlib import Path

import pytest

from models.board_firmware import PUBLIC_KEY_FILE, held_release
from models.enrollment import ExamWindow, WantedRelease
from models.roll_outs import Offer, ReleaseKind
from provisioning.__main__ import main
from provisioning.updates import follow
from provisioning.updates.board_firmware import folder_of, write_firmware
from provisioning.updates.refusals import BadArchiveError, NotOfferedError, RolledBackError
from tests.builders.releases import LyingLine, ReleaseBox, ReleaseHouse

OLD, NEW = "uno-atmega328p-1.0.0", "uno-atmega328p-1.1.0"


def images_in(folder: Path, *names: str) -> Path:
    """What the people who sign firmware hand over (the words themselves are not looked at here)."""
    folder.mkdir()
    (folder / PUBLIC_KEY_FILE).write_text("a key")
    for name in names:
        for part in ("hex", "manifest"):
            (folder / f"{name}.{part}").write_text(f"{part} of {name}")
    return folder


def release(house: ReleaseHouse, name: str, *images: str) -> Offer:
    archive = house.folder / f"{name}.tar"
    write_firmware(images_in(house.folder / name, *images), archive)
    return house.release_file(archive, ReleaseKind.FIRMWARE)


def test_wanted_firmware_lies_where_the_bridge_looks_and_nothing_restarts(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine
) -> None:
    first = release(house, "boards-1", OLD)
    wanted = WantedRelease(firmware=first.target)
    done = follow.follow(box.folder, wanted, box.network(line), house.now)
    assert done == follow.Followed(restart=False, words=(follow.Word(target=first.target, outcome=follow.INSTALLED),))
    second = release(house, "boards-2", NEW)
    follow.follow(box.folder, WantedRelease(firmware=second.target), box.network(line), house.now)
    folder = folder_of(box.folder)
    assert {file.name for file in folder.iterdir()} >= {f"{OLD}.hex", f"{NEW}.hex", f"{NEW}.manifest", PUBLIC_KEY_FILE}
    assert (folder / f"{NEW}.hex").read_text() == f"hex of {NEW}"
    held = held_release(folder)
    assert held is not None
    assert (held.target, held.images) == (second.target, (NEW,))
    line.asked.clear()
    follow.follow(box.folder, WantedRelease(firmware=second.target), box.network(line), house.now)
    assert line.asked == [], "what lies there is not fetched again"
    assert not list((box.updates / "downloads").iterdir())


def test_a_lower_release_of_firmware_and_one_of_another_kind_are_not_taken(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine
) -> None:
    first, second = release(house, "boards-1", OLD), release(house, "boards-2", NEW)
    follow.follow(box.folder, WantedRelease(firmware=second.target), box.network(line), house.now)
    for target, outcome, sentence in (
        (first.target, follow.REFUSED, RolledBackError.sentence),
        ("classroom-1.tar", follow.WAITING, NotOfferedError.sentence),
    ):
        done = follow.follow(box.folder, WantedRelease(firmware=target), box.network(line), house.now)
        assert [(word.outcome, word.sentence) for word in done.words] == [(outcome, sentence)]
    held = held_release(folder_of(box.folder))
    assert held is not None
    assert held.target == second.target


def test_near_an_exam_no_firmware_is_laid_down(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    offer = release(house, "boards-1", OLD)
    begins = house.now + timedelta(hours=47)
    box.give_trust_list(house.now, ExamWindow(exam_id="e", starts_at=begins, ends_at=begins + timedelta(hours=3)))
    assert not follow.follow(box.folder, WantedRelease(firmware=offer.target), box.network(line), house.now).words
    assert held_release(folder_of(box.folder)) is None


def test_a_stick_brings_firmware_too(house: ReleaseHouse, box: ReleaseBox) -> None:
    house.release_package("2.0")
    release(house, "boards-1", OLD)
    assert follow.take_from_stick(box.folder, house.desk.repository, house.now).restart
    follow.note_start(box.folder)
    follow.confirm(box.folder)
    done = follow.take_from_stick(box.folder, house.desk.repository, house.now)
    assert (done.restart, [word.outcome for word in done.words]) == (False, [follow.INSTALLED, follow.LAID_DOWN])
    again = follow.take_from_stick(box.folder, house.desk.repository, house.now)
    assert [word.outcome for word in again.words] == [follow.INSTALLED, follow.INSTALLED]


@pytest.mark.parametrize("lacks", [PUBLIC_KEY_FILE, f"{OLD}.hex", f"{OLD}.manifest"])
def test_an_archive_that_lacks_something_is_not_made(tmp_path: Path, lacks: str) -> None:
    folder = images_in(tmp_path / "out", OLD)
    (folder / lacks).unlink()
    with pytest.raises(BadArchiveError):
        write_firmware(folder, tmp_path / "boards.tar")
    assert not (tmp_path / "boards.tar").exists()


def test_the_private_key_of_firmware_stays_out_of_the_archive(house: ReleaseHouse) -> None:
    folder = images_in(house.folder / "out", OLD)
    (folder / "firmware.key.pem").write_text("private")
    archive = house.folder / "boards-1.tar"
    assert main(["update", "make-firmware", str(folder), str(archive)]) == 0
    assert main(["update", "add-firmware", str(house.folder), str(archive)]) == 0
    assert b"private" not in archive.read_bytes()


def test_a_signed_archive_with_other_files_is_refused_and_leaves_nothing(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine
) -> None:
    offer = house.release_file(_package(house), ReleaseKind.FIRMWARE)
    done = follow.follow(box.folder, WantedRelease(firmware=offer.target), box.network(line), house.now)
    assert [word.outcome for word in done.words] == [follow.REFUSED]
    assert not list(folder_of(box.folder).iterdir())


def _package(house: ReleaseHouse) -> Path:
    house.release_package("9.0")
    (house.folder / "no-firmware.tar").write_bytes((house.folder / "classroom-9.0.tar").read_bytes())
    return house.folder / "no-firmware.tar"
