"""The store: durable settings proven, schema whole or absent, failed transactions leave nothing."""

import os
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from central.database import Database, NotDurableError, StoreFailedError
from central.registers import audit_log
from central.schema import whole_schema
from central.upgrade import current_revision, run_missing_steps, upgrade_database
from models.clock import from_unix_ms
from models.errors import StorageError

_AT = from_unix_ms(1_790_000_000_123)


# Alembic reads no expression out of SQLite; that label indexes are used there is tried in test_loans_and_sightings.py.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_steps_make_exactly_the_tables_that_the_registers_declare(store: Database) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, whole_schema()) == []


def test_upgrading_twice_changes_nothing(store: Database) -> None:
    before = upgrade_database(store)
    assert upgrade_database(store) == before != "empty"


class _PowerCutError(Exception):
    pass


def _upgrade_and_lose_power(database: Database) -> None:
    with database.writing() as connection:
        run_missing_steps(connection)
        raise _PowerCutError


def test_an_upgrade_that_breaks_off_leaves_no_table(empty_store: Database) -> None:
    with pytest.raises(_PowerCutError):
        _upgrade_and_lose_power(empty_store)
    with empty_store.reading() as connection:
        assert current_revision(connection) == "empty"
        assert connection.dialect.has_table(connection, "audit_log") is False


def test_instants_come_back_as_they_went(store: Database) -> None:
    with store.writing() as connection:
        audit_log.write(connection, at=_AT, actor="test", action="looked", subject="clock", count=1)
    with store.reading() as connection:
        row = audit_log.newest(connection)[0]
    assert row.at == _AT
    assert row.details == '{"count":1}'


@pytest.mark.parametrize("table", ["audit_log", "event_log"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET id = 7", "DELETE FROM {}"])
def test_append_only_tables_refuse_changes(store: Database, table: str, deed: str) -> None:
    with store.writing() as connection:
        _fill(connection, table)
    with pytest.raises((StorageError, DBAPIError)), store.writing() as connection:
        connection.execute(text(deed.format(table)))
    with store.reading() as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1  # noqa: S608 names of our own


def _fill(connection: Connection, table: str) -> None:
    if table == "audit_log":
        audit_log.write(connection, at=_AT, actor="test", action="looked", subject="row")
        return
    connection.execute(
        text(
            "INSERT INTO event_log (box_id, epoch, seq, hash, uuid, again, kind, event, signature, received_at) "
            "VALUES ('b', 0, 0, :bytes, :bytes, false, 'k', :bytes, :bytes, 1)"
        ),
        {"bytes": b"x"},
    )


def test_sqlite_cannot_replace_an_audit_row_either(sqlite_store: Database) -> None:
    with sqlite_store.writing() as connection:
        audit_log.write(connection, at=_AT, actor="test", action="looked", subject="row")
    with pytest.raises((StorageError, DBAPIError)), sqlite_store.writing() as connection:
        connection.execute(text("INSERT OR REPLACE INTO audit_log VALUES (1, 1, 'x', 'x', 'x', '{}')"))


def test_every_sqlite_connection_is_wal_and_fully_synchronous(sqlite_store: Database) -> None:
    for _ in range(3):
        with sqlite_store.reading() as connection:
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
            assert connection.execute(text("PRAGMA secure_delete")).scalar() == 1
        sqlite_store.engine.dispose()


def test_a_sqlite_store_is_made_readable_by_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    database = Database(f"sqlite:///{tmp_path / 'central.db'}")
    try:
        database.start()
        upgrade_database(database)
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        database.stop()
        os.umask(before)
    assert modes == dict.fromkeys(("central.db", "central.db-wal", "central.db-shm"), 0o600)


def test_a_store_in_a_missing_folder_is_an_error_with_a_name(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'central.db'}")
    with pytest.raises(StoreFailedError):
        database.start()
    database.stop()


def test_a_store_that_cannot_do_wal_is_refused() -> None:
    memory = Database("sqlite:///:memory:")
    with pytest.raises(NotDurableError):
        memory.start()
    memory.stop()


def _write_more_than_fits(database: Database) -> None:
    with database.writing() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        for number in range(1000):
            audit_log.write(connection, at=_AT, actor="test", action="x" * 500, subject=str(number))


def test_a_full_disk_is_named_and_leaves_nothing_behind(sqlite_store: Database) -> None:
    with sqlite_store.writing() as connection:
        audit_log.write(connection, at=_AT, actor="test", action="looked", subject="before")
    with pytest.raises(StoreFailedError, match="free disk space"):
        _write_more_than_fits(sqlite_store)
    with sqlite_store.reading() as connection:
        assert [row.subject for row in audit_log.newest(connection)] == ["before"]


def test_a_damaged_file_is_noticed_when_the_store_is_reopened(tmp_path: Path) -> None:
    file = tmp_path / "central.db"
    database = Database(f"sqlite:///{file}")
    database.start()
    upgrade_database(database)
    with database.writing() as connection:
        for number in range(200):
            audit_log.write(connection, at=_AT, actor="test", action="x" * 200, subject=str(number))
    database.stop()
    with sqlite3.connect(file) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    content = bytearray(file.read_bytes())
    content[-9000:-1000] = bytes(8000)
    file.write_bytes(content)
    database.start()
    with pytest.raises(StoreFailedError):
        database.reopen()
    database.stop()
