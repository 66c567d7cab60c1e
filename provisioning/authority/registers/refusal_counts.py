"""How often each refusal was said since the first start."""

from sqlite_utils import Database

from models.enrollment import RefusalCode


class RefusalCounts:
    """The rows of one open register. Callers hold the transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, code: RefusalCode, count: int) -> None:
        """So many more."""
        self._database.execute(
            "INSERT INTO refusals VALUES (?, ?) ON CONFLICT (code) DO UPDATE SET count = count + excluded.count",
            [code, count],
        )

    def all(self) -> dict[str, int]:
        """Counts by code."""
        return {row[0]: int(row[1]) for row in self._database.execute("SELECT code, count FROM refusals ORDER BY code")}
