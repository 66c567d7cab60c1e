"""What one commit puts into the measurement store: rows to append, and sums to add to those of hours and days.

Filled by `intake` and `use_tally`, written by `store`. Instants are Unix milliseconds. Not here: how rows reach the
tables (`put_rows`).
"""

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from central.measuring import tables
from central.measuring.open_alerts import end_least_grave
from central.measuring.put_rows import PutRows

AnyTuple = tuple[Any, ...]

MOST_FOUND: Final = 50
"""Finds that are kept for one box: the newest."""

MOVE_LATEST: Final = "UPDATE device_latest SET room_id = ? WHERE device_id = ?"
MOVE_DAY: Final = "UPDATE device_days SET room_id = ? WHERE device_id = ? AND day = ?"
"""A device that stands in another room now. Apart, because a room's index would be written for every word."""

END_OLDER_ALERTS: Final = (
    "UPDATE alerts SET ended_at = ? "
    "WHERE device_id = ? AND kind = ? AND alert_id <> ? AND ended_at IS NULL AND began_at <= ?"
)
END_ALERT_OF_BOX: Final = "UPDATE alerts SET ended_at = ? WHERE alert_id = ? AND box_id = ? AND ended_at IS NULL"
"""The end of an alert about a device that was moved meanwhile; the box that began it may end it."""

FORGET_OLDER_FINDS: Final = (
    "DELETE FROM found_devices WHERE box_id = ? AND place NOT IN "
    "(SELECT place FROM found_devices WHERE box_id = ? ORDER BY at DESC, place LIMIT ?)"
)


@dataclass(slots=True)
class HourSum:
    """Minutes of one metric of one device within one hour."""

    count: int
    lowest: float
    highest: float
    total: float
    unit: str


@dataclass(slots=True)
class RoomHour:
    """Minutes of an hour in which some device of the room was in use, and how many device minutes that were."""

    mask: int = 0
    device_minutes: int = 0


@dataclass(slots=True)
class DeviceDay:
    """What a commit adds to one device's day."""

    room_id: str
    kind: str
    online: int = 0
    in_use: int = 0
    faults: int = 0
    words: int = 0


@dataclass(slots=True)
class RoomDay:
    """What a commit adds to the day of one kind of device in a room."""

    heard: int = 0
    used: int = 0
    in_use: int = 0
    faults: int = 0


@dataclass(slots=True)
class Harvest:
    """Everything that goes into one commit, in the order in which it came."""

    words: list[AnyTuple] = field(default_factory=list)
    latest: dict[str, AnyTuple] = field(default_factory=dict)
    moved: list[AnyTuple] = field(default_factory=list)
    minutes: list[AnyTuple] = field(default_factory=list)
    hours: dict[tuple[str, str, int], HourSum] = field(default_factory=dict)
    room_hours: dict[tuple[str, int], RoomHour] = field(default_factory=dict)
    device_days: dict[tuple[str, int], DeviceDay] = field(default_factory=dict)
    room_days: dict[tuple[str, int, str], RoomDay] = field(default_factory=dict)
    alerts: list[AnyTuple] = field(default_factory=list)
    alert_ends: list[AnyTuple] = field(default_factory=list)
    commands: list[AnyTuple] = field(default_factory=list)
    found: dict[tuple[str, str], AnyTuple] = field(default_factory=dict)
    gaps: list[AnyTuple] = field(default_factory=list)
    raw: list[AnyTuple] = field(default_factory=list)

    def add_minute(self, device_id: str, metric: str, minute: int, sums: HourSum) -> None:
        """One minute's figures into its hour."""
        hour = self.hours.setdefault((device_id, metric, minute // 60), sums)
        if hour is not sums:
            hour.count += sums.count
            hour.lowest = min(hour.lowest, sums.lowest)
            hour.highest = max(hour.highest, sums.highest)
            hour.total += sums.total

    def room_hour(self, room_id: str, hour: int) -> RoomHour:
        """The hour's sums of this commit."""
        return self.room_hours.setdefault((room_id, hour), RoomHour())

    def device_day(self, device_id: str, day: int, room_id: str, kind: str) -> DeviceDay:
        """The day's sums of this commit; room and kind are the newest that were said."""
        found = self.device_days.get((device_id, day))
        if found is None:
            found = self.device_days[device_id, day] = DeviceDay(room_id, kind)
        else:
            found.room_id, found.kind = room_id, kind
        return found

    def room_day(self, room_id: str, day: int, kind: str) -> RoomDay:
        """The day's sums of this commit."""
        return self.room_days.setdefault((room_id, day, kind), RoomDay())

    def store(self, connection: Connection, rows: PutRows) -> None:
        """Write it all, inside the caller's transaction. Raises what the database raises."""
        rows.put(connection, tables.words, self.words)
        rows.put(connection, tables.latest, _sorted(self.latest.values()))
        rows.put(connection, tables.minutes, self.minutes)
        rows.put(connection, tables.hours, _sorted(
            (*key, one.count, one.lowest, one.highest, one.total, one.unit) for key, one in self.hours.items()
        ))  # fmt: skip
        rows.put(connection, tables.room_hours, _sorted(
            (*key, one.mask, one.device_minutes) for key, one in self.room_hours.items()
        ))  # fmt: skip
        rows.put(connection, tables.device_days, _sorted(
            (*key, one.room_id, one.kind, one.online, one.in_use, one.faults, one.words)
            for key, one in self.device_days.items()
        ))  # fmt: skip
        rows.put(connection, tables.room_days, _sorted(
            (*key, one.heard, one.used, one.in_use, one.faults) for key, one in self.room_days.items()
        ))  # fmt: skip
        rows.change(connection, MOVE_LATEST, [(room, device) for room, device, _ in self.moved])
        rows.change(connection, MOVE_DAY, self.moved)
        rows.put(connection, tables.alerts, self.alerts)
        rows.change(connection, END_OLDER_ALERTS, self._ended_by_newer())
        rows.change(connection, END_ALERT_OF_BOX, self.alert_ends)
        for box_id, room_id in sorted({(one[3], one[2]) for one in self.alerts if one[6] is None}):
            end_least_grave(connection, box_id, room_id)
        rows.put(connection, tables.commands_done, self.commands)
        rows.put(connection, tables.found, list(self.found.values()))
        boxes = {box_id for box_id, _ in self.found}
        rows.change(connection, FORGET_OLDER_FINDS, [(one, one, MOST_FOUND) for one in sorted(boxes)])
        rows.put(connection, tables.gaps, self.gaps)
        rows.put(connection, tables.raw_values, self.raw)

    def _ended_by_newer(self) -> list[AnyTuple]:
        """When the newest alert of each device and kind began, whose, its kind, itself, when.

        A box that lost its store ends none itself. One row for each, however many alerts a commit brings.
        """
        newest: dict[tuple[str, str], tuple[Any, str]] = {}
        for one, device, _, _, kind, began, *_ in self.alerts:
            newest[device, kind] = max(newest.get((device, kind), (began, one)), (began, one))
        return [(began, device, kind, one, began) for (device, kind), (began, one) in sorted(newest.items())]


def _sorted(rows: Any) -> list[AnyTuple]:
    """By the table's key, so that neighbours in the tree are written together."""
    return sorted(rows, key=lambda row: row[:3] if len(row) > 4 else row[:2])
