"""What each box said last about itself (`models.enrollment.BoxReport`)."""

from datetime import datetime

import msgspec
from sqlite_utils import Database

from models.clock import from_unix_ms, to_unix_ms
from models.enrollment import BoxReport
from models.identifiers import BoxId


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
