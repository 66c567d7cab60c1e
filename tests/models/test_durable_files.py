"""A file, folder or link is the old one or the new one, whatever happens, and root gives nothing away by writing."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models.durable_files import (
    DurableFileError,
    _give_folder,
    copy_whole,
    make_folder,
    place_folder,
    put_in_place,
    remove_folder,
    switch_link,
    sync_tree,
    write_whole,
)
from tests.builders.boxs_account import ACCOUNT
from tests.builders.checkout import REPOSITORY
from tests.builders.needed_programs import need

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")


@pytest.fixture
def accounts_folder(tmp_path: Path) -> Path:
    made = tmp_path / "theirs"
    made.mkdir()
    os.chown(made, ACCOUNT, ACCOUNT)
    return made


def test_a_file_is_replaced_with_its_mode_whatever_the_umask_says(tmp_path: Path) -> None:
    umask = os.umask(0o077)
    try:
        write_whole(tmp_path / "a", b"old")
        write_whole(tmp_path / "a", b"new", 0o640)
        write_whole(tmp_path / "b", b"")
    finally:
        os.umask(umask)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_file_that_is_too_large_for_the_disk_leaves_the_old_one(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    (tmp_path / "large").write_bytes(bytes(100_000))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(DurableFileError, match="a cannot be written"):
            write_whole(tmp_path / "a", bytes(100_000))
        with pytest.raises(DurableFileError, match="a cannot be written"):
            copy_whole(tmp_path / "large", tmp_path / "a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (tmp_path / "a").read_bytes() == b"old"
    copy_whole(tmp_path / "large", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == bytes(100_000)


@pytest.mark.parametrize(("sync", "stands"), [(1, b"old"), (2, b"new")], ids=["the file's", "the folder's"])
def test_nothing_is_written_before_the_disk_has_taken_it(tmp_path: Path, sync: int, stands: bytes) -> None:
    strace = shutil.which("strace")
    need("strace", strace)
    write_whole(tmp_path / "a", b"old")
    trace = [str(strace), "-o", "/dev/null", "-e", "trace=fsync", "-e", f"inject=fsync:error=EIO:when={sync}"]
    program = "import pathlib, sys; from models.durable_files import *; write_whole(pathlib.Path(sys.argv[1]), b'new')"
    words = [*trace, sys.executable, "-c", program, str(tmp_path / "a")]
    done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert "DurableFileError" in done.stderr
    assert (tmp_path / "a").read_bytes() == stands


def test_what_a_power_cut_or_a_stranger_left_beside_the_place_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"not ours")
    for name in ("a", "link"):
        (tmp_path / f".{name}.half").symlink_to(tmp_path / "victim")
    write_whole(tmp_path / "a", b"new")
    switch_link(tmp_path / "link", "a")
    assert (tmp_path / "victim").read_bytes() == b"not ours"
    assert not (tmp_path / "a").is_symlink()
    assert (tmp_path / "link").read_bytes() == b"new"


def test_a_link_in_the_place_itself_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"not ours")
    (tmp_path / "a").symlink_to(tmp_path / "victim")
    write_whole(tmp_path / "a", b"new")
    assert (tmp_path / "victim").read_bytes() == b"not ours"
    assert not (tmp_path / "a").is_symlink()


@needs_root
def test_what_root_makes_is_the_folder_owners(accounts_folder: Path) -> None:
    (accounts_folder / "roots").write_bytes(b"")
    write_whole(accounts_folder / "roots", b"new", 0o600)
    write_whole(accounts_folder / "a", b"new", 0o600)
    make_folder(accounts_folder / "one/two")
    assert {path.stat().st_uid for path in accounts_folder.rglob("*")} == {ACCOUNT}


@needs_root
def test_who_had_the_old_file_goes_on_reading_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "passwords", b"old", 0o600)
    os.chown(tmp_path / "passwords", ACCOUNT, ACCOUNT)
    write_whole(tmp_path / "passwords", b"new", 0o600)
    assert (tmp_path / "passwords").stat().st_uid == ACCOUNT


@needs_root
def test_a_folder_that_was_exchanged_for_a_link_is_not_given_away(accounts_folder: Path) -> None:
    victim = accounts_folder.parent / "roots own"
    victim.mkdir()
    (accounts_folder / "link").symlink_to(victim)
    with pytest.raises(OSError, match="link"):
        _give_folder(accounts_folder / "link", accounts_folder.stat())
    assert victim.stat().st_uid == 0


def test_a_draft_gets_its_name_when_it_is_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "draft").write_bytes(b"new")
    put_in_place(tmp_path / "draft", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"new"
    with pytest.raises(DurableFileError):
        put_in_place(tmp_path / "draft", tmp_path / "a")


def test_a_folder_is_placed_and_removed_whole_also_over_what_a_cut_left(tmp_path: Path) -> None:
    for name in ("half", "whole", "whole.leaving"):
        make_folder(tmp_path / name)
        (tmp_path / name / "content").write_text(name)
    sync_tree(tmp_path)
    place_folder(tmp_path / "half", tmp_path / "whole")
    assert (tmp_path / "whole/content").read_text() == "half"
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]
    remove_folder(tmp_path / "whole")
    remove_folder(tmp_path / "whole")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_said_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DurableFileError, match="x cannot be written"):
        write_whole(tmp_path / "nowhere/x", b"")
    with pytest.raises(DurableFileError, match="file cannot be written"):
        make_folder(tmp_path / "file/x")
    with pytest.raises(DurableFileError, match="x cannot be written"):
        switch_link(tmp_path / "nowhere/x", "y")
