"""Readings as they are, of the last ten minutes that somebody watched, as charts with their tables.

Not here: drawing (`drawn_charts`), minutes and hours (`sensor_charts`), asking (`central.http.device_reading_pages`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.measuring.raw_readings import RawSeries, newest_stretch
from central.measuring.tables import RAW_DAYS
from central.principal.drawn_charts import Spot, draw_line
from central.principal.sensor_charts import say_value

LENGTH: Final = timedelta(minutes=10)
MOST_CHARTS: Final = 8
MOST_SPOTS: Final = 400
"""Of one drawing; of more, the lowest and the highest of each short piece are drawn."""

MOST_ROWS: Final = 120
_TICK: Final = timedelta(minutes=2)
_SHORTEST_HOLE: Final = timedelta(seconds=15)

Reading = tuple[datetime, float]


class RawChart(msgspec.Struct, frozen=True, kw_only=True):
    """One metric. `rows` are its newest readings, newest first; `count` is how many there are."""

    metric: str
    unit: str
    lowest: float
    highest: float
    last: Reading
    count: int
    rows: tuple[Reading, ...]
    svg: str

    def say(self, value: float) -> str:
        """The value as people read it, with its unit."""
        return say_value(value, self.unit)


class RawCharts(msgspec.Struct, frozen=True, kw_only=True):
    """The stretch from `starts_at` to `newest_at`; `total` counts all metrics, `left_out` numbers not told.

    `is_cut`: more was stored than is shown.
    """

    starts_at: datetime
    newest_at: datetime
    left_out: int
    is_cut: bool
    total: int
    charts: tuple[RawChart, ...]


def open_raw_charts(connection: Connection, device_id: str, now: datetime) -> RawCharts | None:
    """The charts of a device; None when nobody watched it in the days that are kept."""
    stretch = newest_stretch(connection, device_id, LENGTH, now - timedelta(days=RAW_DAYS))
    if stretch is None:
        return None
    starts_at = stretch.newest_at - LENGTH
    charts = tuple(_chart(one, starts_at, stretch.newest_at) for one in stretch.series[:MOST_CHARTS])
    return RawCharts(
        starts_at=min(one.readings[0][0] for one in stretch.series),
        newest_at=stretch.newest_at,
        left_out=stretch.left_out,
        is_cut=stretch.is_cut,
        total=len(stretch.series),
        charts=charts,
    )


def _chart(series: RawSeries, starts_at: datetime, ends_at: datetime) -> RawChart:
    values = [value for _, value in series.readings]
    return RawChart(
        metric=series.metric,
        unit=series.unit,
        lowest=min(values),
        highest=max(values),
        last=series.readings[-1],
        count=len(values),
        rows=tuple(reversed(series.readings[-MOST_ROWS:])),
        svg=draw_line(
            list(_with_holes(thinned(series.readings))),
            starts_at,
            ends_at,
            lambda value: say_value(value, series.unit),
            _TICK,
        ),
    )


def thinned(readings: Sequence[Reading]) -> list[Reading]:
    """At most `MOST_SPOTS` of them: the lowest and the highest of equal pieces, so that no peak is lost."""
    if len(readings) <= MOST_SPOTS:
        return list(readings)
    step = -(-2 * len(readings) // MOST_SPOTS)
    pieces = [readings[start : start + step] for start in range(0, len(readings), step)]
    found: list[Reading] = []
    for piece in pieces:
        ends = {min(piece, key=lambda one: one[1]), max(piece, key=lambda one: one[1])}
        found += sorted(ends)
    return found


def _with_holes(readings: Sequence[Reading]) -> Iterator[Spot]:
    """The line breaks where nothing came for much longer than usually."""
    pauses = sorted(later - sooner for (sooner, _), (later, _) in pairwise(readings))
    usual = pauses[len(pauses) // 2] if pauses else timedelta()
    longest = max(_SHORTEST_HOLE, 4 * usual)
    before: datetime | None = None
    for at, value in readings:
        if before is not None and at - before > longest:
            yield Spot(at=before, value=None)
        yield Spot(at=at, value=value)
        before = at
