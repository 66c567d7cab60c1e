"""Codes that were asked for: who, when, for which rooms, and which box came of each. Never a code itself.

A single new box is a delivery of one room. Not here: what the authority says of a box (`box_records`).
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Column, Connection, ForeignKey, Table, Text, func, select, update

from central.database import ROW_NUMBER, Instant, metadata, read_as
from central.registers.device_tables import Deed
from models.enrollment import CodeKind
from models.identifiers import BoxId, RoomId

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("made_at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("school_id", Text, index=True),
)

delivery_rooms = Table(
    "delivery_rooms",
    metadata,
    Column("delivery_id", ROW_NUMBER, ForeignKey(deliveries.c.id), primary_key=True),
    Column("room_id", Text, primary_key=True, index=True),
    Column("room_name", Text, nullable=False),
    Column("school_name", Text, nullable=False),
    Column("good_until", Instant),
    Column("refusal", Text),
    Column("replaces", Text),
    Column("box_id", Text),
    Column("certified_at", Instant),
    Column("voided_at", Instant),
)


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One errand for codes. `school_id` is set when all its rooms are of one school, which then may see it."""

    id: int
    made_at: datetime
    actor: str
    reason: str
    kind: CodeKind
    school_id: str | None


class DeliveryRoom(msgspec.Struct, frozen=True, kw_only=True):
    """One room of a delivery. `refusal` is the authority's sentence when it gave no code, `good_until` the code's end.

    `box_id` is the box that came, `voided_at` when a later code for the room took the place of this one.
    """

    room_id: RoomId
    room_name: str
    school_name: str
    good_until: datetime | None
    refusal: str | None
    replaces: BoxId | None
    box_id: BoxId | None = None
    certified_at: datetime | None = None
    voided_at: datetime | None = None


def add(
    connection: Connection, deed: Deed, *, kind: CodeKind, school_id: str | None, rooms: Sequence[DeliveryRoom]
) -> int:
    """Enter a delivery and give its number; older codes of these rooms that nobody used are void."""
    given = [room.room_id for room in rooms if room.refusal is None]
    for start in range(0, len(given), 500):
        waiting = delivery_rooms.c.room_id.in_(given[start : start + 500]) & delivery_rooms.c.box_id.is_(None)
        fresh = waiting & delivery_rooms.c.voided_at.is_(None)
        connection.execute(update(delivery_rooms).where(fresh).values(voided_at=deed.at))
    row = {
        "made_at": deed.at,
        "actor": deed.actor,
        "reason": deed.reason,
        "kind": kind.value,
        "school_id": school_id,
    }
    number: int = connection.execute(deliveries.insert().values(row).returning(deliveries.c.id)).scalar_one()
    connection.execute(
        delivery_rooms.insert(), [msgspec.structs.asdict(room) | {"delivery_id": number} for room in rooms]
    )
    return number


def note_certified(connection: Connection, room_id: RoomId, box_id: BoxId, at: datetime) -> None:
    """A box got its certificate for this room: it is the one that the open code was made for."""
    one = delivery_rooms
    still_open = (one.c.room_id == room_id) & one.c.box_id.is_(None) & one.c.voided_at.is_(None)
    another = one.c.replaces.is_(None) | (one.c.replaces != box_id)
    wanted = still_open & another & one.c.refusal.is_(None)
    connection.execute(update(one).where(wanted).values(box_id=box_id, certified_at=at))


def find(connection: Connection, number: int, school_id: str | None) -> Delivery | None:
    """The delivery of that number, if it is of this school or (None) any."""
    wanted = select(deliveries).where(deliveries.c.id == number)
    if school_id is not None:
        wanted = wanted.where(deliveries.c.school_id == school_id)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else read_as(row, Delivery)


def rooms_of(connection: Connection, number: int) -> list[DeliveryRoom]:
    """The rooms of a delivery, by school and name."""
    here = select(delivery_rooms).where(delivery_rooms.c.delivery_id == number)
    rows = connection.execute(here.order_by(delivery_rooms.c.school_name, delivery_rooms.c.room_name))
    return [read_as(row, DeliveryRoom) for row in rows]


class DeliveryCount(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery and how many of its rooms have got their box."""

    delivery: Delivery
    rooms: int
    certified: int


def newest(connection: Connection, school_id: str | None, limit: int = 20) -> list[DeliveryCount]:
    """The latest deliveries of this school or (None) of all, the newest first."""
    wanted = select(deliveries).order_by(deliveries.c.id.desc()).limit(limit)
    if school_id is not None:
        wanted = wanted.where(deliveries.c.school_id == school_id)
    found = [read_as(row, Delivery) for row in connection.execute(wanted)]
    number = delivery_rooms.c.delivery_id
    counted = select(number, func.count(), func.count(delivery_rooms.c.box_id)).group_by(number)
    rows = connection.execute(counted.where(number.in_([one.id for one in found])))
    counts = {int(one): (int(rooms), int(certified)) for one, rooms, certified in rows}
    return [DeliveryCount(delivery=one, rooms=counts[one.id][0], certified=counts[one.id][1]) for one in found]
