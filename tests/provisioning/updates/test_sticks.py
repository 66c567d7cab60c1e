"""P06: updates from a USB stick: the same judgement as over the network."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from provisioning.updates.refusals import (
    NotSignedError,
    NotThereError,
    OutOfDateError,
    RolledBackError,
    TamperedFileError,
)
from tests.builders.releases import LyingLine, ReleaseBox, ReleaseHouse


def test_a_box_without_a_network_for_a_month_takes_the_stick(house: ReleaseHouse, box: ReleaseBox) -> None:
    client = box.client(house.desk.repository, house.now + timedelta(days=34))
    assert client.fetch("classroom-1.tar").read_bytes() == b"the first release"


def test_a_stick_that_lay_in_a_drawer_is_out_of_date(house: ReleaseHouse, box: ReleaseBox) -> None:
    with pytest.raises(OutOfDateError):
        box.client(house.desk.repository, house.now + timedelta(days=36)).look()


def test_a_stick_without_metadata_is_refused(house: ReleaseHouse, box: ReleaseBox, yesterday: Path) -> None:
    shutil.rmtree(yesterday / "metadata")
    with pytest.raises(NotThereError):
        box.client(yesterday, house.now).look()


def test_a_stick_with_only_the_file_is_refused(house: ReleaseHouse, box: ReleaseBox, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "classroom-1.tar").write_bytes(b"the first release")
    with pytest.raises(NotThereError):
        box.client(stick, house.now).look()


def test_a_stick_older_than_another_stick_is_refused(house: ReleaseHouse, box: ReleaseBox, yesterday: Path) -> None:
    house.release("classroom-2.tar")
    box.client(house.desk.repository, house.now).look()
    with pytest.raises(RolledBackError):
        box.client(yesterday, house.now).look()


def test_a_stick_with_an_older_list_than_the_network_showed_is_refused(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine, yesterday: Path
) -> None:
    house.release("classroom-2.tar")
    box.client(line, house.now).look()
    with pytest.raises(RolledBackError):
        box.client(yesterday, house.now).look()


def test_the_network_showing_an_older_list_than_the_stick_is_refused(
    house: ReleaseHouse, box: ReleaseBox, yesterday: Path
) -> None:
    house.release("classroom-2.tar")
    box.client(house.desk.repository, house.now).look()
    with pytest.raises(RolledBackError):
        box.client(LyingLine(yesterday), house.now).look()


def test_a_stick_of_last_week_with_the_same_list_brings_the_file(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine, yesterday: Path
) -> None:
    house.later(days=7)
    box.client(line, house.now).look()
    assert box.client(yesterday, house.now).fetch("classroom-1.tar").is_file()


def test_a_foreign_stick_is_refused(box: ReleaseBox, tmp_path: Path) -> None:
    other = ReleaseHouse(tmp_path / "other")
    other.release("classroom-1.tar")
    with pytest.raises(NotSignedError):
        box.client(other.desk.repository, other.now).look()


def test_a_stick_with_an_exchanged_file_is_refused(house: ReleaseHouse, box: ReleaseBox, yesterday: Path) -> None:
    (file,) = (yesterday / "targets").iterdir()
    file.write_bytes(b"THE first release")
    with pytest.raises(TamperedFileError):
        box.client(yesterday, house.now).fetch("classroom-1.tar")
