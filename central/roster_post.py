"""Which rosters a box still lacks, ready to send.

Not here: making bundles (`exam_office.bundles`) and sending (`ingest`).
"""

import logging
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from central.exam_office.bundles import BundleOffice
from central.registers import box_register, roster_register
from models.identifiers import BoxId
from models.messages import Hello, MessageTooLargeError, RosterMessage, encode
from models.wire.topics import DownLane, down_topic

log = logging.getLogger(__name__)

Letter = tuple[str, bytes]
"""A topic and a payload, to be published after the commit."""


class RosterPost(msgspec.Struct, frozen=True, kw_only=True):
    """Makes the messages that bring a box's rosters up to date."""

    office: BundleOffice

    def letters_for(
        self, connection: Connection, box_id: BoxId, room_id: str, held: dict[str, int], now: datetime
    ) -> list[Letter]:
        """Every roster of this room, not yet over, of which the box holds none or an older version."""
        letters: list[Letter] = []
        for room in roster_register.rooms_to_serve(connection, room_id, now):
            roster = self.office.newest_for(connection, box_id, room, now)
            if held.get(room.session_id, 0) >= roster.version:
                continue
            try:
                payload = encode(RosterMessage(bundle=roster.signed))
            except MessageTooLargeError:
                log.exception(
                    "The roster of %s for %s is too large to send; use smaller photos", room.session_id, box_id
                )
                continue
            letters.append((down_topic(box_id, DownLane.ROSTER), payload))
        return letters

    def letters_for_all(self, connection: Connection, heard_since: datetime, now: datetime) -> list[Letter]:
        """The same for every box that was heard lately, by what it said in its last hello."""
        letters: list[Letter] = []
        for box in box_register.list_boxes(connection):
            hello = greeting_in(box.hello)
            if hello is None or box.last_word_at is None or box.last_word_at < heard_since:
                continue
            letters += self.letters_for(connection, box.box_id, box.room_id, hello.rosters, now)
        return letters


def greeting_in(hello: str | None) -> Hello | None:
    """A stored greeting; None when there is none, or one of an older shape."""
    try:
        return None if hello is None else msgspec.json.decode(hello, type=Hello)
    except msgspec.DecodeError:
        return None
