"""Which version of the trust list a school has: the counter's value when its content last changed.

One counter for all schools, so that a version never comes twice; a school whose content did not change keeps its own.
"""

from typing import Final

from sqlite_utils import Database

from provisioning.authority.registers.counters import Counter, Counters

_EVERYONE: Final = ""


class TrustListVersions:
    """The rows of one open register. Callers hold the transaction."""

    def __init__(self, database: Database, counters: Counters) -> None:
        self._database = database
        self._counters = counters

    def of(self, school_id: str) -> int:
        """The school's present version."""
        row = self._database.execute(
            "SELECT max(version) FROM trust_list_versions WHERE school_id IN (?, ?)", [school_id, _EVERYONE]
        ).fetchone()
        return int(row[0] or 0)

    def raise_for(self, school_id: str) -> None:
        """Something in this school's list changed."""
        version = self._counters.next(Counter.TRUST_LIST)
        self._database.execute("INSERT OR REPLACE INTO trust_list_versions VALUES (?, ?)", [school_id, version])

    def raise_for_everyone(self) -> None:
        """Something that stands in every list changed: a revocation, an exam, a key."""
        self.raise_for(_EVERYONE)
