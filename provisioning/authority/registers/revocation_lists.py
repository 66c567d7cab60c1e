"""The newest signed revocation list, and which one each broker's keeper reported as installed."""

from datetime import datetime

import msgspec
from sqlite_utils import Database

from models.clock import from_unix_ms, to_unix_ms


class RevocationList(msgspec.Struct, frozen=True, kw_only=True):
    """A signed list (X.509 CRL, PEM)."""

    number: int
    made_at: datetime
    next_update: datetime
    pem: bytes


class InstalledList(msgspec.Struct, frozen=True, kw_only=True):
    """What a broker works with, by its keeper's word."""

    number: int
    next_update: datetime
    installed_at: datetime


class RevocationLists:
    """The rows of one open register. Callers hold the transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self) -> RevocationList | None:
        """The newest list."""
        row = self._database.execute("SELECT number, made_at, next_update, pem FROM revocation_list").fetchone()
        if row is None:
            return None
        return RevocationList(number=row[0], made_at=from_unix_ms(row[1]), next_update=from_unix_ms(row[2]), pem=row[3])

    def keep(self, made: RevocationList) -> None:
        """It is the newest from now on."""
        self._database.execute(
            "INSERT OR REPLACE INTO revocation_list VALUES (1, ?, ?, ?, ?)",
            [made.number, to_unix_ms(made.made_at), to_unix_ms(made.next_update), made.pem],
        )

    def note_installed(self, keeper: str, installed: InstalledList) -> None:
        """A keeper's newest word."""
        self._database.execute(
            "INSERT OR REPLACE INTO installed_lists VALUES (?, ?, ?, ?)",
            [keeper, installed.number, to_unix_ms(installed.next_update), to_unix_ms(installed.installed_at)],
        )

    def oldest_installed(self) -> InstalledList | None:
        """The worst of all brokers: the one whose list runs out first."""
        row = self._database.execute(
            "SELECT number, next_update, installed_at FROM installed_lists ORDER BY next_update, number LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        return InstalledList(number=row[0], next_update=from_unix_ms(row[1]), installed_at=from_unix_ms(row[2]))
