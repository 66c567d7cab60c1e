"""Which of a device's values are believed: known by name or unit, of its kind, possible, and no lone jump. Pure.

The ranges and steps are those of `models.measurements`. Not here: what is done with the values (`watch`).
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from models.measurements import (
    APP,
    BY_UNIT,
    METRICS,
    MOST_APPS,
    MetricRow,
    Plausibility,
    Value,
    is_app,
    judge_value,
    row_of,
)
from models.room_messages import MOST_METRICS
from models.room_plan import CartLink, Link

LONGEST_WORD: Final = 120
_VERSION: Final = re.compile(r"[0-9A-Za-z.+_-]{1,40}")

DOUBTED_FOR_MS: Final = 60_000
FORGOTTEN_MS: Final = 5 * 60_000


class Belief(StrEnum):
    """What is made of one value."""

    BELIEVED = "believed"
    DOUBTED = "doubted"
    """Out of range, of the wrong kind, or a jump that nothing confirms yet."""
    UNKNOWN = "unknown"
    """A metric without a meaning: nobody announced it and it has no unit that we know, or words that are not ours."""


class _Last(msgspec.Struct):
    value: float
    at: datetime
    suspect: float | None = None


class Doubted:
    """The metrics of one device that were doubted and not believed since: since when, and when last."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[int, int]] = {}

    def doubt(self, name: str, now_ms: int) -> None:
        """A value was not believed; after a long pause it begins anew."""
        since, last = self._since.get(name, (now_ms, now_ms))
        self._since[name] = (since if now_ms - last < FORGOTTEN_MS else now_ms, now_ms)

    def believe(self, name: str) -> None:
        """A value was believed."""
        self._since.pop(name, None)

    def lasts(self, now_ms: int) -> bool:
        """Whether some metric has been doubted for a minute, and lately."""
        return any(
            last - since >= DOUBTED_FOR_MS and now_ms - last < FORGOTTEN_MS for since, last in self._since.values()
        )


class Believing:
    """The memory of one device's last believed numbers."""

    def __init__(self) -> None:
        self._last: dict[str, _Last] = {}
        self._known: set[str] = set()

    def judge_app(self, name: str, value: Value, link: Link | None) -> Belief:
        """Versions of apps come of headsets in the charging cart alone, by `link`, the plan's word of the device.

        Beside the packages that the plan names, ten more may be in the bridge's own settings, which are not read here.
        """
        version = isinstance(value, str) and _VERSION.fullmatch(value) is not None
        if not version or not is_app(name) or not isinstance(link, CartLink):
            return Belief.UNKNOWN
        planned = {f"{APP}{package}" for package in link.apps}
        others = {one for one in self._known if is_app(one)} - planned
        if name not in planned | others and len(others) >= MOST_APPS:
            return Belief.UNKNOWN
        return Belief.BELIEVED if self._keeps_name(name) else Belief.UNKNOWN

    def judge(self, name: str, value: Value, at: datetime, unit: str, announced: frozenset[str]) -> Belief:
        """What is thought of a value of this instant (UTC). `announced` are the metrics that the device named itself.

        What it holds changes only by values that are believed, and by the first of two that jump.
        """
        if not self._has_meaning(name, unit, announced):
            return Belief.UNKNOWN
        row = row_of(name, unit)
        if isinstance(value, str) and name not in METRICS:
            return Belief.UNKNOWN
        if isinstance(value, str | bool):
            fits = not row.unit and (isinstance(value, bool) or len(value) <= LONGEST_WORD)
            return Belief.BELIEVED if fits else Belief.DOUBTED
        return self._judge_number(name, float(value), at, row)

    def _has_meaning(self, name: str, unit: str, announced: frozenset[str]) -> bool:
        return (name in METRICS or name in announced or unit in BY_UNIT) and self._keeps_name(name)

    def _keeps_name(self, name: str) -> bool:
        if name not in self._known:
            if len(self._known) >= MOST_METRICS or not name.isprintable():
                return False
            self._known.add(name)
        return True

    def _judge_number(self, name: str, value: float, at: datetime, row: MetricRow) -> Belief:
        last = self._last.get(name)
        if last is None:
            judged = judge_value(row, value)
        else:
            judged = judge_value(row, value, last.value, abs((at - last.at).total_seconds()))
            if judged is Plausibility.JUMPED and self._confirms(row, last, value):
                judged = Plausibility.PLAUSIBLE
        if judged is Plausibility.PLAUSIBLE:
            self._last[name] = _Last(value, at)
            return Belief.BELIEVED
        if judged is Plausibility.JUMPED and last is not None:
            last.suspect = value
        return Belief.DOUBTED

    def _confirms(self, row: MetricRow, last: _Last, value: float) -> bool:
        return last.suspect is not None and row.step is not None and abs(value - last.suspect) <= row.step
