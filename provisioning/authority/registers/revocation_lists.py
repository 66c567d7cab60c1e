"""The newest signed revocation list, and which one each broker's keeper reported as installed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from sqlite_utils import Database

from models.clock import from_unix_ms, to_unix_ms
from models.identifiers import BoxId

REFUSED_TABLE: Final = """CREATE TABLE broker_refusals (keeper TEXT NOT NULL, reason TEXT NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (keeper, reason)) WITHOUT ROWID"""
_INSTALLED_BY: Final = "SELECT number, next_update, installed_at FROM installed_lists WHERE keeper = ?"
_WORST_INSTALLED: Final = (
    "SELECT number, next_update, installed_at FROM installed_lists ORDER BY next_update, number LIMIT 1"
)


class RevocationList(msgspec.Struct, frozen=True, kw_only=True):
    """A signed list (X.509 CRL, PEM)."""

    number: int
    made_at: datetime
    next_update: datetime
    pem: bytes


ENDED_TABLE: Final = """CREATE TABLE ended_sessions (keeper TEXT NOT NULL, box_id TEXT NOT NULL,
    PRIMARY KEY (keeper, box_id)) WITHOUT ROWID"""

HOST_TABLE: Final = "ALTER TABLE installed_lists ADD COLUMN host BLOB"


class BrokerHost(msgspec.Struct, frozen=True, kw_only=True):
    """What a keeper told of its broker last; `keeper_good_until` is the end of the keeper's own certificate."""

    keeper_good_until: datetime | None = None
    served_good_until: datetime | None = None
    rights_checked_at: datetime | None = None
    rights_wrong: int = 0
    foreign_filters: dict[str, datetime] = {}


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
            "INSERT INTO installed_lists (keeper, number, next_update, installed_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (keeper) DO UPDATE SET number = excluded.number, next_update = excluded.next_update,"
            " installed_at = excluded.installed_at",
            [keeper, installed.number, to_unix_ms(installed.next_update), to_unix_ms(installed.installed_at)],
        )

    def note_host(self, keeper: str, host: BrokerHost) -> None:
        """How a keeper that told its list found its broker."""
        self._database.execute(
            "UPDATE installed_lists SET host = ? WHERE keeper = ?", [msgspec.json.encode(host), keeper]
        )

    def hosts(self) -> dict[str, BrokerHost]:
        """How every keeper found its broker, by the keeper's name."""
        rows = self._database.execute("SELECT keeper, host FROM installed_lists ORDER BY keeper")
        return {
            str(keeper): BrokerHost() if host is None else msgspec.json.decode(host, type=BrokerHost)
            for keeper, host in rows
        }

    def installed_by(self, keeper: str) -> InstalledList | None:
        """What a keeper told last."""
        return _installed(self._database.execute(_INSTALLED_BY, [keeper]).fetchone())

    def forget_keeper(self, keeper: str) -> None:
        """Its broker is watched no more."""
        self._database.execute("DELETE FROM installed_lists WHERE keeper = ?", [keeper])
        self._database.execute("DELETE FROM broker_refusals WHERE keeper = ?", [keeper])

    def is_first_end(self, keeper: str, box_id: BoxId) -> bool:
        """Whether the keeper never told before that it ended the sessions of this box; from now on it has."""
        added = self._database.execute("INSERT OR IGNORE INTO ended_sessions VALUES (?, ?)", [keeper, box_id])
        return bool(added.rowcount)

    def note_refused(self, keeper: str, counts: Mapping[str, int]) -> None:
        """The connections that a keeper's broker has refused since the keeper's first start, by reason."""
        self._database.execute("DELETE FROM broker_refusals WHERE keeper = ?", [keeper])
        for reason, count in counts.items():
            self._database.execute("INSERT INTO broker_refusals VALUES (?, ?, ?)", [keeper, reason, count])

    def refused(self) -> dict[str, int]:
        """The refused connections at all brokers, by reason."""
        rows = self._database.execute("SELECT reason, sum(count) FROM broker_refusals GROUP BY reason ORDER BY reason")
        return {str(reason): int(count) for reason, count in rows}

    def oldest_installed(self) -> InstalledList | None:
        """The worst of all brokers: the one whose list runs out first."""
        return _installed(self._database.execute(_WORST_INSTALLED).fetchone())


def _installed(row: tuple[int, int, int] | None) -> InstalledList | None:
    if row is None:
        return None
    return InstalledList(number=row[0], next_update=from_unix_ms(row[1]), installed_at=from_unix_ms(row[2]))
