"""The public chain keys (Ed25519) that any box ever had: no second box may have one of them."""

from sqlite_utils import Database

from models.identifiers import BoxId


class ChainKeys:
    """The rows of one open register. Callers hold the transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def holder(self, key_hash: bytes) -> BoxId | None:
        """Whose key it is."""
        row = self._database.execute("SELECT holder FROM chain_keys WHERE key_hash = ?", [key_hash]).fetchone()
        return None if row is None else BoxId(row[0])

    def add(self, key_hash: bytes, holder: BoxId) -> None:
        """It is this box's from now on."""
        self._database.execute("INSERT INTO chain_keys VALUES (?, ?)", [key_hash, holder])
