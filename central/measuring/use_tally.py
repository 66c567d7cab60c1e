"""From a device's words to minutes of use: between two words it was as the first one said, for at most six minutes.

A device counts as it was at each full minute, so every minute counts once however the words fall, and words that come
late (history after an outage) give the same sums as live ones. A word older than the one before it changes no figure.
Not here: reading rows (`believable`) and storing sums (`harvest`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import BigInteger, Connection, func, select, type_coerce

from central.measuring.harvest import Harvest
from central.measuring.tables import device_days, latest
from models.clock import to_unix_ms

LONGEST_MINUTES: Final = 6
"""A device says a word every five minutes; after a longer silence nobody knows whether it was used."""

_MOST_NAMES: Final = 500
_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 24 * 3_600_000
_DAY_MINUTES: Final = 24 * 60
_SCHOOL_MINUTES: Final = 7 * 60
"""Asia/Ho_Chi_Minh is seven hours ahead of UTC, all year."""


def day_of(minute: int) -> int:
    """The school's day (since 1970-01-01) of a minute since 1970 (UTC)."""
    return (minute + _SCHOOL_MINUTES) // _DAY_MINUTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a word says of a device, for the figures. `at_ms` is Unix milliseconds."""

    at_ms: int
    box_id: str
    online: bool
    in_use: bool
    faults: tuple[str, ...]


@dataclass(slots=True)
class _Last:
    said: Said
    used_day: int
    """The last day on which a minute of use was counted."""


class UseTally:
    """The last word of every device that spoke since the start. Used by the writer's thread alone."""

    def __init__(self) -> None:
        self._last: dict[str, _Last | None] = {}

    def forget(self) -> None:
        """A transaction failed: what was remembered may not be stored."""
        self._last.clear()

    def recall(self, connection: Connection, device_ids: Collection[str]) -> None:
        """Read the last stored words of those devices that were not heard since the start."""
        wanted = [one for one in device_ids if one not in self._last]
        for start in range(0, len(wanted), _MOST_NAMES):
            self._recall(connection, wanted[start : start + _MOST_NAMES])

    def _recall(self, connection: Connection, names: list[str]) -> None:
        used = dict(
            connection.execute(
                select(device_days.c.device_id, func.max(device_days.c.day))
                .join(latest, latest.c.device_id == device_days.c.device_id)
                .where(latest.c.device_id.in_(names), device_days.c.minutes_in_use > 0)
                .where(device_days.c.day >= type_coerce(latest.c.at, BigInteger) // _DAY_MS)
                .group_by(device_days.c.device_id)
            ).all()
        )
        columns = (latest.c.device_id, latest.c.at, latest.c.box_id, latest.c.online, latest.c.in_use, latest.c.faults)
        self._last.update(dict.fromkeys(names))
        for name, at, box_id, online, in_use, faults in connection.execute(
            select(*columns).where(latest.c.device_id.in_(names))
        ):
            said = Said(
                at_ms=to_unix_ms(at), box_id=box_id, online=online, in_use=in_use,
                faults=msgspec.json.decode(faults, type=tuple[str, ...]),
            )  # fmt: skip
            self._last[name] = _Last(said, used.get(name, -1))

    def count(self, harvest: Harvest, device_id: str, room_id: str, kind: str, said: Said) -> bool:
        """Add what this word tells; False when it is older than the device's last one and tells nothing new.

        `recall` was asked for the device before.
        """
        last = self._last[device_id]
        minute = said.at_ms // _MINUTE_MS
        today = day_of(minute)
        day = harvest.device_day
        if last is None:
            heard, begun = True, len(said.faults)
            self._last[device_id] = _Last(said, -1)
        else:
            before = last.said
            if said.at_ms < before.at_ms:
                return False
            first = before.at_ms // _MINUTE_MS
            if minute > first and before.box_id == said.box_id and (before.online or before.in_use):
                self._count_minutes(harvest, device_id, room_id, kind, last, range(first + 1, minute + 1))
            heard = day_of(first) != today
            begun = 0 if said.faults == before.faults else sum(one not in before.faults for one in said.faults)
            last.said = said
        of_device = day(device_id, today, room_id, kind)
        of_device.words += 1
        of_device.faults += begun
        if heard or begun:
            of_room = harvest.room_day(room_id, today, kind)
            of_room.heard += heard
            of_room.faults += begun
        return True

    def _count_minutes(
        self, harvest: Harvest, device_id: str, room_id: str, kind: str, last: _Last, minutes: range
    ) -> None:
        before = last.said
        for minute in minutes[:LONGEST_MINUTES]:
            today = day_of(minute)
            of_device = harvest.device_day(device_id, today, room_id, kind)
            of_device.online += before.online
            if before.in_use:
                of_device.in_use += 1
                hour = harvest.room_hour(room_id, minute // 60)
                hour.mask |= 1 << minute % 60
                hour.device_minutes += 1
                of_room = harvest.room_day(room_id, today, kind)
                of_room.in_use += 1
                if today > last.used_day:
                    of_room.used += 1
                    last.used_day = today
