"""Bring a store to the newest schema, wholly or not at all."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from central.database import Database

STEPS: Final = Path(__file__).parent / "migrations"
"""The history of central's own store."""

_ONE_UPGRADE_AT_A_TIME = 0x5C1A55
"""The number of the advisory lock that keeps two starting programs apart on PostgreSQL."""


def upgrade_database(database: Database, steps: Path = STEPS) -> str:
    """Run the missing steps of a history in one transaction; returns the revision that the store now has."""
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ONE_UPGRADE_AT_A_TIME})
        run_missing_steps(connection, steps)
        return current_revision(connection)


def run_missing_steps(connection: Connection, steps: Path = STEPS) -> None:
    """The steps alone, inside the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(steps))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def current_revision(connection: Connection) -> str:
    """The revision that the store has, or "empty"."""
    return MigrationContext.configure(connection).get_current_revision() or "empty"
