"""Alerts as staff work through them: what lasts, worst and oldest first, what was, and who took a thing on.

Acknowledging is the one thing that pages write into the measurement store. Not here: telling people (`alert_post`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, func, select, true, update

from central.database import read_as
from central.measuring.tables import alerts
from central.measuring.views import Rooms, StoredAlert, in_rooms
from models.telemetry import AlertKind

WORST_FIRST: Final = (
    AlertKind.HOT,
    AlertKind.DOOR_OPEN,
    AlertKind.FAULT,
    AlertKind.UNREACHABLE,
    AlertKind.SILENT,
    AlertKind.ROWS_LOST,
    AlertKind.BOARD_RESET,
    AlertKind.BATTERY_LOW,
    AlertKind.LAMP_HOURS,
)
MOST: Final = 400
PAGE: Final = 50
LONGEST_NOTE: Final = 300

_LASTS = alerts.c.ended_at.is_(None)
_WAITS = alerts.c.acknowledged_at.is_(None)
_RANK = case({kind.value: rank for rank, kind in enumerate(WORST_FIRST)}, value=alerts.c.kind, else_=len(WORST_FIRST))


class AlertCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many alerts last, and how many of these nobody took on."""

    lasting: int
    waiting: int


def count_lasting(connection: Connection, rooms: Rooms) -> AlertCount:
    """Of these rooms."""
    waiting = func.coalesce(func.sum(case((_WAITS, 1), else_=0)), 0)
    row = connection.execute(select(func.count(), waiting).where(_LASTS, in_rooms(alerts.c.room_id, rooms))).one()
    return AlertCount(lasting=int(row[0]), waiting=int(row[1]))


def lasting(connection: Connection, rooms: Rooms, kind: AlertKind | None, limit: int = MOST) -> list[StoredAlert]:
    """Alerts that last: those that nobody took on first, of these the worst, of these the oldest."""
    wanted = select(alerts).where(_LASTS, in_rooms(alerts.c.room_id, rooms), _of_kind(kind))
    order = (_WAITS.desc(), _RANK, alerts.c.began_at, alerts.c.alert_id)
    return [read_as(row, StoredAlert) for row in connection.execute(wanted.order_by(*order).limit(limit))]


def over_since(
    connection: Connection, rooms: Rooms, kind: AlertKind | None, since: datetime, skip: int = 0, limit: int = PAGE
) -> list[StoredAlert]:
    """Alerts that began since then and are over, newest first, after the first `skip`."""
    over = alerts.c.ended_at.is_not(None) & (alerts.c.began_at >= since)
    wanted = select(alerts).where(over, in_rooms(alerts.c.room_id, rooms), _of_kind(kind))
    rows = connection.execute(wanted.order_by(alerts.c.began_at.desc(), alerts.c.alert_id).offset(skip).limit(limit))
    return [read_as(row, StoredAlert) for row in rows]


def room_of(connection: Connection, alert_id: str) -> str | None:
    """The room of an alert."""
    found: str | None = connection.execute(select(alerts.c.room_id).where(alerts.c.alert_id == alert_id)).scalar()
    return found


def acknowledge(connection: Connection, which: Sequence[str] | str, who: str, note: str, at: datetime) -> int:
    """Take on these alerts (a list of ids), or all that last in one room (its code); gives how many were not yet."""
    mine = alerts.c.room_id == which if isinstance(which, str) else alerts.c.alert_id.in_(which)
    values = {"acknowledged_at": at, "acknowledged_by": who, "note": note}
    return connection.execute(update(alerts).where(and_(mine, _LASTS, _WAITS)).values(values)).rowcount


def _of_kind(kind: AlertKind | None) -> ColumnElement[bool]:
    return true() if kind is None else alerts.c.kind == kind.value
