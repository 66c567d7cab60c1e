"""Exams still to come as central told them, and the rooms that take part."""

from collections.abc import Mapping
from datetime import datetime

from sqlite_utils import Database

from models.clock import from_unix_ms, to_unix_ms
from models.enrollment import ExamWindow
from models.identifiers import RoomId

_ALL = "SELECT exam_id, starts_at, ends_at FROM exams ORDER BY starts_at, exam_id"
_UNFINISHED = "SELECT exam_id, starts_at, ends_at FROM exams WHERE ends_at > ? ORDER BY starts_at, exam_id"
_OF_ROOM = """SELECT exam_id, starts_at, ends_at FROM exams JOIN exam_rooms USING (exam_id)
    WHERE ends_at > ? AND room_id = ? ORDER BY starts_at, exam_id"""

_OF_SCHOOL = """SELECT exam_id, starts_at, ends_at FROM exams WHERE ends_at > ?
    AND (exam_id NOT IN (SELECT exam_id FROM exam_rooms) OR exam_id IN (SELECT exam_id FROM exam_rooms WHERE room_id IN
    (SELECT room_id FROM boxes WHERE school_id = ? AND certified_at IS NOT NULL))) ORDER BY starts_at, exam_id"""


class Exams:
    """The rows of one open register. Callers hold the transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unfinished(self, now: datetime) -> tuple[ExamWindow, ...]:
        """All that have not ended, by their start."""
        return self._select(_UNFINISHED, to_unix_ms(now))

    def of_room(self, room_id: RoomId, now: datetime) -> tuple[ExamWindow, ...]:
        """Those of a room that have not ended, by their start."""
        return self._select(_OF_ROOM, to_unix_ms(now), room_id)

    def of_school(self, school_id: str, now: datetime) -> tuple[ExamWindow, ...]:
        """Those that have not ended and touch the school: in a room that ever had a box, or in no room by name.

        By these both the authority and the school's boxes judge whether an exam is near.
        """
        return self._select(_OF_SCHOOL, to_unix_ms(now), school_id)

    def rooms(self) -> dict[str, frozenset[str]]:
        """exam_id → rooms, for all that are held, ended ones as well."""
        found: dict[str, set[str]] = {}
        for exam_id, room_id in self._database.execute(
            "SELECT exam_id, room_id FROM exams LEFT JOIN exam_rooms USING (exam_id)"
        ):
            found.setdefault(exam_id, set()).update([] if room_id is None else [room_id])
        return {exam_id: frozenset(rooms) for exam_id, rooms in found.items()}

    def all(self) -> tuple[ExamWindow, ...]:
        """All that are held, by their start."""
        return self._select(_ALL)

    def set(self, windows: tuple[ExamWindow, ...], rooms: Mapping[str, frozenset[str]]) -> None:
        """Forgets what was there."""
        self._database.execute("DELETE FROM exam_rooms")
        self._database.execute("DELETE FROM exams")
        for window in windows:
            self._database.execute(
                "INSERT INTO exams VALUES (?, ?, ?)",
                [window.exam_id, to_unix_ms(window.starts_at), to_unix_ms(window.ends_at)],
            )
            self._database.conn.executemany(
                "INSERT INTO exam_rooms VALUES (?, ?)",
                [(window.exam_id, room) for room in sorted(rooms.get(window.exam_id, frozenset()))],
            )

    def _select(self, statement: str, *values: object) -> tuple[ExamWindow, ...]:
        rows = self._database.execute(statement, list(values))
        return tuple(
            ExamWindow(exam_id=row[0], starts_at=from_unix_ms(row[1]), ends_at=from_unix_ms(row[2])) for row in rows
        )
