"""The reserve is real space, given up for events when the card is full."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.disk_reserve import DiskReserve
from edge.outbox import Outbox, OutboxError
from models.identifiers import BoxId
from tests.builders.events import BOX_KEY, happening
from tests.fakes.manual_clock import ManualClock

MEGABYTE = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Three megabytes that can really be full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("this machine does not let a test mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_the_space_is_claimed_once_and_freed(tmp_path: Path) -> None:
    reserve = DiskReserve(tmp_path / "reserve", MEGABYTE)
    assert reserve.take()
    assert reserve.take()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= MEGABYTE
    reserve.give_up()
    assert not (tmp_path / "reserve").exists()
    reserve.give_up()


def test_a_disk_without_room_goes_without_a_reserve(small_disk: Path) -> None:
    assert not DiskReserve(small_disk / "reserve", 8 * MEGABYTE).take()
    assert not (small_disk / "reserve").exists()


def test_a_full_card_still_takes_the_next_events(small_disk: Path) -> None:
    reserve = DiskReserve(small_disk / "reserve", MEGABYTE)
    outbox = Outbox(small_disk / "outbox.sqlite", BoxId("box-101"), BOX_KEY, ManualClock(), reserve)
    outbox.start()
    outbox.commit(happening(0))
    filler = small_disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free))
    number, failed = 1, False
    while not failed:
        try:
            outbox.commit(happening(number))
            number += 1
        except OutboxError:
            failed = True
    for later in range(number, number + 20):
        outbox.commit(happening(later))
    assert outbox.counts().waiting == number + 20
    outbox.stop()
