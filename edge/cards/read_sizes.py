"""How long answers may be on a reader with a kind of card (ATR): found out once, remembered, dropped on an error.

Before extended length is tried for the first time it is written down as failed: a reader that hangs over it, or a
program that dies meanwhile, is not asked again. Not here: reading anew in short form (`card_watch`).
"""

import logging
import threading
from pathlib import Path
from typing import Final

import msgspec

from models.durable_files import DurableFileError, write_whole

_log = logging.getLogger(__name__)

EXTENDED: Final = 4000
"""Bytes per read that are tried: four reads for a portrait; the rest of the gain is a few bytes."""
_SHORT: Final = 0
_MOST: Final = 256
"""Kinds of cards that are remembered; beyond, all are forgotten and found out again."""


class ReadSizes:
    """Kept in `file` (JSON), where it survives restarts. May be used from any thread."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._sizes: dict[str, int] | None = None

    def begin(self, reader: str, atr: bytes) -> int | None:
        """The bytes that a read may ask for; None: as many as fit into a short answer."""
        with self._lock:
            sizes, key = self._known(), _key(reader, atr)
            if key in sizes:
                return sizes[key] or None
            if len(sizes) >= _MOST:
                sizes.clear()
            self._note(key, _SHORT)
            return EXTENDED

    def worked(self, reader: str, atr: bytes, size: int | None) -> None:
        """A reading with this size went to its end."""
        with self._lock:
            self._note(_key(reader, atr), size or _SHORT)

    def failed(self, reader: str, atr: bytes) -> None:
        """A reading in extended form failed: short form from now on."""
        with self._lock:
            self._note(_key(reader, atr), _SHORT)

    def untold(self, reader: str, atr: bytes) -> None:
        """The reading ended for another reason, such as a card that was taken away: nothing was learnt."""
        with self._lock:
            if self._known().pop(_key(reader, atr), None) is not None:
                self._write()

    def _known(self) -> dict[str, int]:
        if self._sizes is None:
            try:
                self._sizes = msgspec.json.decode(self._file.read_bytes(), type=dict[str, int])
            except (OSError, msgspec.DecodeError):  # absent or damaged: found out again
                self._sizes = {}
        return self._sizes

    def _note(self, key: str, size: int) -> None:
        if self._known().get(key) != size:
            self._known()[key] = size
            self._write()

    def _write(self) -> None:
        try:
            write_whole(self._file, msgspec.json.encode(self._sizes))
        except DurableFileError as error:
            _log.warning("Read sizes are not kept: %s", error)


def _key(reader: str, atr: bytes) -> str:
    return f"{reader} {atr.hex()}"
