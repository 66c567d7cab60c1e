"""Whatever lies on a stick, reading it ends soon, and nothing of this machine is read instead."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
from tuf.api.exceptions import DownloadHTTPError

from models.wire.enrollment_code import link_of
from models.wire.trust_list import FILE_NAME, LARGEST_BYTES
from provisioning.device import trust_store, usb_stick
from provisioning.device.trust_store import NoTrustListError, TrustListRefusedError
from provisioning.device.usb_stick import NoStickError
from provisioning.stick_files import NoFolderError, UnfitFileError, keep_open, open_regular, read_regular
from provisioning.updates.sources import StickSource

LINK = link_of("authority.example:8443", "7KQM4XPD9RTW2H6C")


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    """A test that waits at a FIFO ends with an error."""

    def too_late(_: int, __: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, too_late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "media/it/STICK"
    folder.mkdir(parents=True)
    return folder


def _endless(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(40 * 2**30)


def test_a_regular_file_is_read_whole_and_never_beyond_its_bound(stick: Path) -> None:
    (stick / "file").write_bytes(b"12345")
    assert read_regular(stick / "file", 5) == b"12345"
    with pytest.raises(UnfitFileError):
        read_regular(stick / "file", 4)


def test_no_link_is_followed_at_the_end_or_on_the_way(stick: Path, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/file").write_bytes(b"of this machine")
    (stick / "file").symlink_to(tmp_path / "secrets/file")
    (stick / "targets").symlink_to(tmp_path / "secrets")
    for way in (["file"], ["targets", "file"]):
        with pytest.raises((OSError, UnfitFileError)):
            open_regular(stick, *way)


def test_a_stick_that_is_held_open_is_read_by_its_other_name(stick: Path) -> None:
    (stick / "file").write_bytes(b"1")
    with open_regular(keep_open(stick), "file") as file:
        assert file.read() == b"1"
    with pytest.raises(NoFolderError):
        keep_open(stick / "gone")


@pytest.mark.parametrize("lay", [os.mkfifo, _endless, Path.mkdir, lambda file: file.symlink_to("/dev/zero")])
def test_a_stick_whose_link_file_is_something_else_is_passed_over(stick: Path, tmp_path: Path, lay: object) -> None:
    assert callable(lay)
    lay(stick / usb_stick.LINK_FILE)
    with pytest.raises(NoStickError):
        usb_stick.link_on_stick(tmp_path)
    second = tmp_path / "mnt/second"
    second.mkdir(parents=True)
    (second / usb_stick.LINK_FILE).write_text(LINK)
    assert usb_stick.link_on_stick(tmp_path).address == "authority.example:8443"


@pytest.mark.parametrize("lay", [os.mkfifo, _endless, Path.mkdir, lambda file: file.symlink_to("/dev/zero")])
def test_a_trust_list_that_is_something_else_is_refused_at_once(stick: Path, lay: object) -> None:
    assert callable(lay)
    lay(stick / FILE_NAME)
    for place in (stick, stick / FILE_NAME) if not (stick / FILE_NAME).is_dir() else (stick,):
        with pytest.raises((TrustListRefusedError, NoTrustListError)):
            trust_store.read_file(place)


def test_the_largest_trust_list_still_fits(stick: Path) -> None:
    (stick / FILE_NAME).write_bytes(b" " * LARGEST_BYTES)
    with pytest.raises(TrustListRefusedError):  # read, and no list
        trust_store.read_file(stick)


@pytest.mark.parametrize("lay", [os.mkfifo, Path.mkdir, lambda file: file.symlink_to("/dev/zero")])
def test_a_release_that_is_something_else_is_not_there(stick: Path, lay: object) -> None:
    assert callable(lay)
    (stick / "targets").mkdir()
    lay(stick / "targets/classroom-9.tar")
    with pytest.raises(DownloadHTTPError):
        StickSource(stick).fetch("/targets/classroom-9.tar").__next__()
