"""Which orders from afar were carried out, and what came of them: asked again, the box answers the same, does nothing.

A result is on the card before anything is done, so that a power cut can lose a deed but never double it.
"""

import sqlite3
import threading
from pathlib import Path
from typing import Final

import msgspec
from sqlite_utils import Database

from models.durable_database import immediate, open_durably
from models.errors import StorageError
from models.messages import CommandResult

MOST_KEPT: Final = 200
"""An order lives ten minutes; so many of them have long run out when the oldest is forgotten."""

_TABLE = """CREATE TABLE IF NOT EXISTS results (number INTEGER PRIMARY KEY AUTOINCREMENT,
    command_id TEXT NOT NULL UNIQUE, result BLOB NOT NULL)"""


class CommandMemoryError(StorageError):
    """The results of orders cannot be stored or read: nothing is carried out from afar. Check the card."""


class CommandMemory:
    """Results by command id. Every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._database: Database | None = None

    def start(self) -> None:
        """Opens the store. Raises StorageError."""
        self._database = open_durably(self._path)
        self._database.execute(_TABLE)

    def stop(self) -> None:
        """Closes the store."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def result_of(self, command_id: str) -> CommandResult | None:
        """What came of this order, None when it is new. Raises CommandMemoryError."""
        with self._lock:
            try:
                query = "SELECT result FROM results WHERE command_id = ?"
                row = self._opened().execute(query, [command_id]).fetchone()
            except sqlite3.Error as error:
                raise CommandMemoryError(f"Orders cannot be looked up ({type(error).__name__}).") from error
        return None if row is None else msgspec.json.decode(row[0], type=CommandResult)

    def keep(self, result: CommandResult) -> None:
        """Returns when the result is on the card; the oldest make room. Raises CommandMemoryError."""
        row = [result.command_id, msgspec.json.encode(result)]
        with self._lock:
            try:
                database = self._opened()
                with immediate(database):
                    database.execute("INSERT INTO results (command_id, result) VALUES (?, ?)", row)
                    old = "DELETE FROM results WHERE number <= (SELECT max(number) FROM results) - ?"
                    database.execute(old, [MOST_KEPT])
            except sqlite3.Error as error:
                raise CommandMemoryError(f"The order cannot be remembered ({type(error).__name__}).") from error

    def replace(self, result: CommandResult) -> None:
        """What came of an order that was under way, in the place of what was kept at first.

        Returns when it is on the card. Raises CommandMemoryError.
        """
        row = [msgspec.json.encode(result), result.command_id]
        with self._lock:
            try:
                database = self._opened()
                with immediate(database):
                    database.execute("UPDATE results SET result = ? WHERE command_id = ?", row)
            except sqlite3.Error as error:
                raise CommandMemoryError(f"The order cannot be remembered ({type(error).__name__}).") from error

    def _opened(self) -> Database:
        if self._database is None:
            raise CommandMemoryError("The memory of orders is closed. Start the room agent again.")
        return self._database
