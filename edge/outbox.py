"""The outbox: what happened is committed here before any light turns green, and stays until central has it.

Each event is one signed link of the box's chain; event row, head row and outbox row are one transaction. Only central's
receipt frees a link from waiting, never a broker's word. Not here: sending (`uplink`), how the chain grows
(`chain_keeper`), the rows (`outbox_tables`), how SQLite is opened (`durable_database`).
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlite_utils import Database

from edge.chain_keeper import ChainKeeper, Meeting
from edge.disk_reserve import DiskReserve
from edge.happenings import Happening, SeatFreed, SeatTaken
from edge.outbox_tables import OutboxTables, StoredEvent
from models.clock import Clock, from_unix_ms
from models.durable_database import immediate, open_durably
from models.errors import StorageError
from models.identifiers import BoxId, CandidateNumber, SessionId
from models.wire.event_chain import Head, SignedEvent, decode_event
from models.wire.receipts import Receipt, what_a_receipt_prunes

_log = logging.getLogger(__name__)


class OutboxError(StorageError):
    """Nothing was promised: no light may turn green. The next call reopens and checks the store first."""


class OutboxWentBackError(OutboxError):
    """After a fault the card lacks an event that it had acknowledged. Restart the box and replace the card."""


class OutboxClosedError(OutboxError):
    """The outbox is not started, or was stopped."""


class OutboxCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many events wait to be sent, and how many central has acknowledged."""

    waiting: int
    receipted: int


class Outbox:
    """The box's durable memory of what happened. Every method may be called from any thread."""

    def __init__(
        self, path: Path, box_id: BoxId, key: Ed25519PrivateKey, clock: Clock, reserve: DiskReserve | None = None
    ) -> None:
        self._path = path
        self._box_id = box_id
        self._key = key
        self._keeper = ChainKeeper(box_id, key, clock)
        self._clock = clock
        self._reserve = reserve
        self._lock = threading.RLock()
        self._database: Database | None = None
        self._started = False
        self._promised: Head | None = None
        self._listeners: list[Callable[[], None]] = []

    def start(self) -> None:
        """Opens and checks the store. Raises StoreDamagedError, StoreSettingError or StorageError."""
        with self._lock:
            self._open()
            self._started = True
            if self._reserve is not None:
                self._reserve.take()

    def stop(self) -> None:
        """Closes the store. What was committed stays."""
        with self._lock:
            self._started = False
            self._close()

    def when_committed(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after every commit, on the thread that committed."""
        self._listeners.append(listener)

    def commit(self, happening: Happening) -> SignedEvent:
        """Makes the happening the next link. Returns only after it is on the card; else raises OutboxError.

        Raises ChainEventError, and stores nothing, when a field is out of its bounds.
        """
        with self._working() as tables:
            stored = tables.with_uuid(happening.uuid)
            if stored is not None:
                return stored.signed
            now = self._clock.now()
            with self._transaction():
                stored = self._keeper.add(happening, tables, now)
                match happening.seating:
                    case SeatTaken(candidate_number=number, seat=seat):
                        tables.seat(happening.session, number, seat, now)
                    case SeatFreed(candidate_number=number):
                        tables.unseat(happening.session, number)
                    case None:
                        pass
            self._promised = stored.place
        for listener in self._listeners:
            listener()
        return stored.signed

    def pending(self, limit: int, after: int = 0) -> list[StoredEvent]:
        """Events that wait for central's receipt, oldest first, from beyond a position."""
        with self._working() as tables:
            return tables.waiting(limit, after)

    def apply_receipts(self, receipts: Sequence[Receipt]) -> list[StoredEvent]:
        """Takes central's verified receipts (rule c) and returns the events that no longer wait, each once."""
        freed: list[StoredEvent] = []
        with self._working() as tables, self._transaction():
            for receipt in receipts:
                own = tables.at(receipt.epoch, receipt.seq)
                if own and what_a_receipt_prunes(receipt, self._box_id, own.hash):
                    freed += tables.release_up_to(own.position)
        return freed

    def counts(self) -> OutboxCounts:
        """What waits and what central has."""
        with self._working() as tables:
            events, waiting = tables.counts()
        return OutboxCounts(waiting=waiting, receipted=events - waiting)

    def head(self) -> Head | None:
        """The last link, None before the first."""
        with self._working() as tables:
            return tables.head()

    def last_event_at(self) -> datetime | None:
        """What the wall clock (UTC) showed at the last event, None before the first."""
        with self._working() as tables:
            head = tables.head()
            last = tables.at(head.epoch, head.seq) if head else None
        return from_unix_ms(decode_event(last.body).wall_time_ms) if last else None

    def seated(self, session: SessionId) -> dict[CandidateNumber, datetime]:
        """Who is seated in this sitting, and since when (UTC): what the desk resumes with."""
        with self._working() as tables:
            return tables.seated(session)

    def meet(self, central_head: Head | None) -> Meeting:
        """Takes central's own head of this box (None: it holds nothing) and puts the box in step with it (rules a, b).

        If our chain continues that head, whatever follows it waits to be sent. Else a new epoch grows from it.
        """
        with self._working() as tables:
            with self._transaction():
                meeting = self._keeper.meet(central_head, tables)
            self._promised = tables.head()
            return meeting

    @contextmanager
    def _working(self) -> Iterator[OutboxTables]:
        with self._lock:
            if not self._started:
                raise OutboxClosedError("The outbox is closed. Start the room agent again.")
            try:
                if self._database is None:
                    self._open()
                yield OutboxTables(self._opened())
            except sqlite3.Error as error:
                self._close()
                name = getattr(error, "sqlite_errorname", type(error).__name__)
                _log.exception("The outbox failed and will be opened and checked anew.")
                if self._reserve is not None and name == "SQLITE_FULL":
                    self._reserve.give_up()
                raise OutboxError(
                    f"The event was not stored ({name}). Use paper, check the card, try again."
                ) from error
            except OutboxError:
                self._close()
                raise
            except StorageError as error:
                self._close()
                raise OutboxError(str(error)) from error

    def _transaction(self) -> AbstractContextManager[None]:
        return immediate(self._opened())

    def _opened(self) -> Database:
        if self._database is None:
            raise OutboxClosedError("The outbox is closed. Start the room agent again.")
        return self._database

    def _open(self) -> None:
        database = open_durably(self._path)
        try:
            tables = OutboxTables(database)
            tables.prepare(self._box_id)
            head = tables.check_chain(self._key.public_key())
            self._compare_with_promise(tables)
        except sqlite3.Error as error:
            database.close()
            raise OutboxError(f"The outbox cannot be read ({type(error).__name__}). Check the card.") from error
        except BaseException:
            database.close()
            raise
        self._promised = head
        self._database = database

    def _compare_with_promise(self, tables: OutboxTables) -> None:
        if self._promised and not tables.holds(self._promised):
            raise OutboxWentBackError("The card lost an acknowledged event. Restart the box and replace the card.")

    def _close(self) -> None:
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
            self._database = None
