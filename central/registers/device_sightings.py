"""Which devices were seen in which room on which day, by a scan of their labels.

It is the stock-taking of things that say nothing themselves: 3D glasses, kits. Not here: the page
(`central.http.inventory_pages`), loans (`device_loans`).
"""

from datetime import date, datetime
from enum import StrEnum
from string import ascii_lowercase, ascii_uppercase
from typing import Final

import msgspec
from sqlalchemy import Column, Connection, Date, ForeignKey, Table, Text, func, or_, select, update

from central.database import Instant, metadata, read_as
from central.registers.device_register import UnknownRoomError
from central.registers.device_tables import Deed, Device, devices
from central.registers.place_register import Scope, find_room, in_scope, rooms
from models.clock import SCHOOL_ZONE

device_sightings = Table(
    "device_sightings",
    metadata,
    Column("room_id", Text, ForeignKey(rooms.c.room_id), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("device_id", Text, ForeignKey(devices.c.device_id), primary_key=True, index=True),
    Column("seen_at", Instant, nullable=False),
    Column("seen_by", Text, nullable=False),
)


_A_TO_Z: Final = str.maketrans(ascii_uppercase, ascii_lowercase)


class Sighted(StrEnum):
    """What a scan showed."""

    SEEN = "seen"
    AGAIN = "again"
    """It was scanned here today already."""
    FOREIGN = "foreign"
    """The register says that it stands in another room of the visitor's."""
    UNKNOWN = "unknown"
    """No such device is in scope; nothing is kept."""


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One device seen on one day."""

    device_id: str
    room_id: str
    day: date
    seen_at: datetime
    seen_by: str


def scan(connection: Connection, room_id: str, code: str, *, scope: Scope, deed: Deed) -> tuple[Sighted, Device | None]:
    """A label was read in a room: the device's number, an inventory number, a serial number, or a link to its page.

    Raises UnknownRoomError.
    """
    if find_room(connection, room_id, scope) is None:
        raise UnknownRoomError("There is no such room.")
    device = find_by_code(connection, code, scope)
    if device is None:
        return Sighted.UNKNOWN, None
    day = deed.at.astimezone(SCHOOL_ZONE).date()
    mine = (
        (device_sightings.c.room_id == room_id)
        & (device_sightings.c.day == day)
        & (device_sightings.c.device_id == device.device_id)
    )
    values = {"seen_at": deed.at, "seen_by": deed.actor}
    again = connection.execute(update(device_sightings).where(mine).values(values)).rowcount > 0
    if not again:
        row = {"room_id": room_id, "day": day, "device_id": device.device_id}
        connection.execute(device_sightings.insert().values(**row, **values))
    if device.room_id != room_id:
        return Sighted.FOREIGN, device
    return (Sighted.AGAIN if again else Sighted.SEEN), device


def find_by_code(connection: Connection, code: str, scope: Scope) -> Device | None:
    """The one device that a label names; None when it is none or several.

    SQLite makes only A to Z small, so the word is looked for in that form too: an inventory number may begin with Đ.
    """
    word = code.strip().rstrip("/").rpartition("/")[2].strip()
    if not word:
        return None
    written = {word.lower(), word.translate(_A_TO_Z)}
    named = or_(
        devices.c.device_id == word.lower(),
        func.lower(devices.c.inventory_number).in_(written),
        func.lower(devices.c.serial).in_(written),
    )
    rows = connection.execute(select(devices).where(named, in_scope(devices.c.room_id, scope)).limit(2)).all()
    return read_as(rows[0], Device) if len(rows) == 1 else None


def seen_in(connection: Connection, room_id: str, day: date) -> list[Sighting]:
    """What was seen in a room on a day, the newest scan first."""
    mine = (device_sightings.c.room_id == room_id) & (device_sightings.c.day == day)
    rows = connection.execute(select(device_sightings).where(mine).order_by(device_sightings.c.seen_at.desc()))
    return [read_as(row, Sighting) for row in rows]


def last_seen(connection: Connection, device_id: str) -> Sighting | None:
    """When and where a device was scanned last."""
    wanted = select(device_sightings).where(device_sightings.c.device_id == device_id)
    row = connection.execute(wanted.order_by(device_sightings.c.seen_at.desc()).limit(1)).one_or_none()
    return None if row is None else read_as(row, Sighting)
