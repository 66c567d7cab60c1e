"""What pages read of things that boxes found and no plan knows. Not here: making devices of them (`central.http`)."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from central.database import AnyRow
from central.measuring.tables import found
from models.room_plan import Link


class FoundThing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing: `what` the box takes it for with `confidence` (0 to 1), `place` where it found it, as text.

    `link` is None where what the box sent cannot be read.
    """

    box_id: str
    place: str
    room_id: str
    what: str
    confidence: float
    maker: str
    model: str
    serial: str
    firmware: str
    link: Link | None
    at: datetime


def things_in(connection: Connection, room_id: str, limit: int = 60) -> list[FoundThing]:
    """What was found in a room, the surest first."""
    wanted = select(found).where(found.c.room_id == room_id).order_by(found.c.confidence.desc(), found.c.place)
    return [_thing(row) for row in connection.execute(wanted.limit(limit))]


def find_thing(connection: Connection, room_id: str, box_id: str, place: str) -> FoundThing | None:
    """One of them."""
    mine = (found.c.room_id == room_id) & (found.c.box_id == box_id) & (found.c.place == place)
    row = connection.execute(select(found).where(mine)).one_or_none()
    return None if row is None else _thing(row)


def _thing(row: AnyRow) -> FoundThing:
    plain = {str(name): value for name, value in row._asdict().items()}
    return FoundThing(**plain | {"link": _link(plain["link"])})


def _link(written: str) -> Link | None:
    try:
        read: Link = msgspec.json.decode(written, type=Link)
    except msgspec.DecodeError:
        return None
    return read
