"""At which speed each line was last understood: kept over restarts, so that a line is not searched twice.

Not here: trying speeds (`speed_search`).
"""

import threading
from pathlib import Path

import msgspec

from models.durable_files import DurableFileError, write_whole


class BaudMemory:
    """A small JSON file. Without a path, or when the file cannot be read or written, it only remembers for now."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[str, int] | None = None

    def last(self, port: str, driver: str) -> int:
        """The baud, 0 when none is known."""
        with self._lock:
            return self._read().get(f"{port} {driver}", 0)

    def keep(self, port: str, driver: str, baud: int) -> None:
        """Returns when it is on the card; a card that cannot be written costs only a search."""
        with self._lock:
            known = self._read()
            if known.get(f"{port} {driver}") == baud:
                return
            known[f"{port} {driver}"] = baud
            if self._path is not None:
                try:
                    write_whole(self._path, msgspec.json.encode(known), 0o600)
                except DurableFileError:
                    return

    def _read(self) -> dict[str, int]:
        if self._known is None:
            try:
                content = self._path.read_bytes() if self._path is not None else b"{}"
                self._known = msgspec.json.decode(content, type=dict[str, int])
            except (OSError, msgspec.DecodeError):
                self._known = {}
        return self._known
