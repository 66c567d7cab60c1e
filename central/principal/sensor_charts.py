"""Sensors of a room or a device as charts with their tables: minutes of the last lesson or day, hours of what is older.

Not here: drawing (`drawn_charts`), which devices (`room_sheet`, `device_life`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.measuring import history
from central.measuring.history import MetricPoint
from central.pages.principal_words import UNITS
from central.principal.drawn_charts import Spot, draw_line

MOST_CHARTS: Final = 6
"""On one page; a pygal drawing costs about 15 ms."""

MOST_SPOTS: Final = 144
MOST_ROWS: Final = 31


class Span(StrEnum):
    """How far back a page looks."""

    LESSON = "lesson"
    DAY = "day"
    WEEK = "week"
    TERM = "term"


LENGTHS: Final = {
    Span.LESSON: timedelta(hours=1),
    Span.DAY: timedelta(days=1),
    Span.WEEK: timedelta(days=7),
    Span.TERM: timedelta(days=150),
}
_TICKS: Final = {
    Span.LESSON: timedelta(minutes=15),
    Span.DAY: timedelta(hours=4),
    Span.WEEK: timedelta(days=1),
    Span.TERM: timedelta(days=30),
}


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a chart's table: extremes and mean from `at` (UTC) on."""

    at: datetime
    lowest: float
    mean: float
    highest: float


class SensorChart(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of one device over a span. `last` is its newest stretch; figures are said by `say`."""

    device_id: str
    metric: str
    unit: str
    lowest: float
    highest: float
    last: Stretch
    rows: tuple[Stretch, ...]
    svg: str

    def say(self, value: float) -> str:
        """The value as people read it, with its unit."""
        return say_value(value, self.unit)


class SensorCharts(msgspec.Struct, frozen=True, kw_only=True):
    """The charts of one page; `total` counts those that there are, `skipped` those before the first."""

    span: Span
    charts: tuple[SensorChart, ...]
    total: int
    skipped: int


def say_value(value: float, unit: str) -> str:
    """23,4 °C: a comma before the decimals, as many of them as the size needs."""
    digits = 0 if abs(value) >= 100 or value == round(value) else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}".replace(".", ",") + (f" {shown}" if (shown := UNITS.get(unit, unit)) else "")


def open_charts(
    connection: Connection, device_ids: Sequence[str], span: Span, now: datetime, skip: int = 0
) -> SensorCharts:
    """Charts of these devices in their order, of each device by the metric's name, `MOST_CHARTS` from `skip` on."""
    starts_at = now - LENGTHS[span]
    read = history.minutes_of_devices if span in (Span.LESSON, Span.DAY) else history.hours_of_devices
    series: dict[tuple[str, str], list[MetricPoint]] = defaultdict(list)
    for point in read(connection, device_ids, starts_at, now):
        series[point.device_id, point.metric].append(point)
    order: Mapping[str, int] = {device_id: number for number, device_id in enumerate(device_ids)}
    keys = sorted(series, key=lambda key: (order[key[0]], key[1]))
    charts = [_chart(key, series[key], span, starts_at, now) for key in keys[skip : skip + MOST_CHARTS]]
    return SensorCharts(span=span, charts=tuple(charts), total=len(keys), skipped=skip)


def _chart(
    key: tuple[str, str], points: Sequence[MetricPoint], span: Span, starts_at: datetime, ends_at: datetime
) -> SensorChart:
    device_id, metric = key
    unit = points[-1].unit
    fine, coarse = LENGTHS[span] / MOST_SPOTS, LENGTHS[span] / MOST_ROWS
    stretches = _gathered(points, starts_at, max(fine, timedelta(hours=1) if span is Span.WEEK else fine))
    return SensorChart(
        device_id=device_id,
        metric=metric,
        unit=unit,
        lowest=min(point.lowest for point in points),
        highest=max(point.highest for point in points),
        last=_gathered(points[-1:], points[-1].at, fine)[0],
        rows=tuple(reversed(_gathered(points, starts_at, coarse))),
        svg=draw_line(
            list(_with_holes(stretches, max(3 * fine, timedelta(minutes=10)))),
            starts_at,
            ends_at,
            lambda value: say_value(value, unit),
            _TICKS[span],
        ),
    )


def _gathered(points: Sequence[MetricPoint], starts_at: datetime, step: timedelta) -> list[Stretch]:
    """Neighbouring points as one stretch for each step: the mean of means, the extremes of extremes."""
    groups: dict[int, list[MetricPoint]] = defaultdict(list)
    for point in points:
        groups[(point.at - starts_at) // step].append(point)
    return [
        Stretch(
            at=group[0].at,
            lowest=min(point.lowest for point in group),
            mean=sum(point.mean for point in group) / len(group),
            highest=max(point.highest for point in group),
        )
        for _, group in sorted(groups.items())
    ]


def _with_holes(stretches: Iterable[Stretch], longest: timedelta) -> Iterable[Spot]:
    """The means; where nothing was told for longer than that, the line breaks."""
    before: datetime | None = None
    for one in stretches:
        if before is not None and one.at - before > longest:
            yield Spot(at=before, value=None)
        yield Spot(at=one.at, value=one.mean)
        before = one.at
