"""SQLite is opened so that a commit is on the card, or not at all."""

import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.durable_database import StoreDamagedError, immediate, open_durably, set_aside
from models.errors import StorageError


def answers(connection: sqlite3.Connection) -> tuple[object, ...]:
    names = ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
    return tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)


def test_a_new_file_is_in_wal_with_full_sync_and_only_for_us(tmp_path: Path) -> None:
    database = open_durably(tmp_path / "a.sqlite")
    assert answers(database.conn) == ("wal", 2, 1, 1)
    assert (tmp_path / "a.sqlite").stat().st_mode & 0o777 == 0o600
    database.close()


def test_every_opening_sets_what_the_file_does_not_remember(tmp_path: Path) -> None:
    open_durably(tmp_path / "a.sqlite").close()
    again = open_durably(tmp_path / "a.sqlite")
    assert answers(again.conn) == ("wal", 2, 1, 1)
    again.close()


def test_where_wal_is_impossible_each_commit_syncs_the_directory_too(tmp_path: Path) -> None:
    database = open_durably(tmp_path / "a.sqlite", vfs="unix-dotfile")
    assert answers(database.conn) == ("delete", 3, 1, 1)
    database.close()


def test_a_card_that_takes_no_write_is_found_at_opening(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite-shm").mkdir()
    with pytest.raises(StorageError):
        open_durably(tmp_path / "a.sqlite")


def test_a_transaction_is_whole_or_absent(tmp_path: Path) -> None:
    database = open_durably(tmp_path / "a.sqlite")
    database.execute("CREATE TABLE t (x INTEGER UNIQUE)")
    with suppress(sqlite3.IntegrityError), immediate(database):
        database.execute("INSERT INTO t VALUES (1)")
        database.execute("INSERT INTO t VALUES (1)")
    with immediate(database):
        database.execute("INSERT INTO t VALUES (2)")
    assert database.execute("SELECT x FROM t").fetchall() == [(2,)]
    database.close()


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreDamagedError):
        open_durably(path)
    assert path.read_bytes() == b"not a database" * 100


def test_flipped_bits_are_found_at_opening(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    database = open_durably(path)
    database.execute("CREATE TABLE t (x TEXT)")
    with immediate(database):
        database.conn.executemany("INSERT INTO t VALUES (?)", [(str(number) * 50,) for number in range(500)])
    database.close()
    content = bytearray(path.read_bytes())
    content[4096:4200] = bytes(104)
    path.write_bytes(content)
    with pytest.raises(StoreDamagedError):
        open_durably(path)


def test_a_folder_that_is_not_there_is_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        open_durably(tmp_path / "absent" / "a.sqlite")


def test_a_damaged_file_is_set_aside_under_a_new_name_each_time(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    kept = []
    for content in (b"first", b"second"):
        path.write_bytes(content)
        path.with_name("a.sqlite-wal").write_bytes(content)
        kept.append(set_aside(path, datetime(2026, 6, 11, tzinfo=UTC)))
    assert [one.read_bytes() for one in kept] == [b"first", b"second"]
    assert [one.with_name(one.name + "-wal").read_bytes() for one in kept] == [b"first", b"second"]
    assert not path.exists()
