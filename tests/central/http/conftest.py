"""A centre with one sitting and its web application."""

import pytest

from central.database import Database
from tests.builders.centre import Centre
from tests.builders.front_desk import Reception


@pytest.fixture
def reception(sqlite_store: Database, sqlite_measurements: Database) -> Reception:
    centre = Centre(sqlite_store)
    centre.seat()
    return Reception(centre, measurements=sqlite_measurements)
