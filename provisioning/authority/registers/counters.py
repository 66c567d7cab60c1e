"""Numbers that only rise: changes of boxes, versions of trust lists, numbers of revocation lists.

Beside them two that are only compared: the fingerprint of the keys in every trust list, and when the register was last
put back from a backup (milliseconds since 1970 UTC).
"""

from enum import StrEnum

from sqlite_utils import Database


class Counter(StrEnum):
    """What is counted."""

    CHANGE = "change"
    TRUST_LIST = "trust list"
    REVOCATION_LIST = "revocation list"
    TRUSTED_KEYS = "trusted keys"
    RESTORED_AT = "restored at"


class Counters:
    """The rows of one open register. Callers hold the transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def next(self, counter: Counter) -> int:
        """One more than ever before."""
        row = self._database.execute(
            "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            [counter],
        ).fetchone()
        return int(row[0])

    def last(self, counter: Counter) -> int:
        """The highest so far, 0 before the first."""
        row = self._database.execute("SELECT value FROM counters WHERE name = ?", [counter]).fetchone()
        return 0 if row is None else int(row[0])

    def put(self, counter: Counter, value: int) -> None:
        """Sets a number that is only compared."""
        self._database.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", [counter, value])
