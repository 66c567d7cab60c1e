"""Space kept back on the card, so that a full disk can still take the events of an exam.

Not here: noticing that the disk is full (`outbox`), and who filled it.
"""

import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

RESERVE_BYTES: Final = 64 * 1024 * 1024


class DiskReserve:
    """A file of nothing, given up when the space is needed and taken again at a later start."""

    def __init__(self, path: Path, size_bytes: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes

    def take(self) -> bool:
        """Claims the space if it is not claimed; whether it is held now. A disk without that much room is no error."""
        if self._path.exists() and self._path.stat().st_size == self._size_bytes:
            return True
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._size_bytes)
            finally:
                os.close(descriptor)
        except OSError as error:
            _log.warning("The card has no room for the reserve of the outbox (%s); free some space.", error)
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            return False
        return True

    def give_up(self) -> None:
        """Frees the space for events."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            _log.exception("The card is full and the reserve is used up. Free some space now.")
        except OSError:
            _log.exception("The reserve of the outbox cannot be freed.")
        else:
            _log.warning("The card is full; the reserve of the outbox was freed for events.")
