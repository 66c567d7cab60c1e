"""What pages read of the measurement store about now: the newest word of devices, open alerts, the store's last word.

Rooms are named by their codes: which of them a visitor may see is known to the place register alone, in another
database. `rooms` None is the whole province. Not here: what was (`history`), writing (`intake`).
"""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, case, func, select, true

from central.database import AnyRow, read_as
from central.measuring.tables import alerts, latest, marks
from models.measurements import Value
from models.room_messages import Reach
from models.telemetry import AlertKind

Rooms = Sequence[str] | None
MOST_ALERTS = 60
_MOST_NAMES = 500
_FAULT_WORDS = re.compile(r"\(([^()]+)\)$")


class StoredWord(msgspec.Struct, frozen=True, kw_only=True):
    """The newest word of a device. `at`: when the box said it; `heard_at`: when the device itself last spoke."""

    device_id: str
    room_id: str
    box_id: str
    at: datetime
    heard_at: datetime | None
    online: bool
    reach: Reach
    in_use: bool
    faults: tuple[str, ...]
    firmware: str
    readings: dict[str, Value]


class StoredAlert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert; `ended_at` None while it lasts."""

    alert_id: str
    device_id: str
    room_id: str
    kind: AlertKind
    began_at: datetime
    ended_at: datetime | None
    value: float | None
    sentence: str
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    note: str

    @property
    def faults(self) -> tuple[str, ...]:
        """The device's fault words, which a box writes in brackets behind its sentence."""
        words = _FAULT_WORDS.search(self.sentence) if self.kind is AlertKind.FAULT else None
        return () if words is None else tuple(words[1].split(", "))


class RoomVoices(msgspec.Struct, frozen=True, kw_only=True):
    """How many devices of a room ever spoke, how many lately, and when the room's newest word came."""

    room_id: str
    known: int
    lately: int
    newest_at: datetime | None


def in_rooms(column: ColumnElement[str], rooms: Rooms) -> ColumnElement[bool]:
    """The condition that a row is of these rooms."""
    return true() if rooms is None else column.in_(rooms)


def words_of_rooms(connection: Connection, rooms: Sequence[str]) -> dict[str, StoredWord]:
    """The newest word of every device of these rooms, by device."""
    rows = connection.execute(select(latest).where(latest.c.room_id.in_(rooms)))
    return {row.device_id: _word(row) for row in rows}


def word_of(connection: Connection, device_id: str) -> StoredWord | None:
    """The newest word of one device."""
    row = connection.execute(select(latest).where(latest.c.device_id == device_id)).one_or_none()
    return None if row is None else _word(row)


def count_voices(connection: Connection, since: datetime, rooms: Rooms = None) -> dict[str, RoomVoices]:
    """For every one of these rooms with a device that ever spoke: how many did, and how many since then."""
    if rooms is not None and len(rooms) > _MOST_NAMES:
        return count_voices(connection, since, rooms[:_MOST_NAMES]) | count_voices(
            connection, since, rooms[_MOST_NAMES:]
        )
    lately = func.sum(case((latest.c.heard_at >= since, 1), else_=0))
    wanted = select(latest.c.room_id, func.count(), lately, func.max(latest.c.heard_at)).group_by(latest.c.room_id)
    wanted = wanted.where(in_rooms(latest.c.room_id, rooms))
    return {
        room_id: RoomVoices(room_id=room_id, known=int(known), lately=int(now or 0), newest_at=newest)
        for room_id, known, now, newest in connection.execute(wanted)
    }


def heard_of(connection: Connection, device_ids: Sequence[str]) -> list[tuple[str, datetime]]:
    """Of these devices, each that ever spoke: its room, and when it last did."""
    found: list[tuple[str, datetime]] = []
    for start in range(0, len(device_ids), _MOST_NAMES):
        mine = latest.c.device_id.in_(device_ids[start : start + _MOST_NAMES]) & latest.c.heard_at.is_not(None)
        wanted = select(latest.c.room_id, latest.c.heard_at).where(mine)
        found += [(room_id, heard_at) for room_id, heard_at in connection.execute(wanted)]
    return found


def open_alerts(connection: Connection, rooms: Rooms, limit: int = MOST_ALERTS) -> list[StoredAlert]:
    """Alerts that last, the newest first."""
    wanted = select(alerts).where(in_rooms(alerts.c.room_id, rooms), alerts.c.ended_at.is_(None))
    rows = connection.execute(wanted.order_by(alerts.c.began_at.desc()).limit(limit))
    return [read_as(row, StoredAlert) for row in rows]


def count_open_alerts(connection: Connection, rooms: Rooms) -> dict[str, int]:
    """By room: how many alerts last."""
    wanted = select(alerts.c.room_id, func.count()).where(
        alerts.c.ended_at.is_(None), in_rooms(alerts.c.room_id, rooms)
    )
    return {room_id: int(count) for room_id, count in connection.execute(wanted.group_by(alerts.c.room_id))}


def alerts_begun(connection: Connection, rooms: Rooms, since: datetime, until: datetime) -> list[StoredAlert]:
    """Alerts of these rooms that began between these instants, oldest first, ended or not."""
    begun = (alerts.c.began_at >= since) & (alerts.c.began_at < until)
    wanted = select(alerts).where(begun, in_rooms(alerts.c.room_id, rooms)).order_by(alerts.c.began_at)
    return [read_as(row, StoredAlert) for row in connection.execute(wanted)]


def alerts_of_device(connection: Connection, device_id: str, limit: int = MOST_ALERTS) -> list[StoredAlert]:
    """Alerts of one device, the newest first."""
    wanted = select(alerts).where(alerts.c.device_id == device_id)
    rows = connection.execute(wanted.order_by(alerts.c.began_at.desc()).limit(limit))
    return [read_as(row, StoredAlert) for row in rows]


def newest_word_at(connection: Connection, rooms: Rooms) -> datetime | None:
    """When these rooms were heard last: figures of the store are true up to then. Of the province, when any box was."""
    newest = func.max(marks.c.heard_at) if rooms is None else func.max(latest.c.at)
    wanted = select(newest) if rooms is None else select(newest).where(latest.c.room_id.in_(rooms))
    at: datetime | None = connection.execute(wanted).scalar_one()
    return at


def _word(row: AnyRow) -> StoredWord:
    plain = {str(name): value for name, value in row._asdict().items()}
    plain["faults"] = msgspec.json.decode(plain["faults"])
    plain["readings"] = msgspec.json.decode(plain["readings"])
    return msgspec.convert(plain, StoredWord)
