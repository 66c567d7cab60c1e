"""Names that are shown are written down: who saw the names of which rooms, once per signed-in session and room.

Pages ask for a room again at every change, so a row for each request would drown the audit log. Not here: who may see
names (`models.staff`).
"""

import threading
from collections.abc import Sequence
from typing import Final

from central.database import Database
from central.http.visitors import Visitor
from central.registers import audit_log
from models.clock import Clock
from models.staff import Permission

_MOST_REMEMBERED: Final = 50_000
"""Beyond this everything is forgotten; then rooms are written down once more."""


class NamesRead:
    """Remembers, in this process, which rooms a session has seen."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._seen: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()

    def note_room(self, visitor: Visitor, session_id: str, room_id: str) -> None:
        """One room of a sitting is about to be shown; written down before it is."""
        self._note(visitor, session_id, [room_id], f"{session_id} {room_id}")

    def note_rooms(self, visitor: Visitor, session_id: str, room_ids: Sequence[str]) -> None:
        """Several rooms are about to be shown on one page: one row, which lists those that are new to the session."""
        self._note(visitor, session_id, room_ids, session_id)

    def _note(self, visitor: Visitor, session_id: str, room_ids: Sequence[str], subject: str) -> None:
        if not visitor.may(Permission.SEE_NAMES):
            return
        with self._lock:
            new = [room for room in room_ids if (visitor.token, session_id, room) not in self._seen]
        if not new:
            return
        details = {} if subject != session_id else {"rooms": new}
        with self._database.writing() as connection:
            audit_log.write(
                connection,
                at=self._clock.now(),
                actor=visitor.account.login,
                action="read names",
                subject=subject,
                **details,
            )
        with self._lock:
            if len(self._seen) > _MOST_REMEMBERED:
                self._seen.clear()
            self._seen.update((visitor.token, session_id, room) for room in new)
