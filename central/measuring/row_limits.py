"""How much one box may make central store: rows and alerts an hour, and names of metrics a day.

Far above what a room says; a box that is broken, or whose key was stolen, fills no store and holds up no other. What is
over is counted as unreadable, and the box's mark moves on. Kept in memory: a new start of the program forgives. Used by
the writer's thread alone. Not here: whether a row can be true (`believable`).
"""

from collections.abc import Hashable
from typing import Final

from models.clock import SCHOOL_ZONE, Clock

ROWS_AN_HOUR: Final = 60_000
ROWS_AT_ONCE: Final = 1_000_000
"""What a box's file holds after a long outage."""

RAW_AN_HOUR: Final = 18_000
"""Five devices, a row a second: what a box tells of readings that were asked for."""

ALERTS_AN_HOUR: Final = 500
METRICS_A_DAY: Final = 128
"""Names of metrics of one device."""

_HOUR_MS: Final = 3_600_000


class Budget:
    """So much for each name: `most` at first, and `an_hour` more every hour, up to `most`."""

    def __init__(self, clock: Clock, *, an_hour: int, most: int) -> None:
        self._clock = clock
        self._an_hour = an_hour
        self._most = most
        self._left: dict[Hashable, tuple[float, int]] = {}
        self._before: dict[Hashable, tuple[float, int]] = {}

    def spend(self, name: Hashable, wanted: int) -> int:
        """Take `wanted` from what is left; returns how much of it there was."""
        now_ms = self._clock.monotonic_ms()
        left, since_ms = self._left.get(name, (float(self._most), now_ms))
        self._before.setdefault(name, (left, since_ms))
        left = min(self._most, left + (now_ms - since_ms) * self._an_hour / _HOUR_MS)
        given = min(wanted, int(left))
        self._left[name] = left - given, now_ms
        return given

    def keep(self) -> None:
        """What was spent is stored."""
        self._before.clear()

    def undo(self) -> None:
        """The transaction failed: what was spent since `keep` is there again."""
        self._left.update(self._before)
        self._before.clear()


class MetricNames:
    """The names of metrics that devices said today."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._day = 0
        self._names: dict[str, set[str]] = {}

    def allows(self, device_id: str, metric: str) -> bool:
        """Whether the device may still say this name today; a name that it said is remembered."""
        names = self._names.setdefault(device_id, set())
        if metric in names:
            return True
        today = self._clock.now().astimezone(SCHOOL_ZONE).toordinal()
        if today != self._day:
            self._day = today
            self._names = {device_id: (names := set())}
        if len(names) >= METRICS_A_DAY:
            return False
        names.add(metric)
        return True
