"""What each box said last about itself (`models.enrollment.BoxReport`)."""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlite_utils import Database

from models.clock import from_unix_ms, to_unix_ms
from models.enrollment import BoxReport
from models.identifiers import BoxId

OUTCOMES_TABLE: Final = """CREATE TABLE told_updates (box_id TEXT NOT NULL, target TEXT NOT NULL,
    outcome TEXT NOT NULL, told_at INTEGER NOT NULL, PRIMARY KEY (box_id, target, outcome)) WITHOUT ROWID"""

MOST_OUTCOMES_A_DAY: Final = 20
"""More than a box can come to in a day; the audit log is for ever."""


class LastReport(msgspec.Struct, frozen=True, kw_only=True):
    """A box's words and when they were written down."""

    report: BoxReport
    reported_at: datetime


class Reports:
    """The rows of one open register. Callers hold the transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self, box_id: BoxId) -> LastReport | None:
        """The newest report of a box."""
        row = self._database.execute("SELECT reported_at, body FROM reports WHERE box_id = ?", [box_id]).fetchone()
        if row is None:
            return None
        return LastReport(report=msgspec.json.decode(row[1], type=BoxReport), reported_at=from_unix_ms(row[0]))

    def keep(self, box_id: BoxId, report: BoxReport, now: datetime) -> None:
        """Replaces the box's last report."""
        self._database.execute(
            "INSERT OR REPLACE INTO reports VALUES (?, ?, ?)", [box_id, to_unix_ms(now), msgspec.json.encode(report)]
        )

    def is_news(self, box_id: BoxId, target: str, outcome: str, now: datetime) -> bool:
        """Whether the box never said before that an update came to this; from now on it has."""
        today = self._database.execute(
            "SELECT count(*) FROM told_updates WHERE box_id = ? AND told_at > ?",
            [box_id, to_unix_ms(now - timedelta(days=1))],
        ).fetchone()
        if today[0] >= MOST_OUTCOMES_A_DAY:
            return False
        return bool(
            self._database.execute(
                "INSERT OR IGNORE INTO told_updates VALUES (?, ?, ?, ?)", [box_id, target, outcome, to_unix_ms(now)]
            ).rowcount
        )
