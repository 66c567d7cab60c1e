"""A box follows its orders, with real packages."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from models.enrollment import WantedRelease
from models.errors import StorageError
from models.roll_outs import ReleaseKind
from provisioning.updates import follow
from provisioning.updates.client import trust_root
from provisioning.updates.refusals import BadArchiveError, RolledBackError
from tests.builders.releases import LyingLine, ReleaseBox, ReleaseHouse


def test_a_wanted_package_is_switched_on_and_reported_once_it_is_well(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine
) -> None:
    offer = house.release_package("2.0")
    wanted = WantedRelease(package=offer.target)
    assert follow.follow(box.folder, wanted, box.network(line), house.now) == follow.Followed(restart=True, words=())
    assert _version(box.folder) == "2.0"
    follow.confirm(box.folder)
    assert follow.shelf_of(box.folder, ReleaseKind.PACKAGE).trial, "it was never started"
    follow.note_start(box.folder)
    assert follow.follow(box.folder, wanted, box.network(line), house.now) == follow.Followed(restart=False, words=())
    follow.confirm(box.folder)
    done = follow.follow(box.folder, wanted, box.network(line), house.now)
    assert done.words == (follow.Word(target=offer.target, outcome=follow.INSTALLED),)
    assert not list((box.updates / "downloads").iterdir())


def test_a_package_that_does_not_come_up_is_undone_reported_and_not_tried_again(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine
) -> None:
    _settle(house, box, line, "2.0")
    bad = WantedRelease(package=house.release_package("3.0", "raise SystemExit(1)\n").target)
    assert follow.follow(box.folder, bad, box.network(line), house.now).restart
    said = [sentence for _ in range(4) for sentence in follow.note_start(box.folder)]
    assert len(said) == 1
    assert _version(box.folder) == "2.0"
    done = follow.follow(box.folder, bad, box.network(line), house.now)
    assert (done.restart, [word.outcome for word in done.words]) == (False, [follow.ROLLED_BACK])


def test_a_lower_release_number_than_ran_is_refused(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    older = house.release_package("2.0")
    _settle(house, box, line, "3.0")
    done = follow.follow(box.folder, WantedRelease(package=older.target), box.network(line), house.now)
    assert [(word.outcome, word.sentence) for word in done.words] == [(follow.REFUSED, RolledBackError.sentence)]
    assert _version(box.folder) == "3.0"


def test_a_signed_file_that_is_no_package_is_refused_and_the_box_runs_on(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine
) -> None:
    done = follow.follow(box.folder, WantedRelease(package="classroom-1.tar"), box.network(line), house.now)
    assert [(word.outcome, word.sentence) for word in done.words] == [(follow.REFUSED, BadArchiveError.sentence)]
    assert follow.shelf_of(box.folder, ReleaseKind.PACKAGE).current is None


def test_what_passes_is_told_as_waiting_and_tried_again(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    root = (box.updates / "root.json").read_bytes()
    (box.updates / "root.json").unlink()
    wanted = WantedRelease(package="classroom-2.0.tar")

    def outcomes() -> list[str]:
        return [word.outcome for word in follow.follow(box.folder, wanted, box.network(line), house.now).words]

    assert outcomes() == [follow.WAITING], "it has no root yet"
    trust_root(box.updates, root)
    assert outcomes() == [follow.WAITING], "it is not published yet"
    house.release_package("2.0")
    house.now += timedelta(days=2)
    assert outcomes() == [follow.WAITING], "the stamp is stale"
    house.publish()
    assert follow.follow(box.folder, wanted, box.network(line), house.now).restart


def test_a_card_that_takes_nothing_is_told_as_such(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    wanted = WantedRelease(package=house.release_package("2.0").target)
    (box.folder / "releases").write_text("a file where a folder should be")
    with pytest.raises(StorageError):
        follow.follow(box.folder, wanted, box.network(line), house.now)


def test_no_orders_no_deeds(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    assert not follow.follow(box.folder, WantedRelease(), box.network(line), house.now).restart
    assert line.asked == []


def test_a_stick_brings_the_newest_package(house: ReleaseHouse, box: ReleaseBox) -> None:
    house.release_package("2.0")
    house.release_package("2.1")
    assert follow.take_from_stick(box.folder, house.desk.repository, house.now).restart
    assert _version(box.folder) == "2.1"
    twice = follow.take_from_stick(box.folder, house.desk.repository, house.now)
    assert (twice.restart, [word.outcome for word in twice.words]) == (False, [follow.ON_TRIAL])
    follow.note_start(box.folder)
    follow.confirm(box.folder)
    again = follow.take_from_stick(box.folder, house.desk.repository, house.now)
    assert [word.outcome for word in again.words] == [follow.INSTALLED]


@pytest.mark.parametrize("number", [2, 9])
def test_the_number_rises_with_every_release(house: ReleaseHouse, number: int) -> None:
    offers = [house.release(f"more-{one}.tar") for one in range(number)]
    assert [offer.number for offer in offers] == list(range(2, number + 2))


def _settle(house: ReleaseHouse, box: ReleaseBox, line: LyingLine, version: str) -> None:
    offer = house.release_package(version)
    follow.follow(box.folder, WantedRelease(package=offer.target), box.network(line), house.now)
    follow.note_start(box.folder)
    follow.confirm(box.folder)


def _version(box: Path) -> str:
    asked = [str(box / "releases/current/bin/python"), "-I", "-c", "import tiny; print(tiny.VERSION)"]
    return subprocess.run(asked, capture_output=True, check=True).stdout.decode().strip()
