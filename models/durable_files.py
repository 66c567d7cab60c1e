"""Files, folders and links that a power cut leaves old or new, never between, and on the disk when a call returns.

What root makes in somebody else's folder belongs to that account, and no link that was laid there is followed. Not
here: what stands in the files, and SQLite (`durable_database`).
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from models.errors import StorageError


class DurableFileError(StorageError):
    """A file or folder cannot be written. Look at the disk or card, and at who owns the folder."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the disk does not take at this path is a DurableFileError."""
    try:
        yield
    except OSError as error:
        raise DurableFileError(
            f"{path} cannot be written ({error.strerror}). Look at the disk or card and at who owns the folder."
        ) from None


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replaces a file in one step; `mode` holds whatever the umask is. Raises DurableFileError; the old one stands."""
    with _whole_file(path, mode) as file:
        file.write(content)


def copy_whole(source: Path, path: Path) -> None:
    """As `write_whole`, with the content of another file. Raises DurableFileError."""
    with source.open("rb") as there, _whole_file(path, 0o644) as here:
        shutil.copyfileobj(there, here)


def put_in_place(half: Path, path: Path) -> None:
    """Gives a file that was written beside its place its name. Raises DurableFileError."""
    with writing(path):
        with half.open("rb") as written:
            os.fsync(written.fileno())
        half.replace(path)
        sync_folder(path.parent)


def make_folder(path: Path, mode: int = 0o755) -> None:
    """Makes a folder (and those above it) that belongs to the owner of the folder above. Raises DurableFileError."""
    with writing(path):
        if not path.is_dir():
            if not path.parent.is_dir():
                make_folder(path.parent)
            path.mkdir(mode)
            _give_folder(path, path.parent.stat())
            sync_folder(path.parent)


def place_folder(half: Path, whole: Path) -> None:
    """Gives a folder that was written and synced its name. One that stands there already is replaced.

    Raises DurableFileError.
    """
    with writing(whole):
        sync_folder(half)
        if whole.exists():
            remove_folder(whole)
        half.rename(whole)
        sync_folder(whole.parent)


def remove_folder(path: Path) -> None:
    """Takes a folder away: its name first, so that nobody finds half of it. Raises DurableFileError."""
    leaving = path.with_name(path.name + ".leaving")
    with writing(path):
        if leaving.exists():
            shutil.rmtree(leaving)
        if path.exists():
            path.rename(leaving)
            shutil.rmtree(leaving)
            sync_folder(path.parent)


def switch_link(link: Path, target: str) -> None:
    """Points a symbolic link elsewhere: whoever reads sees the old or the new. Raises DurableFileError."""
    half = _half(link)
    with writing(link):
        half.unlink(missing_ok=True)
        half.symlink_to(target)
        half.replace(link)
        sync_folder(link.parent)


def sync_folder(folder: Path) -> None:
    """The names in this folder are on the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(root: Path) -> None:
    """Every file and folder below `root` is on the disk; links are not followed. Raises OSError."""
    for folder, _, names in os.walk(root):
        for name in names:
            file = Path(folder, name)
            if file.is_symlink():
                continue
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
        sync_folder(Path(folder))


@contextmanager
def _whole_file(path: Path, mode: int) -> Iterator[BinaryIO]:
    half = _half(path)
    with writing(path):
        half.unlink(missing_ok=True)
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            _give(descriptor, _reader_of(path))
            yield file
            file.flush()
            os.fsync(descriptor)
        half.replace(path)
        sync_folder(path.parent)


def _half(path: Path) -> Path:
    return path.with_name(f".{path.name}.half")


def _reader_of(path: Path) -> os.stat_result:
    """Who had the old file goes on reading it; a new file, and one of root's, is the folder owner's."""
    try:
        old = path.lstat()
    except FileNotFoundError:
        return path.parent.stat()
    return old if old.st_uid != 0 else path.parent.stat()


def _give(made: int, owner: os.stat_result) -> None:
    if os.geteuid() == 0:
        os.fchown(made, owner.st_uid, owner.st_gid)


def _give_folder(made: Path, owner: os.stat_result) -> None:
    """A link that was put in its place meanwhile is not followed. Raises OSError."""
    descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _give(descriptor, owner)
    finally:
        os.close(descriptor)
