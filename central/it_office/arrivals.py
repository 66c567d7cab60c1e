"""How far the boxes of a delivery have come: code made, certificate issued, first word heard; or what is in the way.

Not here: asking for codes (`central.http.enroll_pages`).
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.registers import box_records, box_register, deliveries
from central.registers.box_register import BoxRow
from central.registers.deliveries import DeliveryRoom
from models.enrollment import BoxState
from models.fleet import BoxRecord
from models.identifiers import BoxId

MUTE_AFTER: Final = timedelta(minutes=5)
"""A box greets within seconds after its units were started."""


class Arrival(StrEnum):
    """Where one room of a delivery stands."""

    WAITING = "waiting"
    CERTIFIED = "certified"
    MUTE = "mute"
    """Certified a while ago and never heard."""
    HEARD = "heard"
    LATE = "late"
    """The code ran out unused."""
    VOID = "void"
    """A later code took its place."""
    REFUSED = "refused"
    TAKEN_OUT = "taken out"


class ArrivalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One room of a delivery and its box, if one came. `since` is when the present state began, where that is known."""

    room: DeliveryRoom
    state: Arrival
    record: BoxRecord | None
    box: BoxRow | None

    @property
    def since(self) -> datetime | None:
        """When it was certified, heard last, or was to have come."""
        if self.state is Arrival.HEARD:
            return self.box.last_word_at if self.box else None
        return self.room.certified_at or self.room.voided_at


class Arrivals(msgspec.Struct, frozen=True, kw_only=True):
    """All rooms of a delivery."""

    rows: tuple[ArrivalRow, ...]

    def count(self, *states: str) -> int:
        """How many stand in one of these states."""
        return sum(row.state.value in states for row in self.rows)

    @property
    def settled(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.count(Arrival.WAITING, Arrival.CERTIFIED) == 0


def arrivals_of(connection: Connection, delivery_id: int, now: datetime) -> Arrivals:
    """The rooms of a delivery as they stand now."""
    rooms = deliveries.rooms_of(connection, delivery_id)
    room_ids = [room.room_id for room in rooms if room.box_id is not None]
    records = {record.box_id: record for record in box_records.of_rooms(connection, room_ids)}
    boxes: dict[BoxId, BoxRow] = {}
    for start in range(0, len(room_ids), 500):
        boxes |= {box.box_id: box for box in box_register.boxes_in(connection, room_ids[start : start + 500])}
    rows = []
    for room in rooms:
        record = records.get(room.box_id) if room.box_id else None
        box = boxes.get(room.box_id) if room.box_id else None
        rows.append(ArrivalRow(room=room, state=_state(room, record, box, now), record=record, box=box))
    return Arrivals(rows=tuple(rows))


def _state(room: DeliveryRoom, record: BoxRecord | None, box: BoxRow | None, now: datetime) -> Arrival:
    if room.refusal is not None:
        return Arrival.REFUSED
    if room.box_id is None:
        if room.voided_at is not None:
            return Arrival.VOID
        return Arrival.LATE if room.good_until is not None and now >= room.good_until else Arrival.WAITING
    if record is not None and record.state is BoxState.REVOKED:
        return Arrival.TAKEN_OUT
    if box is not None and box.last_word_at is not None:
        return Arrival.HEARD
    waited = room.certified_at is not None and now - room.certified_at > MUTE_AFTER
    return Arrival.MUTE if waited else Arrival.CERTIFIED
