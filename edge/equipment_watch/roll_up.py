"""Readings become minutes (hours of what changes slowly): count, lowest, highest, mean, last.

Each believed value is in exactly one row. A value that comes after its minute was told opens the minute again and makes
a second row of it; whoever adds them up has the truth. Not here: which values are believed (`believing`).
"""

import logging
from collections import Counter
from datetime import datetime, timedelta
from typing import Final

import msgspec

from models.room_messages import Integrity
from models.telemetry import MinuteValues

log = logging.getLogger(__name__)

TOLD_AFTER: Final = timedelta(seconds=15)
"""So long after a minute's end it is told: late values of the same minute are mostly in."""

MOST_OPEN: Final = 512
"""Minutes under way of one device: what it measured in an hour away, of eight metrics. One whose clock wanders fills
neither the memory nor another's place."""
TELL_DROPPED_MS: Final = 10 * 60_000

Key = tuple[str, str, datetime]


class _Minute(msgspec.Struct, kw_only=True):
    unit: str
    integrity: Integrity
    told_ms: int
    count: int = 0
    total: float = 0.0
    lowest: float = float("inf")
    highest: float = float("-inf")
    last: float = 0.0
    last_at: datetime | None = None


class RollUp:
    """The minutes under way. `now_ms` is the monotonic clock's, so that steps of the wall clock lose nothing."""

    def __init__(self) -> None:
        self._open: dict[Key, _Minute] = {}
        self._doubtful: dict[tuple[str, str], int] = {}
        self._open_of: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._tell_dropped_ms = 0

    def add(
        self,
        series: tuple[str, str],
        at: datetime,
        value: float,
        *,
        unit: str,
        integrity: Integrity,
        now_ms: int,
        span_minutes: int = 1,
    ) -> None:
        """Counts a believed value of a device's metric, in the piece of an hour in which this instant (UTC) lies."""
        begins = at.replace(minute=at.minute - at.minute % span_minutes, second=0, microsecond=0)
        device, metric = series
        key = (device, metric, begins)
        minute = self._open.get(key)
        if minute is None:
            if self._open_of[device] >= MOST_OPEN:
                self._dropped[device] += 1
                return
            self._open_of[device] += 1
            due_ms = now_ms + (begins + timedelta(minutes=span_minutes) + TOLD_AFTER - at) // timedelta(milliseconds=1)
            minute = self._open[key] = _Minute(unit=unit, integrity=integrity, told_ms=due_ms)
        minute.count += 1
        minute.total += value
        minute.lowest = min(minute.lowest, value)
        minute.highest = max(minute.highest, value)
        if integrity is Integrity.NONE:
            minute.integrity = integrity
        if minute.last_at is None or at >= minute.last_at:
            minute.last, minute.last_at = value, at

    def doubt(self, device: str, metric: str) -> None:
        """Counts a value that was not believed; the metric's next row says so."""
        self._doubtful[device, metric] = self._doubtful.get((device, metric), 0) + 1

    def due(self, now_ms: int) -> list[MinuteValues]:
        """The minutes that are over, oldest first. What was dropped is named in the log."""
        if self._dropped and now_ms >= self._tell_dropped_ms:
            self._tell_dropped_ms = now_ms + TELL_DROPPED_MS
            for device, count in self._dropped.items():
                log.warning("%s measured too many minutes at once: %d of its values were dropped", device, count)
            self._dropped.clear()
        return self._take([key for key, minute in self._open.items() if minute.told_ms <= now_ms])

    def finish(self) -> list[MinuteValues]:
        """Every minute under way, at the program's end."""
        return self._take(list(self._open))

    def _take(self, keys: list[Key]) -> list[MinuteValues]:
        rows = []
        for key in sorted(keys, key=lambda one: (one[2], one[0], one[1])):
            device, metric, at = key
            minute = self._open.pop(key)
            self._open_of[device] -= 1
            rows.append(
                MinuteValues(
                    device=device,
                    metric=metric,
                    minute=at,
                    count=minute.count,
                    lowest=minute.lowest,
                    highest=minute.highest,
                    mean=minute.total / minute.count,
                    last=minute.last,
                    unit=minute.unit,
                    integrity=minute.integrity,
                    doubtful=self._doubtful.pop((device, metric), 0),
                )
            )
        return rows
