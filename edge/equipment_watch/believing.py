"""Which of a device's values are believed: known by name or unit, of its kind, possible, and no lone jump. Pure.

The ranges and steps are those of `models.measurements`. Not here: what is done with the values (`watch`).
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from models.measurements import BY_UNIT, METRICS, MetricRow, Plausibility, Value, is_app, judge_value, row_of
from models.room_messages import MOST_METRICS

LONGEST_WORD: Final = 120
LONGEST_VERSION: Final = 40

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

    def judge(self, name: str, value: Value, at: datetime, unit: str, announced: frozenset[str]) -> Belief:
        """What is thought of a value of this instant (UTC). `announced` are the metrics that the device named itself.

        What it holds changes only by values that are believed, and by the first of two that jump.
        """
        if not self._has_meaning(name, unit, announced):
            return Belief.UNKNOWN
        row = row_of(name, unit)
        if is_app(name):
            return Belief.BELIEVED if isinstance(value, str) and len(value) <= LONGEST_VERSION else Belief.UNKNOWN
        if isinstance(value, str) and name not in METRICS:
            return Belief.UNKNOWN
        if isinstance(value, str | bool):
            fits = not row.unit and (isinstance(value, bool) or len(value) <= LONGEST_WORD)
            return Belief.BELIEVED if fits else Belief.DOUBTED
        return self._judge_number(name, float(value), at, row)

    def _has_meaning(self, name: str, unit: str, announced: frozenset[str]) -> bool:
        if name not in METRICS and name not in announced and unit not in BY_UNIT and not is_app(name):
            return False
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
