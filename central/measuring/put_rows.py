"""How rows reach the tables: one statement for each, built once, the same words for SQLite and PostgreSQL.

Rows are plain tuples in the order of the table's columns (without a counting `id`), instants as milliseconds: at
thousands of rows in a commit SQLAlchemy's per-row work would cost more than the database. Not here: which rows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, case, func, literal_column, make_url
from sqlalchemy.dialects import postgresql, sqlite

from central.measuring import tables

Rows = Sequence[tuple[Any, ...]]
_New = Any
"""`excluded`: the row that was to be inserted."""

_Change = Callable[[Table, _New], Mapping[str, ColumnElement[Any]]]


def _newest(*names: str) -> _Change:
    return lambda _table, new: {name: new[name] for name in names}


def _added(*names: str, newest: Sequence[str] = ()) -> _Change:
    return lambda table, new: {name: table.c[name] + new[name] for name in names} | {name: new[name] for name in newest}


def _hour(table: Table, new: _New) -> dict[str, ColumnElement[Any]]:
    return {
        "count": table.c["count"] + new["count"],
        "lowest": case((new["lowest"] < table.c.lowest, new["lowest"]), else_=table.c.lowest),
        "highest": case((new["highest"] > table.c.highest, new["highest"]), else_=table.c.highest),
        "total": table.c.total + new["total"],
    }


def _room_hour(table: Table, new: _New) -> dict[str, ColumnElement[Any]]:
    return {
        "minutes_mask": table.c.minutes_mask.op("|")(new["minutes_mask"]),
        "device_minutes": table.c.device_minutes + new["device_minutes"],
    }


def _alert(table: Table, new: _New) -> dict[str, ColumnElement[Any]]:
    return {
        "ended_at": func.coalesce(new["ended_at"], table.c.ended_at),
        "value": func.coalesce(new["value"], table.c.value),
        "sentence": func.coalesce(func.nullif(new["sentence"], literal_column("''")), table.c.sentence),
    }


_CHANGES: Final[dict[str, _Change]] = {
    "device_latest": _newest(
        "box_id", "at", "heard_at", "online", "reach", "in_use", "faults", "firmware", "readings"
    ),
    "metric_hours": _hour,
    "room_hours": _room_hour,
    "device_days": _added(
        "minutes_online", "minutes_in_use", "faults_begun", "words", newest=("kind",)
    ),
    "room_days": _added("devices_heard", "devices_used", "minutes_in_use", "faults_begun"),
    "alerts": _alert,
    "device_commands_done": _newest("outcome", "finished_at", "sentence"),
    "found_devices": _newest(
        "room_id", "what", "confidence", "maker", "model", "serial", "firmware", "link", "at"
    ),
}  # fmt: skip
"""What becomes of a row that is there already; a table that is not named here only grows."""


class PutRows:
    """Puts rows into the tables. The statements of a kind of database are made at the first use."""

    def __init__(self) -> None:
        self._statements: dict[tuple[str, str], str] = {}

    def put(self, connection: Connection, table: Table, rows: Rows) -> None:
        """Insert these rows, or change those that are there as `_CHANGES` says."""
        if rows:
            connection.exec_driver_sql(self._statement(connection.dialect.name, table), list(rows))

    def change(self, connection: Connection, words: str, rows: Rows) -> int:
        """Run our own statement for each of these rows, `?` standing for their values; how many rows it changed."""
        if not rows:
            return 0
        if connection.dialect.name != "sqlite":
            words = words.replace("?", "%s")
        return connection.exec_driver_sql(words, list(rows)).rowcount

    def _statement(self, dialect: str, table: Table) -> str:
        words = self._statements.get((dialect, table.name))
        if words is None:
            words = self._statements[dialect, table.name] = statement(dialect, table)
        return words


def columns_of(table: Table) -> list[str]:
    """The columns of a row, in their order."""
    return [one.name for one in table.columns if one.name != "id"]


def statement(dialect: str, table: Table) -> str:
    """The SQL for one kind of database, with a place for each column in their order."""
    names = columns_of(table)
    if dialect == "sqlite":
        insert: Any = sqlite.insert(table)
        kind: Any = sqlite.dialect(paramstyle="qmark")
    else:
        insert = postgresql.insert(table)
        psycopg: Any = make_url("postgresql+psycopg://").get_dialect()
        kind = psycopg(paramstyle="format")
    change = _CHANGES.get(table.name)
    if change is not None:
        guard = table.c.box_id == insert.excluded.box_id if table is tables.alerts else None
        keys = list(table.primary_key.columns)
        insert = insert.on_conflict_do_update(index_elements=keys, set_=change(table, insert.excluded), where=guard)
    compiled = insert.inline().compile(dialect=kind, column_keys=names)
    if compiled.positiontup[: len(names)] != names:
        raise AssertionError(f"the columns of {table.name} are not in their order")
    return str(compiled)
