"""Finds one box identity used by two machines (row B12): a copied disk, or a stolen key.

Takes what a hello says: box, session, machine, when. A broker keeps one session for one name, so two machines take
turns; what gives them away is a machine that changes without a new enrolment, and a session that speaks after a newer
one began. Pure, bounded per box. Not here: what is done about it (central shows it; a person revokes).
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from models.identifiers import BoxId

SESSIONS_KEPT: Final = 16
FORGET_AFTER: Final = timedelta(days=30)
"""A machine that was not seen for so long no longer counts: the board may have been changed for good."""


class CloneSign(StrEnum):
    """Why one identity looks like two machines."""

    OTHER_MACHINE = "other machine"
    """The board is another one than before, without a new enrolment: exchanged, or the disk was copied."""
    MACHINES_TAKE_TURNS = "machines take turns"
    """A board that was left for another is back: both run. Certain."""
    OLD_SESSION_SPOKE = "old session spoke"
    """A session was heard after a newer one of the same name had begun. Certain, also when the machine is not told."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One hello: `machine` is the SHA-256 of what names the board, None when it was not told. `at` is UTC."""

    box_id: BoxId
    session: str
    machine: str | None
    at: datetime


class CloneWatch:
    """Keeps, for each box, its last sessions and machines. One writer; a restart forgets, the next turns are seen."""

    def __init__(self) -> None:
        self._tracks: dict[BoxId, _Track] = {}

    def see(self, seen: Seen) -> CloneSign | None:
        """What this hello says about the box: the strongest sign, or None. Hellos come in order of receipt."""
        track = self._tracks.setdefault(seen.box_id, _Track())
        old_session = track.note_session(seen.session)
        machine = track.note_machine(seen.machine, seen.at)
        return CloneSign.OLD_SESSION_SPOKE if old_session else machine

    def forget(self, box_id: BoxId) -> None:
        """The box was enrolled anew: its machine may be another one from now on."""
        self._tracks.pop(box_id, None)


class _Track:
    """One box's last sessions (newest last) and machines with when each was seen last."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, None] = OrderedDict()
        self._machines: dict[str, datetime] = {}
        self._present: str | None = None

    def note_session(self, session: str) -> bool:
        """Whether an older session than the newest one spoke."""
        if session in self._sessions:
            return next(reversed(self._sessions)) != session
        self._sessions[session] = None
        while len(self._sessions) > SESSIONS_KEPT:
            self._sessions.popitem(last=False)
        return False

    def note_machine(self, machine: str | None, at: datetime) -> CloneSign | None:
        """Whether the machine changed, and whether to one that was left before."""
        if machine is None:
            return None
        self._machines = {name: last for name, last in self._machines.items() if at - last < FORGET_AFTER}
        before, self._present = self._present, machine
        known = machine in self._machines
        self._machines[machine] = at
        if len(self._machines) > SESSIONS_KEPT:
            del self._machines[min(self._machines, key=lambda name: self._machines[name])]
        if before is None or before == machine:
            return None
        return CloneSign.MACHINES_TAKE_TURNS if known else CloneSign.OTHER_MACHINE
