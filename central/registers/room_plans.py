"""What a room's plan is made of: how each device is reached, a school's hours and rules, and each plan's version.

Whatever changes a plan raises its room's version in the same transaction, so that a version tells all. Not here: the
plan itself and its signature (`central.plan_post`), the devices (`device_register`), exams (`roster_register`).
"""

import logging
from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, ForeignKey, Table, Text, func, select, text, update

from central.database import Instant, metadata
from central.registers import audit_log
from central.registers.device_tables import Deed, DeviceError, devices
from central.registers.place_register import Scope, in_scope, rooms, schools
from models.identifiers import RoomId
from models.room_messages import DeviceCommandName
from models.room_plan import AlertLimits, Link, TimedRule, WeekHours

device_links = Table(
    "device_links",
    metadata,
    Column("device_id", Text, ForeignKey(devices.c.device_id), primary_key=True),
    Column("link", Text, nullable=False),
    Column("commands", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
"""`link` is the JSON of a `Link` or `null`, `commands` a JSON list."""

school_hours = Table(
    "school_hours",
    metadata,
    Column("school_id", Text, ForeignKey(schools.c.school_id), primary_key=True),
    Column("hours", Text, nullable=False),
    Column("announce", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

room_plans = Table(
    "room_plans",
    metadata,
    Column("room_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False, index=True),
    Column("lift", BigInteger, nullable=False, server_default=text("0")),
)
"""`version` counts the changes of all plans: a box that is moved gets a higher one. A room need not be a place.

`lift` is added to what boxes are told (`lift_above`); a room of which nothing was entered has version 0.
"""

log = logging.getLogger(__name__)

HIGHEST_LIFT: Final = 1 << 31


class DeviceLink(msgspec.Struct, frozen=True, kw_only=True):
    """How a device is reached (None: it is not), and what may be asked of it."""

    link: Link | None = None
    commands: tuple[DeviceCommandName, ...] = ()


class SchoolHours(msgspec.Struct, frozen=True, kw_only=True):
    """When a school teaches, when it wants to be left alone, what is switched when, and from when on it is warned.

    `announce`: devices that the box reads appear in Home Assistant.
    """

    lessons: tuple[WeekHours, ...] = ()
    quiet: tuple[WeekHours, ...] = ()
    rules: tuple[TimedRule, ...] = ()
    limits: AlertLimits = AlertLimits()
    announce: bool = False


class _LimitsAlone(msgspec.Struct, frozen=True):
    """What of `SchoolHours` a province's page reads of every school."""

    limits: AlertLimits = AlertLimits()


_LIMITS: Final = msgspec.json.Decoder(_LimitsAlone)

USUAL_HOURS: Final = SchoolHours(
    lessons=(WeekHours(weekdays=(0, 1, 2, 3, 4, 5), from_minute=7 * 60, to_minute=17 * 60),),
    quiet=(
        WeekHours(weekdays=(0, 1, 2, 3, 4, 5, 6), from_minute=18 * 60, to_minute=24 * 60),
        WeekHours(weekdays=(0, 1, 2, 3, 4, 5, 6), from_minute=0, to_minute=6 * 60),
    ),
)
"""Of a school that wrote nothing: no rule switches anything."""


class OutOfScopeError(DeviceError):
    """There is no such device or school in scope."""


def set_link(connection: Connection, device_id: str, wanted: DeviceLink, *, scope: Scope, deed: Deed) -> None:
    """Say how a device is reached. Raises OutOfScopeError."""
    found = select(devices.c.room_id).where(devices.c.device_id == device_id, in_scope(devices.c.room_id, scope))
    room_id = connection.execute(found).scalar()
    if room_id is None:
        raise OutOfScopeError("There is no such device.")
    values = {
        "link": msgspec.json.encode(wanted.link).decode(),
        "commands": msgspec.json.encode(wanted.commands).decode(),
        "changed_at": deed.at,
    }
    mine = device_links.c.device_id == device_id
    if connection.execute(update(device_links).where(mine).values(values)).rowcount == 0:
        connection.execute(device_links.insert().values(device_id=device_id, **values))
    mark(connection, {room_id})
    how = "none" if wanted.link is None else type(wanted.link).__name__
    audit_log.write(
        connection,
        at=deed.at,
        actor=deed.actor,
        action="device linked",
        subject=device_id,
        link=how,
        commands=[one.value for one in wanted.commands],
        reason=deed.reason,
    )


def links_of(connection: Connection, room_id: str) -> dict[str, DeviceLink]:
    """How the devices of a room are reached; those of which nothing was said are missing."""
    wanted = select(device_links).join(devices, devices.c.device_id == device_links.c.device_id)
    rows = connection.execute(wanted.where(devices.c.room_id == room_id))
    return {str(row.device_id): _link(row.link, row.commands) for row in rows}


def link_of(connection: Connection, device_id: str, scope: Scope) -> DeviceLink:
    """How one device is reached. What is out of scope is not reached at all."""
    wanted = select(device_links).join(devices, devices.c.device_id == device_links.c.device_id)
    row = connection.execute(
        wanted.where(device_links.c.device_id == device_id, in_scope(devices.c.room_id, scope))
    ).one_or_none()
    return DeviceLink() if row is None else _link(row.link, row.commands)


def set_hours(connection: Connection, school_id: str, hours: SchoolHours, *, scope: Scope, deed: Deed) -> None:
    """Write a school's hours and rules. Raises OutOfScopeError."""
    known = connection.execute(select(schools.c.school_id).where(schools.c.school_id == school_id)).scalar()
    if known is None or scope not in (None, school_id):
        raise OutOfScopeError("There is no such school.")
    values = {"hours": msgspec.json.encode(hours).decode(), "announce": hours.announce, "changed_at": deed.at}
    mine = school_hours.c.school_id == school_id
    if connection.execute(update(school_hours).where(mine).values(values)).rowcount == 0:
        connection.execute(school_hours.insert().values(school_id=school_id, **values))
    of_school = select(rooms.c.room_id).where(rooms.c.school_id == school_id)
    mark(connection, set(connection.execute(of_school).scalars()))
    audit_log.write(
        connection, at=deed.at, actor=deed.actor, action="hours changed", subject=school_id, reason=deed.reason
    )


def hours_of(connection: Connection, school_id: str) -> SchoolHours:
    """A school's hours and rules, or the usual ones."""
    found = connection.execute(select(school_hours.c.hours).where(school_hours.c.school_id == school_id)).scalar()
    return USUAL_HOURS if found is None else msgspec.json.decode(found, type=SchoolHours)


def silent_minutes(connection: Connection) -> dict[str, int]:
    """By school: after how many minutes a device counts as silent. Schools that wrote nothing are missing."""
    written = connection.execute(select(school_hours.c.school_id, school_hours.c.hours))
    return {school_id: _LIMITS.decode(hours).limits.silent_minutes for school_id, hours in written}


def hours_changed_at(connection: Connection, school_id: str) -> datetime | None:
    """When the school last wrote its hours; None: never, the usual ones hold."""
    wanted = select(school_hours.c.changed_at).where(school_hours.c.school_id == school_id)
    found: datetime | None = connection.execute(wanted).scalar()
    return found


def mark(connection: Connection, room_ids: Collection[str]) -> None:
    """The plans of these rooms are others from now on. Called by every register that changes what stands in them."""
    version = newest_version(connection) + 1
    for room_id in sorted(room_ids):
        mine = room_plans.c.room_id == room_id
        if connection.execute(update(room_plans).where(mine).values(version=version)).rowcount == 0:
            connection.execute(room_plans.insert().values(room_id=room_id, version=version))


def version_of(connection: Connection, room_id: str) -> int | None:
    """The version of a room's plan, as boxes are told it; None while nothing was ever entered for it."""
    told = select(room_plans.c.version + room_plans.c.lift)
    entered = (room_plans.c.room_id == room_id) & (room_plans.c.version > 0)
    found: int | None = connection.execute(told.where(entered)).scalar()
    return found


def lift_above(connection: Connection, room_id: str, held: int, at: datetime) -> None:
    """A box of the room holds version `held`. When that is higher than ours, ours is told as a higher one from now on.

    So it is after central was restored from an older copy: a box follows no older plan. The box's word counts for its
    own room alone, and the lift is a power of two of at most `HIGHEST_LIFT`, so that it writes few rows into the log.
    A version above that is believed only if central told it to some room: the box may have stood there.
    """
    mine = room_plans.c.room_id == room_id
    row = connection.execute(select(room_plans.c.version, room_plans.c.lift).where(mine)).one_or_none()
    if row is not None and held <= row.version + row.lift:
        return
    lift = 1 << held.bit_length()
    if lift > HIGHEST_LIFT:
        if held > _highest_told(connection):
            log.warning("A box of room %s says that it holds a plan that central never made", room_id)
            return
        lift = held + 1
    if row is None:
        connection.execute(room_plans.insert().values(room_id=room_id, version=0, lift=lift))
    else:
        connection.execute(update(room_plans).where(mine).values(lift=lift))
    audit_log.write(
        connection, at=at, actor="central", action="plan version lifted", subject=room_id, held=held, lift=lift
    )


def _highest_told(connection: Connection) -> int:
    told = select(func.coalesce(func.max(room_plans.c.version + room_plans.c.lift), 0))
    return int(connection.execute(told).scalar_one())


def changed_after(connection: Connection, version: int) -> list[RoomId]:
    """Rooms whose plan is newer than that version."""
    found = select(room_plans.c.room_id).where(room_plans.c.version > version).order_by(room_plans.c.room_id)
    return [RoomId(room_id) for room_id in connection.execute(found).scalars()]


def newest_version(connection: Connection) -> int:
    """The newest version of any plan, 0 before the first."""
    return int(connection.execute(select(func.coalesce(func.max(room_plans.c.version), 0))).scalar_one())


def _link(link: str, commands: str) -> DeviceLink:
    return DeviceLink(
        link=msgspec.json.decode(link, type=Link | None),
        commands=msgspec.json.decode(commands, type=tuple[DeviceCommandName, ...]),
    )
