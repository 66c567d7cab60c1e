"""Opens the measurement store: durable like central's own, brought to its newest schema. Not here: what it holds."""

from pathlib import Path
from typing import Final

from central.database import Database
from central.upgrade import upgrade_database

WRITER_SETTINGS: Final = ("cache_size=-65536", "wal_autocheckpoint=16384")
"""The writer's connection holds 64 MB of pages, and copies them into the file when 64 MB of log are full.

With SQLite's 2 MB and 4 MB a commit of a thousand devices reads, spills and copies the same pages again and again: half
of the program's work. What is committed is as durable as before: it is in the log.
"""

STEPS: Final = Path(__file__).parent.parent / "measuring_migrations"
"""The history of the measurement store."""


def open_measurements(address: str) -> Database:
    """The store at this SQLAlchemy address, open and with every table. Raises StorageError."""
    database = Database(address)
    database.start()
    upgrade_database(database, STEPS)
    return database
