"""Stores for central's tests: the same tests run on SQLite and on a real PostgreSQL."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from central.database import Database
from central.measuring.store import open_measurements
from central.upgrade import upgrade_database
from tests.builders.needed_programs import need
from tests.builders.private_postgres import private_postgres, programs


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    need("PostgreSQL", programs())
    with private_postgres() as url:
        yield url


def _sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'central.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A store without any table, on each kind of database."""
    if request.param == "sqlite":
        url = _sqlite(tmp_path)
    else:
        server: str = request.getfixturevalue("postgres_url")
        name = f"t{uuid.uuid4().hex}"
        first = create_engine(server.format(database="postgres"), isolation_level="AUTOCOMMIT")
        with first.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        first.dispose()
        url = server.format(database=name)
    database = Database(url)
    database.start()
    yield database
    database.stop()


@pytest.fixture
def store(empty_store: Database) -> Database:
    """A store with every table, on each kind of database."""
    upgrade_database(empty_store)
    return empty_store


@pytest.fixture(scope="session")
def made_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and no row, to be copied."""
    folder = tmp_path_factory.mktemp("made")
    database = Database(_sqlite(folder))
    database.start()
    upgrade_database(database)
    database.stop()
    return folder / "central.db"


@pytest.fixture
def sqlite_store(made_store: Path, tmp_path: Path) -> Iterator[Database]:
    """A SQLite store with every table, for tests that do not turn on the database."""
    shutil.copy(made_store, tmp_path / "central.db")
    database = Database(_sqlite(tmp_path))
    database.start()
    yield database
    database.stop()


@pytest.fixture(scope="session")
def made_measurements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite measurement store with every table and no row, to be copied."""
    folder = tmp_path_factory.mktemp("measured")
    open_measurements(_sqlite(folder)).stop()
    return folder / "central.db"


@pytest.fixture
def sqlite_measurements(made_measurements: Path, tmp_path: Path) -> Iterator[Database]:
    """A SQLite measurement store with every table."""
    shutil.copy(made_measurements, tmp_path / "measurements.db")
    database = Database(f"sqlite:///{tmp_path / 'measurements.db'}")
    database.start()
    yield database
    database.stop()
