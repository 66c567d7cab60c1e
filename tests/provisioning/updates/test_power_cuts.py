"""P05: the power goes at any step of an update: the old or the new release is there, whole, and the next try ends well.

A real child process is killed (kill -9) before each change that it makes to the disk, one after the other.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.updates import follow
from provisioning.updates.client import ReleaseClient
from provisioning.updates.sources import StickSource
from tests.builders.releases import ReleaseBox, ReleaseHouse

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture
def settled(house: ReleaseHouse, box: ReleaseBox) -> ReleaseBox:
    """The box runs release 2.0 and is well; 3.0 waits on the stick."""
    house.release_package("2.0")
    follow.take_from_stick(box.folder, house.desk.repository, house.now)
    follow.note_start(box.folder)
    follow.confirm(box.folder)
    house.release_package("3.0")
    return box


@pytest.mark.timeout(400)
def test_a_cut_at_any_step_leaves_the_old_or_the_new_release(
    house: ReleaseHouse, settled: ReleaseBox, tmp_path: Path
) -> None:
    outcomes = []
    for copy in _killed_at_each_step("take", settled.folder, house, tmp_path):
        outcomes.append(_whole_release(copy))
        if not list((copy / "releases").glob("*3.0*")):
            ReleaseClient(copy / "updates", StickSource(house.desk.repository), house.now).fetch("classroom-3.0.tar")
            continue
        follow.take_from_stick(copy, house.desk.repository, house.now)
        assert _whole_release(copy) == "3.0"
        follow.note_start(copy)
        follow.confirm(copy)
        assert not list((copy / "releases").glob(".*.part"))
    assert len(outcomes) > 20
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {"2.0", "3.0"}


def test_a_cut_while_going_back_leaves_the_old_or_the_new_release_and_goes_back_next_time(
    house: ReleaseHouse, settled: ReleaseBox, tmp_path: Path
) -> None:
    follow.take_from_stick(settled.folder, house.desk.repository, house.now)
    for _ in range(3):
        follow.note_start(settled.folder)
    outcomes = []
    for copy in _killed_at_each_step("start", settled.folder, house, tmp_path):
        outcomes.append(_whole_release(copy))
        follow.note_start(copy)
        assert _whole_release(copy) == "2.0"
    assert len(outcomes) >= 5
    assert set(outcomes) <= {"2.0", "3.0"}


def test_a_cut_while_the_health_is_noted_keeps_the_new_release(
    house: ReleaseHouse, settled: ReleaseBox, tmp_path: Path
) -> None:
    follow.take_from_stick(settled.folder, house.desk.repository, house.now)
    follow.note_start(settled.folder)
    for copy in _killed_at_each_step("confirm", settled.folder, house, tmp_path):
        follow.confirm(copy)
        assert _whole_release(copy) == "3.0"
        assert not (copy / "releases/trial.json").exists()


def _killed_at_each_step(deed: str, box: Path, house: ReleaseHouse, scratch: Path) -> Iterator[Path]:
    """A copy of the box after each kill, until the deed once comes to its end."""
    for number in range(1, 200):
        copy = scratch / f"{deed}-{number}"
        shutil.copytree(box, copy, symlinks=True)
        order = [sys.executable, "-m", "tests.fakes.killed_updater", deed, str(copy)]
        order += [str(house.desk.repository), house.now.isoformat(), str(number)]
        status = subprocess.run(order, check=False, cwd=CHECKOUT, env={**os.environ, "TMPDIR": str(scratch)}).returncode
        if status == 0:
            return
        assert status == -signal.SIGKILL
        yield copy
        shutil.rmtree(copy)


def _whole_release(box: Path) -> str:
    """The version that would start now; it and everything beside it on the shelf is whole."""
    for folder in (box / "releases").iterdir():
        if folder.is_dir() and not folder.name.startswith("."):
            assert (folder / "release.json").stat().st_size > 0
            assert (folder / "bin/python").exists()
    (module,) = (box / "releases/current/lib").glob("python*/site-packages/tiny.py")
    return module.read_text().split('"')[1]
