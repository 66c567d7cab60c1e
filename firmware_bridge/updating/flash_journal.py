"""What outlives a power cut: which writes have begun and not ended, with the image to go back to; and what was done.

An entry is on the disk before the first page is written, and goes when the board has shown what it carries.
"""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from models.durable_files import make_folder, sync_folder, write_whole, writing
from models.errors import StorageError
from models.wire import codec

HISTORY_FILE: Final = "history.jsonl"
FELL_BACK: Final = "fell back"
LEFT_ALONE: Final = "left alone"
"""By itself nothing was written to the board, though it was reset for it; `reason` says why."""

LEFT_ALONE_FOR: Final = timedelta(days=1)
_UNFINISHED: Final = "unfinished"


class JournalError(StorageError):
    """An entry cannot be read. The board at its port must be written by hand; then remove the file."""


class Unfinished(msgspec.Struct, frozen=True, kw_only=True):
    """A write that has begun. `kept` is the image that the board carried before; instants are UTC."""

    port: str
    board: str
    had_version: str
    new_version: str
    kept: bytes
    new: bytes
    begun_at: datetime


class Deed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the history: what became of a write, and who had approved a step back."""

    at: datetime
    port: str
    board: str
    had_version: str
    new_version: str
    outcome: str
    approved_by: str = ""
    reason: str = ""
    release: int = 0
    """The number of the release that was followed, with `LEFT_ALONE`."""


class FlashJournal:
    """Below the box's firmware folder, which is made when it is missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, entry: Unfinished) -> None:
        """On the disk when this returns. Raises DurableFileError."""
        make_folder(self._folder / _UNFINISHED, 0o700)
        write_whole(self._file(entry.port), codec.encode(entry), 0o600)

    def finish(self, port: str) -> None:
        """The entry is gone for good when this returns. Raises DurableFileError."""
        file = self._file(port)
        with writing(file):
            file.unlink(missing_ok=True)
            sync_folder(file.parent)

    def unfinished(self) -> Sequence[Unfinished]:
        """Every write that has begun and not ended. Raises JournalError."""
        return [_read(file) for file in sorted((self._folder / _UNFINISHED).glob("*.flash"))]

    def at(self, port: str) -> Unfinished | None:
        """The one at this port. Raises JournalError."""
        return _read(self._file(port)) if self.names(port) else None

    def names(self, port: str) -> bool:
        """Whether there is one at this port, readable or not."""
        return self._file(port).exists()

    def record(self, deed: Deed) -> None:
        """Adds a line to the history, on the disk when this returns. Raises DurableFileError."""
        make_folder(self._folder)
        file = self._folder / HISTORY_FILE
        with writing(file), file.open("ab") as history:
            history.write(msgspec.json.encode(deed) + b"\n")
            history.flush()
            os.fsync(history.fileno())
            sync_folder(self._folder)

    def newest(self) -> datetime | None:
        """When the newest deed was done; None when nothing ever was."""
        return max((deed.at for deed in self._deeds()), default=None)

    def fell_back(self, port: str, version: str) -> bool:
        """Whether this version was written to the board at this port and did not show itself."""
        return any((one.port, one.new_version, one.outcome) == (port, version, FELL_BACK) for one in self._deeds())

    def leaves_alone(self, port: str, version: str, release: int, now: datetime) -> bool:
        """Whether a step of this release to this version was in vain at this port less than a day before `now`."""
        told = (port, version, LEFT_ALONE, release)
        return any(
            (one.port, one.new_version, one.outcome, one.release) == told and one.at > now - LEFT_ALONE_FOR
            for one in self._deeds()
        )

    def _deeds(self) -> Sequence[Deed]:
        try:
            lines = (self._folder / HISTORY_FILE).read_bytes().splitlines()
        except OSError:
            return ()
        return [deed for deed in map(_deed, lines) if deed is not None]

    def _file(self, port: str) -> Path:
        return self._folder / _UNFINISHED / f"{sha256(port.encode()).hexdigest()[:24]}.flash"


def _deed(line: bytes) -> Deed | None:
    try:
        return msgspec.json.decode(line, type=Deed)
    except msgspec.DecodeError:  # the power went while it was written
        return None


def _read(file: Path) -> Unfinished:
    try:
        return codec.decode(file.read_bytes(), Unfinished)
    except (OSError, codec.CodecError):
        raise JournalError(
            f"{file} cannot be read. Write the board at its port by hand, then remove the file."
        ) from None
