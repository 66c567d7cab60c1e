"""Opens the measurement store: durable like central's own, brought to its newest schema. Not here: what it holds."""

from pathlib import Path
from typing import Final

from central.database import Database
from central.upgrade import upgrade_database

STEPS: Final = Path(__file__).parent.parent / "measuring_migrations"
"""The history of the measurement store."""


def open_measurements(address: str) -> Database:
    """The store at this SQLAlchemy address, open and with every table. Raises StorageError."""
    database = Database(address)
    database.start()
    upgrade_database(database, STEPS)
    return database
