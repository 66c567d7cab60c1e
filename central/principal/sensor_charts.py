"""Sensors of a room or a device as charts with their tables: minutes of the last hour or day, hours of what is older.

Not here: drawing (`drawn_charts`), which devices (`room_sheet`, `device_life`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.measuring import history
from central.measuring.history import Stretch
from central.measuring.views import StoredWord
from central.pages.principal_words import UNITS
from central.principal.drawn_charts import Spot, draw_line
from models.measurements import row_of

MOST_CHARTS: Final = 4
"""On one page; a drawing costs about 7 ms of processor time."""

Series = tuple[str, str]
"""A device and one of its metrics."""


class Span(StrEnum):
    """How far back a page looks."""

    LESSON = "lesson"
    DAY = "day"
    WEEK = "week"
    TERM = "term"


class _Grain(msgspec.Struct, frozen=True, kw_only=True):
    """How finely a span is drawn, told in the table, and labelled."""

    length: timedelta
    drawn: timedelta
    told: timedelta
    tick: timedelta


_GRAINS: Final = {
    Span.LESSON: _Grain(
        length=timedelta(hours=1), drawn=timedelta(minutes=1), told=timedelta(minutes=5), tick=timedelta(minutes=15)
    ),
    Span.DAY: _Grain(
        length=timedelta(days=1), drawn=timedelta(minutes=15), told=timedelta(hours=1), tick=timedelta(hours=4)
    ),
    Span.WEEK: _Grain(
        length=timedelta(days=7), drawn=timedelta(hours=2), told=timedelta(hours=6), tick=timedelta(days=1)
    ),
    Span.TERM: _Grain(
        length=timedelta(days=150), drawn=timedelta(days=1), told=timedelta(days=7), tick=timedelta(days=30)
    ),
}


class SensorChart(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of one device over a span. `last` is its newest stretch, `rows` its table, newest first."""

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
    """The charts of one page; `total` counts every series that there is, `skipped` those before the first."""

    span: Span
    charts: tuple[SensorChart, ...]
    total: int
    skipped: int


def say_value(value: float, unit: str) -> str:
    """23,4 °C: a comma before the decimals, as many of them as the size needs."""
    digits = 0 if abs(value) >= 100 or value == round(value) else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}".replace(".", ",") + (f" {shown}" if (shown := UNITS.get(unit, unit)) else "")


def series_of(words: Iterable[StoredWord]) -> list[Series]:
    """What is kept by the minute of these devices, in their order: known from the newest word of each."""
    return [one for one in _numbers(words) if not is_slow(one[1])]


def slow_series_of(words: Iterable[StoredWord]) -> list[Series]:
    """What is kept by the hour: levels of batteries. Too many for a room's page, and much of a device's life."""
    return [one for one in _numbers(words) if is_slow(one[1])]


def is_slow(metric: str) -> bool:
    """Whether a metric changes so slowly that hours of it are kept, and no minutes."""
    return row_of(metric).span_minutes > 1


def _numbers(words: Iterable[StoredWord]) -> list[Series]:
    return [
        (word.device_id, name)
        for word in words
        for name, value in sorted(word.readings.items())
        if isinstance(value, int | float) and not isinstance(value, bool) and row_of(name).rolled_up
    ]


def open_charts(
    connection: Connection, series: Sequence[Series], span: Span | None, now: datetime, skip: int = 0
) -> SensorCharts:
    """Charts of `MOST_CHARTS` series from `skip` on; one of which nothing was told in this span has none.

    `span` None: the last day, or the last hour when all that these series said in the last day lies in it.
    """
    shown = series[skip : skip + MOST_CHARTS]
    span = span or _filled_span(connection, shown, now)
    drawn = [_chart(connection, one, span, now) for one in shown]
    return SensorCharts(
        span=span, charts=tuple(chart for chart in drawn if chart is not None), total=len(series), skipped=skip
    )


def _filled_span(connection: Connection, shown: Sequence[Series], now: datetime) -> Span:
    since = now - _GRAINS[Span.DAY].length
    begun = [history.first_minute_of(connection, device_id, metric, since) for device_id, metric in shown]
    first = min(filter(None, begun), default=since)
    return Span.LESSON if first > now - _GRAINS[Span.LESSON].length else Span.DAY


def _chart(connection: Connection, series: Series, span: Span, now: datetime) -> SensorChart | None:
    device_id, metric = series
    grain = _GRAINS[span]
    starts_at = now - grain.length
    drawn = max(grain.drawn, timedelta(hours=1)) if is_slow(metric) else grain.drawn
    if drawn < timedelta(hours=1):
        minutes = drawn // timedelta(minutes=1)
        stretches = history.minutes_of(connection, device_id, metric, starts_at, minutes)
    else:
        stretches = history.hours_of(connection, device_id, metric, starts_at, drawn // timedelta(hours=1))
    if not stretches:
        return None
    unit = stretches[-1].unit
    spots = list(_with_holes(stretches, max(3 * drawn, timedelta(minutes=10))))
    return SensorChart(
        device_id=device_id,
        metric=metric,
        unit=unit,
        lowest=min(one.lowest for one in stretches),
        highest=max(one.highest for one in stretches),
        last=stretches[-1],
        rows=tuple(reversed(gather(stretches, grain.told))),
        svg=draw_line(spots, starts_at, now, lambda value: say_value(value, unit), grain.tick),
    )


def gather(stretches: Sequence[Stretch], step: timedelta) -> list[Stretch]:
    """Neighbours within `step` of the first as one: the mean of means, the extremes of extremes."""
    groups: dict[int, list[Stretch]] = defaultdict(list)
    for one in stretches:
        groups[(one.at - stretches[0].at) // step].append(one)
    return [
        Stretch(
            at=group[0].at,
            newest_at=group[-1].newest_at,
            lowest=min(one.lowest for one in group),
            mean=sum(one.mean for one in group) / len(group),
            highest=max(one.highest for one in group),
            unit=group[0].unit,
        )
        for group in groups.values()
    ]


def _with_holes(stretches: Iterable[Stretch], longest: timedelta) -> Iterable[Spot]:
    """The means; where nothing was told for longer than that, the line breaks."""
    before: datetime | None = None
    for one in stretches:
        if before is not None and one.at - before > longest:
            yield Spot(at=before, value=None)
        yield Spot(at=one.at, value=one.mean)
        before = one.at
