"""Opens a SQLite file so that what was committed is on the card, and refuses when SQLite will not promise it.

WAL with synchronous=FULL; where WAL is impossible DELETE with EXTRA. Every setting is read back on every connection,
because SQLite may answer something else than what was asked, and `synchronous` does not live in the file. Not here:
what stands in the file (`outbox_tables`, `roster_store`).
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

from models.durable_files import sync_folder
from models.errors import StorageError

BUSY_SECONDS = 5.0
_COMPANIONS = ("", "-wal", "-shm", "-journal")


class StoreSettingError(StorageError):
    """SQLite did not take a setting that durability rests on. Replace the card, or report the file system to IT."""


class StoreDamagedError(StorageError):
    """The file is damaged or is not ours. It stays as it is, for IT; set it aside to go on with an empty one."""


def open_durably(path: Path, vfs: str = "unix") -> Database:
    """The database at `path` (created with mode 0600), checked and ready: explicit transactions only, any thread.

    `vfs` is SQLite's name for the way it locks files. Raises StoreDamagedError, StoreSettingError, or StorageError when
    the file cannot be opened or written at all.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        sync_folder(path.parent)
        connection = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?vfs={vfs}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"{path.name} cannot be opened ({error}). Check the card and the folder's rights.") from None
    try:
        _check(connection, path)
        _set_durable(connection, path)
        _try_to_write(connection)
    except sqlite3.OperationalError as error:
        connection.close()
        raise StorageError(f"{path.name} cannot be used ({error}). Check the card.") from None
    except sqlite3.DatabaseError as error:
        connection.close()
        raise StoreDamagedError(f"{path.name} is damaged ({error}). Keep the file for IT.") from None
    except StorageError:
        connection.close()
        raise
    return Database(connection)


@contextmanager
def immediate(database: Database) -> Iterator[None]:
    """One transaction that holds the write lock from its start. Returning without an error means: it is on the card."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.conn.in_transaction:
            with suppress(sqlite3.Error):
                database.execute("ROLLBACK")
        raise


def set_aside(path: Path, now: datetime) -> Path:
    """Renames a damaged file and its companions and returns the new name; nothing is overwritten or deleted.

    `now` is UTC and becomes part of the name.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S")
    number = 0
    while (kept := path.with_name(f"{path.name}.damaged-{stamp}-{number}")).exists():
        number += 1
    for companion in _COMPANIONS:
        old = path.with_name(path.name + companion)
        if old.exists():
            old.rename(kept.with_name(kept.name + companion))
    sync_folder(path.parent)
    return kept


def _check(connection: sqlite3.Connection, path: Path) -> None:
    answers = [row[0] for row in connection.execute("PRAGMA quick_check")]
    if answers != ["ok"]:
        raise StoreDamagedError(f"{path.name} failed its check ({len(answers)} findings). Keep the file for IT.")


def _set_durable(connection: sqlite3.Connection, path: Path) -> None:
    try:
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    except sqlite3.OperationalError:
        mode = "refused"
    if mode == "wal":
        _set(connection, "synchronous", "FULL", 2, path)
    else:
        mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        if mode != "delete":
            raise StoreSettingError(f"{path.name}: SQLite answers journal mode {mode!r}. Replace the card.")
        _set(connection, "synchronous", "EXTRA", 3, path)
    _set(connection, "secure_delete", "ON", 1, path)
    _set(connection, "foreign_keys", "ON", 1, path)


def _set(connection: sqlite3.Connection, name: str, value: str, expected: int, path: Path) -> None:
    connection.execute(f"PRAGMA {name}={value}")
    answer = connection.execute(f"PRAGMA {name}").fetchone()[0]
    if answer != expected:
        raise StoreSettingError(f"{path.name}: SQLite answers {name}={answer}, not {expected}. Replace the card.")


def _try_to_write(connection: sqlite3.Connection) -> None:
    """A card that has turned read-only is found now, not at the first candidate."""
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute(f"PRAGMA user_version = {int(version)}")
    connection.execute("COMMIT")
