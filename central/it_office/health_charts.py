"""Rows of a box's health as small line charts: points of an SVG, labels, and the same as a table. Pure.

Not here: drawing (`box.html`), the rows (`registers.box_health`).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from central.registers.box_health import HealthRow

WIDTH: Final = 480
HEIGHT: Final = 96
MOST_POINTS: Final = 240
LONGEST_GAP: Final = timedelta(minutes=20)
"""A box that was silent for longer leaves a hole in its line."""


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn: code (a word of the pages), unit, digits, how to read it, and which of many values is shown."""

    code: str
    unit: str
    digits: int
    read: Callable[[HealthRow], float | None]
    worst: Callable[[Sequence[float]], float]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One value at an instant (UTC)."""

    at: datetime
    value: float


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `lines` are the `points` attributes of polylines, with a hole where the box was silent."""

    code: str
    unit: str
    digits: int
    points: tuple[Point, ...]
    lines: tuple[str, ...]
    lowest: float
    highest: float
    starts_at: datetime
    ends_at: datetime

    def say(self, value: float) -> str:
        """The value as it is written, with its unit."""
        return f"{round(value, self.digits) + 0.0:.{self.digits}f} {self.unit}"

    @property
    def last(self) -> Point:
        """The newest value."""
        return self.points[-1]


def _extreme(values: Sequence[float]) -> float:
    return max(values, key=abs)


MEASURES: Final = (
    Measure(code="temperature", unit="°C", digits=1, read=lambda row: row.temperature_celsius, worst=max),
    Measure(code="load", unit="%", digits=0, read=lambda row: row.load_percent, worst=max),
    Measure(code="disk", unit="MB", digits=0, read=lambda row: row.disk_free_megabytes, worst=min),
    Measure(code="memory", unit="MB", digits=0, read=lambda row: row.memory_free_megabytes, worst=min),
    Measure(code="clock", unit="s", digits=2, read=lambda row: row.clock_off_seconds, worst=_extreme),
)


def draw_charts(rows: Sequence[HealthRow], starts_at: datetime, ends_at: datetime) -> list[Chart]:
    """A chart for each measure of which there is a value; `rows` stand oldest first, instants are UTC."""
    charts = (draw_chart(measure, rows, starts_at, ends_at) for measure in MEASURES)
    return [chart for chart in charts if chart is not None]


def draw_chart(measure: Measure, rows: Sequence[HealthRow], starts_at: datetime, ends_at: datetime) -> Chart | None:
    """One measure's line, None without any value."""
    points = _thinned(measure, rows, starts_at, ends_at)
    if not points:
        return None
    lowest, highest = min(point.value for point in points), max(point.value for point in points)
    margin = max((highest - lowest) * 0.1, abs(highest) * 0.02, 0.5)
    bottom, top = lowest - margin, highest + margin
    longest_gap = max(LONGEST_GAP, 3 * (ends_at - starts_at) / MOST_POINTS)

    def place(point: Point) -> str:
        x = WIDTH * ((point.at - starts_at) / (ends_at - starts_at))
        y = HEIGHT * (top - point.value) / (top - bottom)
        return f"{x:.1f},{y:.1f}"

    lines: list[list[str]] = []
    for before, point in zip((None, *points), points, strict=False):
        if before is None or point.at - before.at > longest_gap:
            lines.append([])
        lines[-1].append(place(point))
    # A single point draws no line; doubled it is a dot under a round cap.
    drawn = tuple(" ".join(line if len(line) > 1 else line * 2) for line in lines)
    return Chart(
        code=measure.code,
        unit=measure.unit,
        digits=measure.digits,
        points=tuple(points),
        lines=drawn,
        lowest=lowest,
        highest=highest,
        starts_at=starts_at,
        ends_at=ends_at,
    )


def _thinned(measure: Measure, rows: Sequence[HealthRow], starts_at: datetime, ends_at: datetime) -> list[Point]:
    """At most `MOST_POINTS`; of several values in one stretch of time the worst stays."""
    stretches: dict[int, list[Point]] = {}
    for row in rows:
        value = measure.read(row)
        if value is not None and starts_at <= row.at <= ends_at:
            number = int(MOST_POINTS * ((row.at - starts_at) / (ends_at - starts_at)))
            stretches.setdefault(number, []).append(Point(at=row.at, value=float(value)))
    return [
        Point(at=points[0].at, value=measure.worst([point.value for point in points]))
        for _, points in sorted(stretches.items())
    ]
