"""The store behind all registers: how connections are opened, proven durable, and used in transactions.

SQLite (default) and PostgreSQL run the same code. Not here: tables and their SQL (each register owns its own) and the
history of the schema (`central.migrations`).
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import BigInteger, Connection, Engine, Integer, MetaData, Row, create_engine, event, make_url, text
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.types import TypeDecorator

from models.clock import from_unix_ms, to_unix_ms
from models.errors import ClassroomError, StorageError

AnyRow = Row[*tuple[Any, ...]]
"""A row whose columns the statement names."""

S = TypeVar("S")

ROW_NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""The type of a counting primary key: 64 bits in both databases."""

_SQLITE_FULL_SYNC = 2
_BEGIN_OPTION = "sqlite_begin"


class NotDurableError(StorageError):
    """SQLite did not confirm the settings without which a commit may be lost in a power cut."""


class StoreFailedError(StorageError):
    """The store refused a transaction (full disk, lost connection, input/output error). Nothing of it was kept."""


class UnstorableValueError(ClassroomError):
    """The store is whole, but a value of this transaction cannot be held, such as a text with U+0000 in PostgreSQL."""


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, stored as whole milliseconds since 1970 so that both databases agree on it."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 SQLAlchemy's signature
        """Milliseconds for the store."""
        return None if value is None else to_unix_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 SQLAlchemy's signature
        """The instant again."""
        return None if value is None else from_unix_ms(value)


def read_as(row: AnyRow, shape: type[S]) -> S:
    """The row as a struct whose fields are the columns' names; other columns are passed over."""
    plain = {str(name): value for name, value in row._asdict().items()}
    return msgspec.convert(plain, shape)


class Database:
    """One store, opened by `start`, shared by threads; each transaction takes its own connection."""

    def __init__(self, url: str, *, sqlite_settings: Sequence[str] = ()) -> None:
        """`sqlite_settings`: more pragmas of each connection (`name=value`), of speed only; PostgreSQL has none."""
        self._url = url
        self._sqlite_settings = tuple(sqlite_settings)
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The open engine; `StorageError` before `start`."""
        if self._engine is None:
            raise StorageError("The database is not open yet.")
        return self._engine

    def start(self) -> None:
        """Open the store and try one connection, so that wrong settings show here and not at the first candidate."""
        if self._url.startswith("sqlite"):
            _make_private(make_url(self._url).database)
            engine = create_engine(
                self._url,
                poolclass=QueuePool,
                pool_size=8,
                connect_args={"timeout": 30.0, "check_same_thread": False},
                hide_parameters=True,
            )
            event.listen(engine, "connect", _prove_durable)
            event.listen(engine, "connect", self._set_more)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            engine = create_engine(self._url, pool_pre_ping=True, hide_parameters=True)
        self._engine = engine
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def _set_more(self, connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        for words in self._sqlite_settings:
            _pragma(connection, words)

    def stop(self) -> None:
        """Close every connection."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def reopen(self) -> None:
        """Close all, open again and look at the file after a failure.

        Raises `StoreFailedError` while the store is still not whole.
        """
        self.engine.dispose()
        with self.reading() as connection:
            if connection.dialect.name != "sqlite":
                connection.execute(text("SELECT 1"))
            elif connection.execute(text("PRAGMA quick_check")).scalar() != "ok":
                raise StoreFailedError("The database file is damaged. Keep a copy of it and restore the last backup.")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only looks."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all or nothing, durable when the block has ended without an error.

        Raises `StoreFailedError` when the store refuses and `UnstorableValueError` when a value does not fit;
        `IntegrityError` of SQLAlchemy stays as it is, because a row that exists already is an answer and not a failure.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        try:
            with self.engine.connect().execution_options(**{_BEGIN_OPTION: begin}) as connection, connection.begin():
                yield connection
        except IntegrityError:
            raise
        except DataError as error:
            raise UnstorableValueError(
                "The database cannot hold a value that it was given; nothing of this was stored. Correct what was sent."
            ) from error
        except DBAPIError as error:
            raise StoreFailedError(
                f"The database refused the transaction ({type(error.orig).__name__}); nothing of it was stored. "
                "Look at free disk space and at the database server."
            ) from error


def _make_private(file: str | None) -> None:
    """Make a missing SQLite file readable by its owner alone; SQLite gives its -wal and -shm files the same mode.

    An existing file is not touched: closing it here would drop the locks of another connection of this process.
    """
    if file in {None, "", ":memory:"}:
        return
    with suppress(OSError):  # a file that is there already stays; any other trouble is told when SQLite opens the file
        os.close(os.open(str(file), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prove_durable(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    """WAL + synchronous=FULL, set outside a transaction and read back on this very connection."""
    connection.isolation_level = None
    mode = _pragma(connection, "journal_mode=WAL")
    _pragma(connection, "synchronous=FULL")
    _pragma(connection, "foreign_keys=ON")
    _pragma(connection, "secure_delete=ON")
    answers = {name: _pragma(connection, name) for name in ("synchronous", "foreign_keys", "secure_delete")}
    if mode != "wal" or answers != {"synchronous": _SQLITE_FULL_SYNC, "foreign_keys": 1, "secure_delete": 1}:
        raise NotDurableError(
            f"SQLite answered journal_mode={mode} and {answers}; it must be WAL with synchronous=2. "
            "Put the database file on a local disk, not on a network share."
        )


def _pragma(connection: sqlite3.Connection, words: str) -> Any:
    row = connection.execute(f"PRAGMA {words}").fetchone()
    return row[0] if row else None


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN_OPTION, "BEGIN"))
