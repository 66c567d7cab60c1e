"""Opened roster bundles at hand: opening one takes longer than judging an admission by it.

Used by the writer's thread alone.
"""

from collections import OrderedDict
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.registers import handed_rosters
from models.exams import RosterBundle

MOST_AT_HAND: Final = 700
"""A province has some 625 rooms in one sitting."""


class RosterShelf:
    """A published version never changes, so what is at hand stays right."""

    def __init__(self) -> None:
        self._at_hand: OrderedDict[tuple[str, str, int], RosterBundle] = OrderedDict()

    def take(self, connection: Connection, box_id: str, session_id: str, at: datetime) -> RosterBundle | None:
        """The bundle by which this box decided at that instant, or None when it never had one."""
        version = handed_rosters.version_at(connection, box_id, session_id, at)
        if version is None:
            return None
        name = (box_id, session_id, version)
        bundle = self._at_hand.pop(name, None) or _without_photos(
            handed_rosters.bundle_of(connection, box_id, session_id, version)
        )
        self._at_hand[name] = bundle
        if len(self._at_hand) > MOST_AT_HAND:
            self._at_hand.popitem(last=False)
        return bundle


def _without_photos(bundle: RosterBundle) -> RosterBundle:
    """Nothing is judged by a picture or by a box's card trust; without them hundreds of rosters need little room."""
    people = tuple(msgspec.structs.replace(one, photo=None) for one in bundle.session.candidates)
    session = msgspec.structs.replace(bundle.session, candidates=people)
    return msgspec.structs.replace(bundle, session=session, card_trust=b"")
