"""The tables of the telemetry store, and every statement that touches them. Callers hold the transaction.

A row has a `position` (the order in which it came) and, once it has travelled, a `seq`: numbers are given when rows are
sent, so that the newest may go first and what was dropped for want of space leaves no hole. Not here: the rules
(`telemetry_store`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

import msgspec
from sqlite_utils import Database

from models.durable_database import StoreDamagedError, immediate
from models.telemetry import Alert, CommandRow, DeviceWord, Found, Gap, MinuteValues, RawValues, Row

_TABLES: Final = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS life (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), epoch INTEGER NOT NULL,
    numbered INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS rows (position INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER UNIQUE,
    rank INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS rows_unsent ON rows (rank, position) WHERE seq IS NULL;
CREATE TABLE IF NOT EXISTS open_alerts (device TEXT NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (device, kind));
CREATE TABLE IF NOT EXISTS rule_days (rule TEXT NOT NULL, day TEXT NOT NULL, PRIMARY KEY (rule, day));
COMMIT;
"""
_KEPT_RULE_DAYS: Final = 2000
_decoder: Final[msgspec.json.Decoder[Row]] = msgspec.json.Decoder(Row)


class Rank(IntEnum):
    """What goes last when space runs out, and travels first."""

    GAP = -1
    """Never dropped: there is one at most that has not travelled."""
    KEPT = 0
    """Alerts and audit rows of commands."""
    WORD = 1
    MINUTE = 2
    FOUND = 3
    """What strangers say of themselves: whoever it is, it displaces nothing of the room's."""
    RAW = 4
    """Readings that somebody wanted to watch; their minutes are told as always."""


def rank_of(row: Row) -> Rank:
    """The rank of a row."""
    match row:
        case MinuteValues():
            return Rank.MINUTE
        case RawValues():
            return Rank.RAW
        case DeviceWord():
            return Rank.WORD
        case Found():
            return Rank.FOUND
        case Gap():
            return Rank.GAP
        case _:
            return Rank.KEPT


def span_of(row: Row) -> tuple[datetime, datetime]:
    """The first and last instant of which a row tells."""
    match row:
        case Gap(since=since, until=until):
            return since, until
        case MinuteValues(minute=minute):
            return minute, minute
        case RawValues(values=values):
            return min(one.at for one in values), max(one.at for one in values)
        case Alert(began_at=began_at, ended_at=ended_at):
            return began_at, ended_at or began_at
        case CommandRow(finished_at=finished_at):
            return finished_at, finished_at
        case _:
            return row.at, row.at


def gap_of(rows: Iterable[Row]) -> Gap | None:
    """What these rows told of, when they are gone; gaps among them count as much as they say."""
    spans, count = [], 0
    for row in rows:
        spans.append(span_of(row))
        count += row.count if isinstance(row, Gap) else 1
    if not spans:
        return None
    return Gap(count=count, since=min(first for first, _ in spans), until=max(last for _, last in spans))


class StoredRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that has a number; `body` is its JSON."""

    seq: int
    body: bytes


class TelemetryTables:
    """The rows of one open database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def prepare(self, epoch: int) -> None:
        """Creates missing tables; a new file begins this epoch. Raises StoreDamagedError when rows lack numbers."""
        self._database.executescript(_TABLES)
        with immediate(self._database):
            self._run("INSERT OR IGNORE INTO life VALUES (1, ?, 0)", epoch)
        lowest, highest, count = self._run("SELECT min(seq), max(seq), count(seq) FROM rows").fetchone()
        _, numbered = self.life()
        if count and (highest - lowest + 1 != count or highest != numbered):
            raise StoreDamagedError("The telemetry store is damaged: its numbers have holes.")

    def life(self) -> tuple[int, int]:
        """The epoch, and the last number that was given."""
        epoch, numbered = self._run("SELECT epoch, numbered FROM life").fetchone()
        return int(epoch), int(numbered)

    def begin_epoch(self, epoch: int) -> None:
        """All numbers are taken back; they begin again at 1."""
        self._run("UPDATE life SET epoch = ?, numbered = 0", epoch)
        self._run("UPDATE rows SET seq = NULL WHERE seq IS NOT NULL")

    def size(self) -> int:
        """Bytes of all rows together."""
        return int(self._run("SELECT coalesce(sum(length(body)), 0) FROM rows").fetchone()[0])

    def add(self, rows: Sequence[tuple[Row, bytes]]) -> None:
        """Appends rows with their JSON; an alert among them opens or closes."""
        self._database.conn.executemany(
            "INSERT INTO rows (rank, body) VALUES (?, ?)", [(rank_of(row), body) for row, body in rows]
        )
        for row, body in rows:
            if isinstance(row, Alert) and row.ended_at is None:
                self._run("INSERT OR REPLACE INTO open_alerts VALUES (?, ?, ?)", row.device, row.kind, body)
            elif isinstance(row, Alert):
                self._run("DELETE FROM open_alerts WHERE device = ? AND kind = ?", row.device, row.kind)

    def evict(self, wanted: int) -> int:
        """Drops what never travelled until so many bytes are free: raw readings, finds, minutes, words, then the rest.

        One `Gap` row tells of all that went and is not sent yet. Returns how many bytes are free now (or fewer).
        """
        gone: list[tuple[int, bytes]] = []
        freed = 0
        query = "SELECT position, body FROM rows WHERE seq IS NULL AND rank >= 0 ORDER BY rank DESC, position"
        for position, body in self._run(query):
            if freed >= wanted:
                break
            gone.append((position, body))
            freed += len(body)
        gap = gap_of(_decoder.decode(body) for _, body in gone)
        if gap is None:
            return 0
        self._database.conn.executemany("DELETE FROM rows WHERE position = ?", [(position,) for position, _ in gone])
        return freed - self.add_gap(gap)

    def add_gap(self, gap: Gap) -> int:
        """Joins what is missing to the gap that has not travelled yet; returns how many bytes more that takes."""
        query = "SELECT body FROM rows WHERE seq IS NULL AND rank = ?"
        former = [body for (body,) in self._run(query, Rank.GAP)]
        whole = gap_of([gap, *(_decoder.decode(body) for body in former)]) or gap
        self._run("DELETE FROM rows WHERE seq IS NULL AND rank = ?", Rank.GAP)
        body = msgspec.json.encode(whole)
        self.add([(whole, body)])
        return len(body) - sum(len(one) for one in former)

    def last_position(self) -> int:
        """The newest row's position, 0 for none."""
        return int(self._run("SELECT coalesce(max(position), 0) FROM rows").fetchone()[0])

    def number_next(self, live_after: int, most_history: int, most: int, most_bytes: int) -> int:
        """Gives numbers to the rows that travel next; returns how many of them are history.

        First what is kept longest, then what came after position `live_after`, then at most `most_history` older rows.
        """
        first = self._unsent("rank <= 0", most)
        live = self._unsent("rank > 0 AND position > ?", most - len(first), live_after)
        room = most - len(first) - len(live)
        older = self._unsent("rank > 0 AND position <= ?", min(room, most_history), live_after)
        chosen: list[int] = []
        for position, size in [*first, *live, *older]:
            most_bytes -= size + 1
            if most_bytes < 0 and chosen:
                break
            chosen.append(position)
        _, numbered = self.life()
        given = [(numbered + place, position) for place, position in enumerate(chosen, 1)]
        self._database.conn.executemany("UPDATE rows SET seq = ? WHERE position = ?", given)
        self._run("UPDATE life SET numbered = ?", numbered + len(chosen))
        return max(0, len(chosen) - len(first) - len(live))

    def _unsent(self, condition: str, limit: int, *values: int) -> list[tuple[int, int]]:
        query = f"SELECT position, length(body) FROM rows WHERE seq IS NULL AND {condition} ORDER BY position LIMIT ?"  # noqa: S608 - three fixed conditions
        return list(self._run(query, *values, max(0, limit)))

    def numbered_after(self, seq: int, limit: int) -> list[StoredRow]:
        """Rows with numbers above `seq`, in order."""
        rows = self._run("SELECT seq, body FROM rows WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)
        return [StoredRow(seq=row[0], body=row[1]) for row in rows]

    def lowest_numbered(self) -> int | None:
        """The oldest number that is still held."""
        found = self._run("SELECT min(seq) FROM rows").fetchone()[0]
        return None if found is None else int(found)

    def forget_up_to(self, seq: int) -> int:
        """Deletes the rows that central holds; returns their bytes."""
        size = self._run("SELECT coalesce(sum(length(body)), 0) FROM rows WHERE seq <= ?", seq).fetchone()[0]
        self._run("DELETE FROM rows WHERE seq <= ?", seq)
        return int(size)

    def waiting(self) -> int:
        """How many rows there are."""
        return int(self._run("SELECT count(*) FROM rows").fetchone()[0])

    def open_alerts(self) -> list[Alert]:
        """The alerts that have begun and not ended."""
        bodies = [row[0] for row in self._run("SELECT body FROM open_alerts ORDER BY device, kind")]
        return [msgspec.json.decode(body, type=Alert) for body in bodies]

    def note_rule(self, rule_id: str, day: str) -> bool:
        """Notes that a rule fired on a day of the school's calendar; False when that is known already."""
        new: bool = self._run("INSERT OR IGNORE INTO rule_days VALUES (?, ?)", rule_id, day).rowcount == 1
        self._run("DELETE FROM rule_days WHERE rowid <= (SELECT max(rowid) FROM rule_days) - ?", _KEPT_RULE_DAYS)
        return new

    def _run(self, statement: str, *values: Any) -> Any:
        return self._database.execute(statement, values)
