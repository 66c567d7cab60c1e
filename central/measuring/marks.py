"""How far each box's telemetry is held: kept at hand, moved in the transaction that stores the rows.

A mark moves only from where this program believes it to be; whoever moved it meanwhile is a second program on the same
store, and then nothing of the transaction counts. Not here: what continues a mark (`intake`).
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from central.measuring import tables
from central.measuring.put_rows import PutRows
from models.errors import StorageError

_MOVE: Final = (
    'UPDATE marks SET epoch = ?, held = ?, heard_at = ?, unreadable = unreadable + ?, "foreign" = "foreign" + ? '
    "WHERE box_id = ? AND epoch = ? AND held = ?"
)


class OtherWriterError(StorageError):
    """Another program writes this measurement store. Stop one of the two `keep-measurements`."""


@dataclass(slots=True)
class Mark:
    """One box's mark as this transaction leaves it; `stored_*` is where it was before, None: no row yet."""

    epoch: int = 0
    held: int = 0
    stored_epoch: int | None = None
    stored_held: int = 0
    unreadable: int = 0
    foreign: int = 0


class Marks:
    """The marks of all boxes that spoke since the start. Used by the writer's thread alone."""

    def __init__(self) -> None:
        self._marks: dict[str, Mark] = {}
        self._touched: set[str] = set()

    def forget(self) -> None:
        """A transaction failed: what was remembered may not be stored."""
        self._marks.clear()
        self._touched.clear()

    def of(self, connection: Connection, box_id: str) -> Mark:
        """The box's mark."""
        mark = self._marks.get(box_id)
        if mark is None:
            wanted = select(tables.marks.c.epoch, tables.marks.c.held).where(tables.marks.c.box_id == box_id)
            row = connection.execute(wanted).one_or_none()
            mark = Mark() if row is None else Mark(row.epoch, row.held, row.epoch, row.held)
            self._marks[box_id] = mark
        return mark

    def touch(self, box_id: str) -> None:
        """The mark or its counts changed; `store` writes it."""
        self._touched.add(box_id)

    def store(self, connection: Connection, now_ms: int, rows: PutRows) -> None:
        """Write what was touched. Raises OtherWriterError, IntegrityError when a second program made the row."""
        moved = [(one, self._marks[one]) for one in sorted(self._touched)]
        new = [
            (box_id, mark.epoch, mark.held, now_ms, mark.unreadable, mark.foreign)
            for box_id, mark in moved
            if mark.stored_epoch is None
        ]
        old = [
            (mark.epoch, mark.held, now_ms, mark.unreadable, mark.foreign, box_id, mark.stored_epoch, mark.stored_held)
            for box_id, mark in moved
            if mark.stored_epoch is not None
        ]
        rows.put(connection, tables.marks, new)
        if rows.change(connection, _MOVE, old) != len(old):
            raise OtherWriterError("Another program writes the measurement store. Stop one of the two.")
        for _, mark in moved:
            mark.stored_epoch, mark.stored_held = mark.epoch, mark.held
            mark.unreadable = mark.foreign = 0
        self._touched.clear()
