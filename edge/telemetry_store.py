"""The box's memory of its room's equipment: rows wait here, on the card, until central's mark says that it holds them.

A lost row is a gap that says so; a card that fails costs telemetry and never stops the watch, and an exam's events have
their own store (`outbox`). Not here: the statements (`telemetry_tables`), sending (`telemetry_conversation`).
"""

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from sqlite_utils import Database

from edge.telemetry_tables import Rank, StoredRow, TelemetryTables, gap_of, rank_of
from models.clock import Clock, to_unix_ms
from models.durable_database import StoreDamagedError, immediate, open_durably, set_aside
from models.errors import StorageError
from models.telemetry import Alert, Gap, Row

_log = logging.getLogger(__name__)
T = TypeVar("T")

CAP_BYTES: Final = 200 * 1024 * 1024
"""About a week without central for a room of 125 devices with eight sensor boards."""

MOST_BUFFERED: Final = 200
COMMIT_AFTER_MS: Final = 1000
REOPEN_AFTER_MS: Final = 30_000
LEAST_FREE_BYTES: Final = 128 * 1024 * 1024
"""With less free on the card the file grows no more: the rest is the exam's."""

_EVICTED_AT_ONCE: Final = 20
"""The cap's twentieth part is freed at a time."""


class TelemetryStoreError(StorageError):
    """The telemetry store cannot be used now; rows are dropped and counted until it can. Check the card."""


def free_bytes(path: Path) -> int:
    """What is free on the card that holds this path, for programs without root's right."""
    seen = os.statvfs(path)
    return seen.f_bavail * seen.f_frsize


class TelemetryStore:
    """Rows of `models.telemetry` in a file of its own. Every method may be called from any thread; none raises.

    `free` tells how many bytes are free on the card.
    """

    def __init__(
        self, path: Path, clock: Clock, cap_bytes: int = CAP_BYTES, free: Callable[[Path], int] = free_bytes
    ) -> None:
        self._path = path
        self._clock = clock
        self._cap_bytes = cap_bytes
        self._free = free
        self._lock = threading.RLock()
        self._started = False
        self._database: Database | None = None
        self._size = 0
        self._buffer: list[tuple[Row, bytes]] = []
        self._buffered_since_ms = 0
        self._lost: Gap | None = None
        self._broken_since_ms: int | None = None
        self._listeners: list[Callable[[], None]] = []

    def start(self) -> None:
        """Opens the store; a damaged file is set aside and a new epoch begins. A card that fails is tried again."""
        self._started = True
        self._read(TelemetryTables.life, (0, 0))

    def stop(self) -> None:
        """Commits what is buffered and closes the store."""
        with self._lock:
            self.flush()
            self._started = False
            self._close()

    def when_committed(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after every commit of rows, on the thread that committed."""
        self._listeners.append(listener)

    def add(self, rows: Sequence[Row]) -> None:
        """Takes rows. Alerts and audit rows are on the card when this returns, others within a second."""
        if not rows:
            return
        with self._lock:
            if not self._buffer:
                self._buffered_since_ms = self._clock.monotonic_ms()
            self._buffer += [(row, msgspec.json.encode(row)) for row in rows]
            urgent = any(rank_of(row) <= Rank.KEPT for row in rows)
            if urgent or len(self._buffer) >= MOST_BUFFERED:
                self.flush()

    def time_passed(self) -> None:
        """Called several times a second: commits what has waited for a second."""
        with self._lock:
            waits = self._clock.monotonic_ms() - self._buffered_since_ms >= COMMIT_AFTER_MS
            if waits and (self._buffer or self._lost is not None):
                self._buffered_since_ms = self._clock.monotonic_ms()
                self.flush()

    def flush(self) -> None:
        """Commits now. What the card does not take becomes a gap."""
        with self._lock:
            rows, self._buffer = self._buffer, []
            if not rows and self._lost is None:
                return
            if self._write(lambda tables: self._commit(tables, rows), otherwise=False):
                self._lost = None
            else:
                self._lost = gap_of([*([self._lost] if self._lost else []), *(row for row, _ in rows)])
                return
        for listener in self._listeners:
            listener()

    def _commit(self, tables: TelemetryTables, rows: list[tuple[Row, bytes]]) -> bool:
        size = self._size + sum(len(body) for _, body in rows)
        cap = self._cap_bytes if self._free(self._path.parent) >= LEAST_FREE_BYTES else min(self._cap_bytes, self._size)
        tables.add(rows)
        if self._lost is not None:
            size += tables.add_gap(self._lost)
        if size > cap:
            size -= tables.evict(size - cap + cap // _EVICTED_AT_ONCE)
        self._size = size
        return True

    def head(self) -> tuple[int, int] | None:
        """The epoch and the last number that was given (0: none yet); None while the card fails."""
        return self._read(TelemetryTables.life, None)

    def lowest(self) -> int | None:
        """The oldest number that is still held, None for none."""
        return self._read(TelemetryTables.lowest_numbered, None)

    def last_position(self) -> int:
        """The place of the newest row: what comes later is live."""
        return self._read(TelemetryTables.last_position, 0)

    def number_next(self, live_after: int, most_history: int, most: int, most_bytes: int) -> int:
        """Gives the next numbers, on the card; returns how many went to rows at or before `live_after`."""
        return self._write(lambda tables: tables.number_next(live_after, most_history, most, most_bytes), 0)

    def numbered_after(self, seq: int, limit: int) -> list[StoredRow]:
        """Rows with numbers above `seq`, in order."""
        return self._read(lambda tables: tables.numbered_after(seq, limit), [])

    def forget_up_to(self, seq: int) -> None:
        """Central holds these numbers: they go."""
        with self._lock:
            self._size -= self._write(lambda tables: tables.forget_up_to(seq), 0)

    def begin_epoch(self, above: int) -> None:
        """Numbers begin again at 1 in an epoch higher than `above`: central's record and ours do not meet."""
        now = to_unix_ms(self._clock.now())
        self._write(lambda tables: tables.begin_epoch(max(now, above + 1, tables.life()[0] + 1)), None)

    def waiting(self) -> int:
        """How many rows wait for central's mark."""
        return self._read(TelemetryTables.waiting, 0) + len(self._buffer)

    def open_alerts(self) -> list[Alert]:
        """The alerts that have begun and not ended, also those of before a restart."""
        return self._read(TelemetryTables.open_alerts, [])

    def note_rule(self, rule_id: str, day: str) -> bool:
        """Notes, on the card, that a rule fires on this day. False when it did already, or that cannot be noted."""
        return self._write(lambda tables: tables.note_rule(rule_id, day), otherwise=False)

    def _write(self, work: Callable[[TelemetryTables], T], otherwise: T) -> T:
        def whole(tables: TelemetryTables) -> T:
            with immediate(self._opened()):
                return work(tables)

        return self._read(whole, otherwise)

    def _read(self, work: Callable[[TelemetryTables], T], otherwise: T) -> T:
        """A fault of the card closes the store and gives `otherwise`; it is logged once, and tried again later."""
        with self._lock:
            try:
                done = work(self._tables())
            except (sqlite3.Error, OSError, StorageError) as error:
                self._close()
                if self._broken_since_ms is None:
                    _log.warning("The telemetry store does not work; rows are dropped and counted: %s", error)
                if not isinstance(error, TelemetryStoreError):
                    self._broken_since_ms = self._clock.monotonic_ms()
                return otherwise
            if self._broken_since_ms is not None:
                _log.info("The telemetry store works again")
                self._broken_since_ms = None
            return done

    def _tables(self) -> TelemetryTables:
        if not self._started:
            raise TelemetryStoreError("it is closed.")
        if self._database is None:
            since = self._broken_since_ms
            if since is not None and self._clock.monotonic_ms() - since < REOPEN_AFTER_MS:
                raise TelemetryStoreError("it is tried again soon.")
            self._open()
        return TelemetryTables(self._opened())

    def _open(self) -> None:
        try:
            self._open_once()
        except StoreDamagedError:
            kept = set_aside(self._path, self._clock.now())
            _log.exception("The telemetry store is damaged and was set aside as %s; an empty one begins", kept.name)
            self._open_once()

    def _open_once(self) -> None:
        database = open_durably(self._path)
        try:
            tables = TelemetryTables(database)
            tables.prepare(to_unix_ms(self._clock.now()))
            self._size = tables.size()
        except sqlite3.OperationalError:
            database.close()
            raise
        except sqlite3.DatabaseError as error:
            database.close()
            raise StoreDamagedError(f"{self._path.name} is damaged ({type(error).__name__}).") from error
        except BaseException:
            database.close()
            raise
        self._database = database

    def _opened(self) -> Database:
        if self._database is None:
            raise TelemetryStoreError("it is closed.")
        return self._database

    def _close(self) -> None:
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
            self._database = None
