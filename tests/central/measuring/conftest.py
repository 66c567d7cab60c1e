"""Measurement stores for tests: the same tests run on SQLite and on a real PostgreSQL."""

import pytest

from central.database import Database
from central.measuring.store import STEPS
from central.upgrade import upgrade_database


@pytest.fixture
def measurements(empty_store: Database) -> Database:
    """A measurement store with every table and no row, on each kind of database."""
    upgrade_database(empty_store, STEPS)
    return empty_store
