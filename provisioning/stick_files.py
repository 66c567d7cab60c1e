"""Reading from a USB stick that anybody may have written: regular files only, so many octets, no links.

A link could lead to a file of this machine, a FIFO would be waited for for ever, a device has no end. Not here: what
is on a stick.
"""

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from models.errors import BadInputError

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class UnfitFileError(BadInputError):
    """Something else than a file of the expected size lies there. Copy it to the stick again."""


class NoFolderError(BadInputError):
    """The stick's folder cannot be opened. Plug it in, wait ten seconds, try again."""


def open_regular(folder: Path, *way: str) -> BinaryIO:
    """The file at the end of `way` below `folder`; nothing on the way is a link.

    Raises UnfitFileError when it is no regular file, and OSError.
    """
    here = os.open(folder, _FOLDER)
    try:
        for name in way[:-1]:
            there = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = there
        _refuse_other(os.stat(way[-1], dir_fd=here, follow_symlinks=False), way[-1])  # opening a device may act on it
        descriptor = os.open(way[-1], _FILE, dir_fd=here)
    finally:
        os.close(here)
    file = os.fdopen(descriptor, "rb")
    try:
        _refuse_other(os.fstat(descriptor), way[-1])
    except UnfitFileError:
        file.close()
        raise
    return file


def read_regular(file: Path, most: int) -> bytes:
    """A file's content, at most so many octets. Raises UnfitFileError, OSError."""
    with open_regular(file.parent, file.name) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise UnfitFileError(f"{file.name} is larger than {most} octets. Copy the right file.")
    return content


def keep_open(folder: Path) -> Path:
    """The same folder by a name that this process can still use as an account that may not walk through /media/<name>.

    It stays open until the process ends. Raises NoFolderError.
    """
    try:
        return Path(f"/proc/self/fd/{os.open(folder, _FOLDER)}")
    except OSError as error:
        raise NoFolderError(
            f"Không mở được {folder} ({error.strerror}). Cắm lại USB, chờ mười giây, rồi thử lại.\n"
            f"{folder} cannot be opened ({error.strerror}). Plug the stick in, wait ten seconds, try again."
        ) from None


def _refuse_other(seen: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(seen.st_mode):
        raise UnfitFileError(f"{name} is no regular file. Copy the right file to the stick.")
