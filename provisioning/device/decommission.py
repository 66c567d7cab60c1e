"""Takes everything off a box that makes it one of its room: keys, lists of people, evidence, templates, identity.

Each file is written over before it is removed. On flash memory old blocks may live on below the file system; only an
encrypted disk or a destroyed card is proof against a laboratory, and README.md says so. Afterwards the box is a machine
like any other: it needs a new code, new keys, and the authority refuses the old ones.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Final

from models.durable_files import DurableFileError, switch_link, sync_folder
from models.roll_outs import ReleaseKind
from provisioning.device import box_state
from provisioning.device.box_folder import BoxFolder
from provisioning.device.room_files import INSTALLATION
from provisioning.updates.follow import SHELVES

_CHUNK: Final = bytes(1024 * 1024)


class Waiting(StrEnum):
    """What becomes of events that central does not have yet."""

    REFUSED = "refused"
    """Nothing is wiped while something waits."""
    KEPT = "kept"
    """The outbox alone stays: central may get it by hand. What it holds of people is sealed to central."""
    WIPED = "wiped"
    """They are lost, on purpose (`--force`)."""


def wipe(box: BoxFolder, waiting: Waiting) -> None:
    """Empties the box's folder. Keys go first, so that a power cut leaves a box that cannot speak. May be repeated.

    Raises EventsWaitingError, DurableFileError.
    """
    if waiting is Waiting.REFUSED:
        box_state.refuse_waiting_events(box)
    keeps = waiting is Waiting.KEPT and box_state.waiting_events(box) != 0
    kept, releases = box.state / box_state.OUTBOX, box.path / SHELVES[ReleaseKind.PACKAGE]
    try:
        _run_the_installation(releases)
        stays = {releases / INSTALLATION, releases / "current"}
        for path in sorted(_files(box.path), key=_keys_first):
            if path not in stays and not (keeps and path.parent == kept.parent and path.name.startswith(kept.name)):
                _overwrite_and_remove(path)
        for folder in sorted((path for path in box.path.rglob("*") if path.is_dir()), reverse=True):
            if not folder.is_symlink() and not any(folder.iterdir()):
                folder.rmdir()
        sync_folder(box.path)
    except OSError as error:
        raise DurableFileError(f"{error.filename} cannot be wiped ({error.strerror}). Look at who owns it.") from None


def _run_the_installation(releases: Path) -> None:
    """What `make install` laid down stays and runs, so that the machine can be enrolled again; it tells of nobody."""
    if (releases / INSTALLATION).is_symlink():
        switch_link(releases / "current", INSTALLATION)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]


def _keys_first(path: Path) -> tuple[int, str]:
    is_key = path.suffix in {".key", ".uri"} or path.name == "key.pem"
    return (0 if is_key else 1, str(path))


def _overwrite_and_remove(path: Path) -> None:
    if path.is_file() and not path.is_symlink():
        size = path.stat().st_size
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "wb") as file:
            for begin in range(0, size, len(_CHUNK)):
                file.write(_CHUNK[: size - begin])
            file.flush()
            os.fsync(file.fileno())
    path.unlink()
