"""A province's release desk with one release, and a box that trusts it."""

import shutil
from pathlib import Path

import pytest

from tests.builders.releases import LyingLine, ReleaseBox, ReleaseHouse


@pytest.fixture
def house(tmp_path: Path) -> ReleaseHouse:
    made = ReleaseHouse(tmp_path / "desk")
    made.release("classroom-1.tar", b"the first release")
    return made


@pytest.fixture
def box(tmp_path: Path, house: ReleaseHouse) -> ReleaseBox:
    return ReleaseBox(tmp_path / "box", house.root)


@pytest.fixture
def line(house: ReleaseHouse) -> LyingLine:
    return LyingLine(house.desk.repository)


@pytest.fixture
def yesterday(tmp_path: Path, house: ReleaseHouse) -> Path:
    """A copy of the repository as it was before anything else happened."""
    copy = tmp_path / "yesterday"
    shutil.copytree(house.desk.repository, copy)
    return copy
