"""From a device's words to minutes of use: between two words it was as the first one said, for at most six minutes.

A device counts as it was at each full minute, so every minute counts once however the words fall. After an outage boxes
send the newest words first: the time without words is remembered as a hole, and history that comes later fills it. An
older word that falls into no hole changes no figure. Not here: reading rows (`believable`), storing sums (`harvest`).
"""

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import BigInteger, Connection, select, type_coerce

from central.measuring.harvest import Harvest
from central.measuring.tables import WORD_DAYS, device_days, latest
from models.clock import to_unix_ms
from models.room_messages import defects

LONGEST_MINUTES: Final = 6
"""A device says a word every five minutes; after a longer silence nobody knows whether it was used."""

MOST_HOLES: Final = 12
"""Outages of one device that are remembered; what history of an earlier one tells is kept as words alone."""

_MOST_NAMES: Final = 500
_MOST_DAYS: Final = 2 * WORD_DAYS
_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 24 * 3_600_000
_DAY_MINUTES: Final = 24 * 60
_SCHOOL_MINUTES: Final = 7 * 60
"""Asia/Ho_Chi_Minh is seven hours ahead of UTC, all year."""


def day_of(minute: int) -> int:
    """The school's day (since 1970-01-01) of a minute since 1970 (UTC)."""
    return (minute + _SCHOOL_MINUTES) // _DAY_MINUTES


class Said(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a word says of a device, for the figures. `at_ms` is Unix milliseconds."""

    at_ms: int
    box_id: str
    online: bool
    in_use: bool
    faults: tuple[str, ...]


class _Last(msgspec.Struct, gc=False):
    """The newest word, the last one of history, the days of use, and the holes: (last counted minute, next heard).

    There is one for each of 76,500 devices, and nothing in it that the collector must look at: it took 150 ms each
    time, in which no box was answered.
    """

    room_id: str
    said: Said
    used_days: tuple[int, ...] = ()
    heard_days: tuple[int, ...] = ()
    past: Said | None = None
    holes: tuple[tuple[int, int], ...] = ()


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
        used: dict[str, set[int]] = {}
        heard: dict[str, set[int]] = {}
        for name, day, words, in_use in connection.execute(
            select(device_days.c.device_id, device_days.c.day, device_days.c.words, device_days.c.minutes_in_use)
            .join(latest, latest.c.device_id == device_days.c.device_id)
            .where(latest.c.device_id.in_(names))
            .where(device_days.c.day >= type_coerce(latest.c.at, BigInteger) // _DAY_MS - WORD_DAYS)
        ):
            if words:
                heard.setdefault(name, set()).add(day)
            if in_use:
                used.setdefault(name, set()).add(day)
        columns = ("device_id", "room_id", "at", "box_id", "online", "in_use", "faults")
        self._last.update(dict.fromkeys(names))
        for name, room_id, at, box_id, online, in_use, faults in connection.execute(
            select(*(latest.c[one] for one in columns)).where(latest.c.device_id.in_(names))
        ):
            said = Said(
                at_ms=to_unix_ms(at), box_id=box_id, online=online, in_use=in_use,
                faults=msgspec.json.decode(faults, type=tuple[str, ...]),
            )  # fmt: skip
            self._last[name] = _Last(room_id, said, tuple(used.get(name, ())), tuple(heard.get(name, ())))

    def count(self, harvest: Harvest, device_id: str, room_id: str, kind: str, said: Said) -> bool:
        """Add what this word tells; False when it is not the device's newest one.

        `recall` was asked for the device before.
        """
        last = self._last[device_id]
        minute = said.at_ms // _MINUTE_MS
        if last is None:
            last = self._last[device_id] = _Last(room_id, said)
            before: Said | None = None
            newest = True
        else:
            newest = said.at_ms >= last.said.at_ms
            before = last.said if newest else last.past
            if not newest and not any(begin - LONGEST_MINUTES < minute <= end for begin, end in last.holes):
                return False
        broken = defects(said.faults)
        begun = len(broken)
        if before is not None and (newest or before.at_ms <= said.at_ms):
            first = before.at_ms // _MINUTE_MS
            begun = 0 if said.faults == before.faults else sum(one not in before.faults for one in broken)
            minutes = range(first + 1, minute + 1)[:LONGEST_MINUTES]
            if not newest:
                minutes = _inside(minutes, last.holes)
            if before.box_id == said.box_id and (before.online or before.in_use):
                self._count_minutes(harvest, device_id, room_id, kind, last, before, minutes)
            if newest and minute - first > LONGEST_MINUTES:
                last.holes = (*last.holes[1 - MOST_HOLES :], (first + LONGEST_MINUTES, minute))
        if newest:
            last.said = said
            if last.room_id != room_id:
                last.room_id = room_id
                harvest.moved.append((room_id, device_id, day_of(minute)))
        else:
            last.past = said
        self._count_word(harvest, device_id, room_id, kind, last, day_of(minute), begun)
        return newest

    def _count_word(
        self, harvest: Harvest, device_id: str, room_id: str, kind: str, last: _Last, today: int, begun: int
    ) -> None:
        of_device = harvest.device_day(device_id, today, room_id, kind)
        of_device.words += 1
        of_device.faults += begun
        heard = today not in last.heard_days
        if heard:
            last.heard_days = (*last.heard_days, today)[-_MOST_DAYS:]
        if heard or begun:
            of_room = harvest.room_day(room_id, today, kind)
            of_room.heard += heard
            of_room.faults += begun

    def _count_minutes(
        self, harvest: Harvest, device_id: str, room_id: str, kind: str, last: _Last, before: Said, minutes: range
    ) -> None:
        for minute in minutes:
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
                if today not in last.used_days:
                    of_room.used += 1
                    last.used_days = (*last.used_days, today)[-_MOST_DAYS:]


def _inside(minutes: range, holes: tuple[tuple[int, int], ...]) -> range:
    """The part of these minutes that no word has counted yet."""
    for begin, end in holes:
        if begin < minutes.stop and minutes.start <= end:
            return range(max(minutes.start, begin + 1), min(minutes.stop, end + 1))
    return range(0)
