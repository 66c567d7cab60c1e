"""Who did what to which box, on which day and why. Rows are only ever added: triggers refuse change and removal."""

from datetime import datetime

import msgspec
from sqlite_utils import Database

from models.clock import from_unix_ms, to_unix_ms
from models.fleet import AuditEntry


class AuditLog:
    """The rows of one open register. Callers hold the transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, *, at: datetime, actor: str, action: str, subject: str, reason: str = "", **details: str) -> None:
        """Adds a row. `details` hold no secret and no word about a person."""
        words = msgspec.json.encode(details, order="sorted").decode()
        self._database.execute(
            "INSERT INTO audit_log (at, actor, action, subject, reason, details) VALUES (?,?,?,?,?,?)",
            [to_unix_ms(at), actor[:200], action, subject[:200], reason[:600], words],
        )

    def after(self, number: int, limit: int) -> tuple[AuditEntry, ...]:
        """Later rows in order."""
        rows = self._database.execute(
            "SELECT number, at, actor, action, subject, reason, details FROM audit_log WHERE number > ?"
            " ORDER BY number LIMIT ?",
            [number, limit],
        )
        return tuple(
            AuditEntry(
                number=row[0], at=from_unix_ms(row[1]), actor=row[2], action=row[3], subject=row[4], reason=row[5],
                details=msgspec.json.decode(row[6], type=dict[str, str]),
            )
            for row in rows
        )  # fmt: skip

    def last(self) -> int:
        """The number of the newest row, 0 while there is none."""
        return int(self._database.execute("SELECT coalesce(max(number), 0) FROM audit_log").fetchone()[0])
