"""The measurement store: its history leads to the tables that the code knows."""

from datetime import timedelta
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select

from central.database import Database
from central.measuring import tables
from central.measuring.store import open_measurements
from models.equipment import EquipmentKind
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.measured import MeasuredDevice, begin_alert, fill


def test_the_history_leads_to_the_tables_that_the_code_knows(measurements: Database) -> None:
    with measurements.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.measured) == []


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        opened = open_measurements(f"sqlite:///{tmp_path / 'measurements.db'}")
        opened.stop()


def test_a_past_can_be_written_for_pages(measurements: Database) -> None:
    board = MeasuredDevice(device_id="dev-1", room_id="DK-101", metrics=("temperature",))
    tablet = MeasuredDevice(device_id="dev-2", room_id="DK-101", kind=EquipmentKind.TABLET, used=())
    with measurements.writing() as connection:
        fill(connection, [board, tablet], SEVEN_O_CLOCK, days=3)
        begin_alert(connection, board, SEVEN_O_CLOCK - timedelta(hours=1))
    with measurements.reading() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar()
            for table in (tables.latest, tables.device_days, tables.room_days, tables.room_hours, tables.alerts)
        }
    assert counts == {"device_latest": 2, "device_days": 6, "room_days": 6, "room_hours": 9, "alerts": 1}
