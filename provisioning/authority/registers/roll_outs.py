"""Roll-outs and what became of them on each box. Not here: who gets what and when it stops (`roll_outs`)."""

from datetime import datetime
from typing import Final

import msgspec
from sqlite_utils import Database

from models.clock import from_unix_ms, to_unix_ms
from models.identifiers import BoxId
from models.roll_outs import FailedBox, Pace, ReleaseKind, RollOutGroup, RollOutState

TABLES: Final = (
    """CREATE TABLE roll_outs (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, target TEXT NOT NULL,
        groups TEXT NOT NULL, pace TEXT NOT NULL, state TEXT NOT NULL, open_groups INTEGER NOT NULL,
        started_at INTEGER NOT NULL, started_by TEXT NOT NULL, reason TEXT NOT NULL, changed_at INTEGER NOT NULL,
        note TEXT NOT NULL)""",
    """CREATE TABLE roll_out_boxes (number INTEGER NOT NULL REFERENCES roll_outs (number), box_id TEXT NOT NULL,
        outcome TEXT NOT NULL, sentence TEXT NOT NULL, told_at INTEGER NOT NULL,
        PRIMARY KEY (number, box_id)) WITHOUT ROWID""",
)

_ROLL_OUTS: Final = (
    "SELECT number, kind, target, groups, pace, state, open_groups, started_at, started_by, reason, changed_at, note"
    " FROM roll_outs"
)


class RollOutRow(msgspec.Struct, frozen=True, kw_only=True):
    """A roll-out as its row says. The first `open_groups` groups get the release."""

    number: int
    kind: ReleaseKind
    target: str
    groups: tuple[RollOutGroup, ...]
    pace: Pace
    state: RollOutState
    open_groups: int
    started_at: datetime
    started_by: str
    reason: str
    changed_at: datetime
    note: str


class RollOutRegister:
    """The rows of one open register. Callers hold the transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, *, kind: ReleaseKind, target: str, groups: tuple[RollOutGroup, ...], pace: Pace, actor: str, reason: str,
        now: datetime,
    ) -> int:  # fmt: skip
        """A new roll-out with its first group open; its number."""
        at = to_unix_ms(now)
        written = msgspec.json.encode(groups).decode()
        cursor = self._database.execute(
            "INSERT INTO roll_outs (kind, target, groups, pace, state, open_groups, started_at, started_by, reason,"
            " changed_at, note) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, '')",
            [kind, target, written, pace, RollOutState.RUNNING, at, actor, reason, at],
        )
        return int(cursor.lastrowid or 0)

    def find(self, number: int) -> RollOutRow | None:
        """The roll-out of this number."""
        found = self._select(_ROLL_OUTS + " WHERE number = ?", number)
        return found[0] if found else None

    def newest(self, limit: int) -> list[RollOutRow]:
        """Newest first."""
        return self._select(_ROLL_OUTS + " ORDER BY number DESC LIMIT ?", limit)

    def of_kind(self, kind: ReleaseKind) -> list[RollOutRow]:
        """All of a kind, newest first."""
        return self._select(_ROLL_OUTS + " WHERE kind = ? ORDER BY number DESC", kind)

    def of_target(self, target: str) -> list[RollOutRow]:
        """All of a release, newest first."""
        return self._select(_ROLL_OUTS + " WHERE target = ? ORDER BY number DESC", target)

    def change(self, number: int, state: RollOutState, open_groups: int, note: str, now: datetime) -> None:
        """It stands otherwise now."""
        self._database.execute(
            "UPDATE roll_outs SET state = ?, open_groups = ?, note = ?, changed_at = ? WHERE number = ?",
            [state, open_groups, note, to_unix_ms(now), number],
        )

    def note_outcome(self, number: int, box_id: BoxId, outcome: str, sentence: str, now: datetime) -> None:
        """How it went on a box, in its own words; the last word counts."""
        self._database.execute(
            "INSERT OR REPLACE INTO roll_out_boxes VALUES (?, ?, ?, ?, ?)",
            [number, box_id, outcome, sentence, to_unix_ms(now)],
        )

    def outcomes(self, number: int) -> dict[str, str]:
        """Box → outcome."""
        rows = self._database.execute("SELECT box_id, outcome FROM roll_out_boxes WHERE number = ?", [number])
        return dict(rows.fetchall())

    def outcome(self, number: int, box_id: BoxId) -> str | None:
        """How it went on one box, None before its word."""
        row = self._database.execute(
            "SELECT outcome FROM roll_out_boxes WHERE number = ? AND box_id = ?", [number, box_id]
        ).fetchone()
        return None if row is None else str(row[0])

    def failures(self, number: int, well: str, limit: int) -> tuple[FailedBox, ...]:
        """The boxes whose word was another than `well`, newest first."""
        rows = self._database.execute(
            "SELECT box_id, outcome, sentence FROM roll_out_boxes WHERE number = ? AND outcome <> ?"
            " ORDER BY told_at DESC, box_id LIMIT ?",
            [number, well, limit],
        )
        return tuple(FailedBox(box_id=BoxId(row[0]), outcome=row[1], sentence=row[2]) for row in rows)

    def _select(self, statement: str, *values: object) -> list[RollOutRow]:
        return [_row(row) for row in self._database.execute(statement, list(values))]


def _row(row: tuple[object, ...]) -> RollOutRow:
    number, kind, target, groups, pace, state, open_groups, started_at, started_by, reason, changed_at, note = row
    return msgspec.convert(
        {
            "number": number,
            "kind": kind,
            "target": target,
            "groups": msgspec.json.decode(str(groups)),
            "pace": pace,
            "state": state,
            "open_groups": open_groups,
            "started_at": from_unix_ms(msgspec.convert(started_at, int)),
            "started_by": started_by,
            "reason": reason,
            "changed_at": from_unix_ms(msgspec.convert(changed_at, int)),
            "note": note,
        },
        RollOutRow,
    )
