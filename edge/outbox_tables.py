"""The tables of the outbox, and every statement that touches them. Callers hold the transaction.

`events` is the chain in the order of its growth; `waiting` are those without a receipt, always an unbroken end of it.
`superseded` keeps the old links of events that a new epoch carried over. `seats` says who is seated: candidate number
and seat, nothing else about a person. Not here: the rules (`outbox`).
"""

import sqlite3
from datetime import datetime
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlite_utils import Database

from models.clock import from_unix_ms, to_unix_ms
from models.durable_database import StoreDamagedError, immediate
from models.identifiers import BoxId, CandidateNumber, SessionId
from models.wire.event_chain import (
    ChainEvent,
    ChainEventError,
    Head,
    SignedEvent,
    decode_event,
    event_hash,
    first_prev,
    verify_signed_event,
)

_TABLES = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS box (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), box_id TEXT NOT NULL,
    boot INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL, uuid BLOB NOT NULL UNIQUE, hash BLOB NOT NULL, body BLOB NOT NULL, signature BLOB NOT NULL,
    evidence BLOB, again INTEGER NOT NULL DEFAULT 0, UNIQUE (epoch, seq));
CREATE TABLE IF NOT EXISTS waiting (position INTEGER PRIMARY KEY REFERENCES events (position));
CREATE TABLE IF NOT EXISTS head (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL, hash BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS superseded (epoch INTEGER NOT NULL, seq INTEGER NOT NULL, uuid BLOB NOT NULL,
    hash BLOB NOT NULL, body BLOB NOT NULL, signature BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS seats (session TEXT NOT NULL, candidate_number TEXT NOT NULL, seat TEXT NOT NULL,
    admitted_at_ms INTEGER NOT NULL, PRIMARY KEY (session, candidate_number));
COMMIT;
"""


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A link as it stands in the store. `position` orders links across epochs; `again` marks a carried-over one."""

    position: int
    epoch: int
    seq: int
    uuid: bytes
    hash: bytes
    body: bytes
    signature: bytes
    evidence: bytes | None
    again: bool

    @property
    def signed(self) -> SignedEvent:
        """The bytes and signature that travel."""
        return SignedEvent(body=self.body, signature=self.signature)

    @property
    def place(self) -> Head:
        """This link as a head."""
        return Head(epoch=self.epoch, seq=self.seq, hash=self.hash)


class OutboxTables:
    """The rows of one open database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def prepare(self, box_id: BoxId) -> None:
        """Creates missing tables and counts this opening.

        Raises StoreDamagedError if the file belongs to another box.
        """
        self._database.executescript(_TABLES)
        with immediate(self._database):
            self._run("INSERT OR IGNORE INTO box VALUES (1, ?, 0)", box_id)
            self._run("UPDATE box SET boot = boot + 1")
            owner = self._run("SELECT box_id FROM box").fetchone()[0]
        if owner != box_id:
            raise StoreDamagedError("This outbox was written by another box. Set it aside; IT decides what it holds.")

    def check_chain(self, key: Ed25519PublicKey) -> Head | None:
        """Walks the whole chain: bytes, numbers, hashes, signatures, head, waiting rows. Returns the head.

        Raises StoreDamagedError naming the first bad link.
        """
        last: StoredEvent | None = None
        for stored in self._events("ORDER BY position"):
            place = f"event {stored.epoch}/{stored.seq}"
            if not verify_signed_event(stored.signed, key):
                raise StoreDamagedError(f"The outbox is damaged: {place} does not carry this box's signature.")
            try:
                event = decode_event(stored.body)
            except ChainEventError:
                raise StoreDamagedError(f"The outbox is damaged: {place} is unreadable.") from None
            if not _row_agrees(stored, event) or not _follows(last, event):
                raise StoreDamagedError(f"The outbox is damaged: {place} does not continue the chain.")
            last = stored
        head = self.head()
        if head != (last.place if last else None):
            raise StoreDamagedError("The outbox is damaged: its head is not its last event.")
        return head

    def head(self) -> Head | None:
        """The head row."""
        row = self._run("SELECT epoch, seq, hash FROM head").fetchone()
        return None if row is None else Head(epoch=row[0], seq=row[1], hash=row[2])

    def boot(self) -> int:
        """How often this file was opened: tells the stretches of monotonic time apart."""
        return int(self._run("SELECT boot FROM box").fetchone()[0])

    def append(self, event: ChainEvent, signed: SignedEvent, evidence: bytes | None, *, again: bool) -> StoredEvent:
        """Adds a link at the end: event row, outbox row, head row. `again` marks one that was carried over."""
        own_hash = event_hash(signed.body)
        cursor = self._run(
            "INSERT INTO events (epoch, seq, uuid, hash, body, signature, evidence, again) VALUES (?,?,?,?,?,?,?,?)",
            *(event.epoch, event.seq, event.uuid, own_hash, signed.body, signed.signature, evidence, int(again)),
        )
        position = int(cursor.lastrowid or 0)
        self._run("INSERT INTO waiting VALUES (?)", position)
        self._run("INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?)", event.epoch, event.seq, own_hash)
        return StoredEvent(
            position=position,
            epoch=event.epoch,
            seq=event.seq,
            uuid=event.uuid,
            hash=own_hash,
            body=signed.body,
            signature=signed.signature,
            evidence=evidence,
            again=again,
        )

    def supersede(self, stored: StoredEvent) -> None:
        """Moves a link out of the chain; its bytes stay as evidence."""
        self._run("DELETE FROM waiting WHERE position = ?", stored.position)
        self._run("DELETE FROM events WHERE position = ?", stored.position)
        self._run(
            "INSERT INTO superseded VALUES (?,?,?,?,?,?)",
            *(stored.epoch, stored.seq, stored.uuid, stored.hash, stored.body, stored.signature),
        )

    def waiting(self, limit: int, after: int) -> list[StoredEvent]:
        """Links without a receipt beyond a position, oldest first."""
        condition = "JOIN waiting USING (position) WHERE position > ? ORDER BY position LIMIT ?"
        return self._events(condition, after, limit)

    def wait_from(self, position: int) -> int:
        """Puts every link from this position on back among the waiting; returns how many were not there."""
        return self._run(
            "INSERT OR IGNORE INTO waiting SELECT position FROM events WHERE position >= ?", position
        ).rowcount

    def release_up_to(self, position: int) -> list[StoredEvent]:
        """Takes the links up to a position from the waiting and returns them."""
        freed = self._events("JOIN waiting USING (position) WHERE position <= ? ORDER BY position", position)
        self._run("DELETE FROM waiting WHERE position <= ?", position)
        return freed

    def at(self, epoch: int, seq: int) -> StoredEvent | None:
        """The link with this number."""
        return _one(self._events("WHERE epoch = ? AND seq = ?", epoch, seq))

    def with_uuid(self, uuid: bytes) -> StoredEvent | None:
        """The link of this happening."""
        return _one(self._events("WHERE uuid = ?", uuid))

    def next_after(self, position: int) -> StoredEvent | None:
        """The link that follows a position in the chain."""
        return _one(self._events("WHERE position > ? ORDER BY position LIMIT 1", position))

    def first_links(self) -> list[StoredEvent]:
        """The first link of every epoch, latest epoch first."""
        return self._events("WHERE seq = 0 ORDER BY position DESC")

    def holds(self, head: Head) -> bool:
        """Whether this link stands in the chain or among the superseded ones."""
        for table in ("events", "superseded"):
            query = f"SELECT 1 FROM {table} WHERE epoch = ? AND seq = ? AND hash = ?"  # noqa: S608 - two fixed names
            if self._run(query, head.epoch, head.seq, head.hash).fetchone():
                return True
        return False

    def counts(self) -> tuple[int, int]:
        """How many links there are, and how many of them wait."""
        row = self._run("SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM waiting)").fetchone()
        return int(row[0]), int(row[1])

    def seat(self, session: str, candidate_number: str, seat: str, admitted_at: datetime) -> None:
        """Remembers that a candidate is seated; the first admission counts."""
        row = (session, candidate_number, seat, to_unix_ms(admitted_at))
        self._run("INSERT OR IGNORE INTO seats VALUES (?, ?, ?, ?)", *row)

    def unseat(self, session: str, candidate_number: str) -> None:
        """Forgets an admission that no longer counts."""
        self._run("DELETE FROM seats WHERE session = ? AND candidate_number = ?", session, candidate_number)

    def seated(self, session: SessionId) -> dict[CandidateNumber, datetime]:
        """Who is seated in a sitting, and since when (UTC)."""
        rows = self._run("SELECT candidate_number, admitted_at_ms FROM seats WHERE session = ?", session)
        return {CandidateNumber(number): from_unix_ms(since) for number, since in rows}

    def _events(self, condition: str, *values: object) -> list[StoredEvent]:
        columns = "position, epoch, seq, uuid, hash, body, signature, evidence, again"
        rows = self._run(f"SELECT {columns} FROM events {condition}", *values)  # noqa: S608 - conditions stand above
        return [
            StoredEvent(
                position=row[0], epoch=row[1], seq=row[2], uuid=row[3], hash=row[4], body=row[5], signature=row[6],
                evidence=row[7], again=bool(row[8]),
            )
            for row in rows
        ]  # fmt: skip

    def _run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self._database.execute(statement, values)


def _one(found: list[StoredEvent]) -> StoredEvent | None:
    return found[0] if found else None


def _row_agrees(stored: StoredEvent, event: ChainEvent) -> bool:
    said = (event.epoch, event.seq, event.uuid, event_hash(stored.body))
    return said == (stored.epoch, stored.seq, stored.uuid, stored.hash)


def _follows(last: StoredEvent | None, event: ChainEvent) -> bool:
    if last is not None and event.epoch == last.epoch:
        return event.seq == last.seq + 1 and event.prev == last.hash
    if event.seq != 0 or (last is not None and event.epoch < last.epoch):
        return False
    return event.epoch > 0 or event.prev == first_prev(0, None)
