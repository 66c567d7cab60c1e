"""Measurement stores for tests: the same tests run on SQLite and on a real PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.database import Database
from central.measuring.store import STEPS
from central.upgrade import upgrade_database
from tests.builders.measuring_house import MeasuringHouse


@pytest.fixture
def measurements(empty_store: Database) -> Database:
    """A measurement store with every table and no row, on each kind of database."""
    upgrade_database(empty_store, STEPS)
    return empty_store


@pytest.fixture
def house(measurements: Database, made_store: Path, tmp_path: Path) -> Iterator[MeasuringHouse]:
    """The measuring side of central; its measurement store is SQLite or PostgreSQL in turn."""
    shutil.copy(made_store, tmp_path / "registers.db")
    registers = Database(f"sqlite:///{tmp_path / 'registers.db'}")
    registers.start()
    yield MeasuringHouse(registers, measurements)
    registers.stop()
