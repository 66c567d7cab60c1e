"""Rooms by hours of the day: for how many minutes of an average school day something in the room was in use.

Not here: drawing. The figures stand in a table, so that the map is its own text.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.measuring import history, views
from central.principal.periods import Period
from central.registers.place_register import Room, School

FIRST_HOUR: Final = 6
END_HOUR: Final = 22
_STEPS: Final = (1, 10, 20, 30, 45)
"""Minutes of an hour from which the next darker step begins: five steps that can be told apart in print."""


class HeatCell(msgspec.Struct, frozen=True, kw_only=True):
    """One room in one hour of the clock. `minutes` in all, on `days` days; `average` of a day from Monday to Friday."""

    hour: int
    minutes: int
    days: int
    average: int

    @property
    def step(self) -> int:
        """How dark the cell is: 0 (no use) to 5."""
        return sum(self.average >= least for least in _STEPS) if self.minutes else 0


class HeatRow(msgspec.Struct, frozen=True, kw_only=True):
    """One room; cells from six to ten in the evening. Use at other hours is in `minutes` alone."""

    room: Room
    cells: tuple[HeatCell, ...]
    minutes: int

    @property
    def busiest(self) -> HeatCell | None:
        """The hour with most use, None without any."""
        best = max(self.cells, key=lambda cell: cell.minutes)
        return best if best.minutes else None


class HeatMap(msgspec.Struct, frozen=True, kw_only=True):
    """The page. `newest_word_at`: figures are true up to then; None: nothing ever spoke here."""

    as_of: datetime
    period: Period
    school: School
    rows: tuple[HeatRow, ...]
    newest_word_at: datetime | None

    @property
    def hours(self) -> range:
        """The hours that have a column."""
        return range(FIRST_HOUR, END_HOUR)


def open_heat_map(
    school: School, rooms: Sequence[Room], measurements: Connection, period: Period, now: datetime
) -> HeatMap:
    """The map of these rooms, busiest first."""
    room_ids = [room.room_id for room in rooms]
    hours = period.hours
    minutes: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    on_weekdays: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    days: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for one in history.hours_of_rooms(measurements, room_ids, hours.start, hours.stop):
        day, clock = divmod(one.hour - hours.start, 24)
        if (period.first.weekday() + day) % 7 < 5:
            on_weekdays[one.room_id][clock] += one.minutes
        minutes[one.room_id][clock] += one.minutes
        days[one.room_id][clock] += 1
    weekdays = period.weekdays
    rows = [
        HeatRow(
            room=room,
            cells=tuple(
                HeatCell(
                    hour=hour,
                    minutes=minutes[room.room_id][hour],
                    days=days[room.room_id][hour],
                    average=round(on_weekdays[room.room_id][hour] / weekdays),
                )
                for hour in range(FIRST_HOUR, END_HOUR)
            ),
            minutes=sum(minutes[room.room_id].values()),
        )
        for room in rooms
    ]
    rows.sort(key=lambda row: (-row.minutes, row.room.room_name))
    newest = views.newest_word_at(measurements, room_ids)
    return HeatMap(as_of=now, period=period, school=school, rows=tuple(rows), newest_word_at=newest)
