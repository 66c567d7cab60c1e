"""What pages read of readings as they are, which a person asked for: the last stretch of them, one series a metric.

Not here: asking (`central.http.device_reading_pages`), storing (`intake`), minutes and hours (`history`).
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from central.measuring.tables import raw_values
from models.clock import from_unix_ms, to_unix_ms

MOST_ROWS: Final = 700
"""A box tells a row a second, at most 601 in ten minutes; what is more was told by one that does not keep to it."""

_readings: Final = msgspec.json.Decoder(list[tuple[str, int, float, str]])


class RawSeries(msgspec.Struct, frozen=True, kw_only=True):
    """One metric's readings, oldest first."""

    metric: str
    unit: str
    readings: tuple[tuple[datetime, float], ...]


class RawStretch(msgspec.Struct, frozen=True, kw_only=True):
    """Readings up to and with `newest_at`; `left_out`: how many more there were than are told.

    `is_cut`: more rows lie in the store than are read, the newest are here.
    """

    newest_at: datetime
    left_out: int
    is_cut: bool
    series: tuple[RawSeries, ...]


def newest_stretch(connection: Connection, device_id: str, length: timedelta, since: datetime) -> RawStretch | None:
    """The last `length` before the device's newest raw reading; None when there is none since `since`."""
    mine = raw_values.c.device_id == device_id
    newest = connection.execute(select(func.max(raw_values.c.at)).where(mine, raw_values.c.at >= since)).scalar_one()
    if newest is None:
        return None
    wanted = select(raw_values.c.left_out, raw_values.c.readings).where(mine, raw_values.c.at >= newest - length)
    first_ms, left_out = to_unix_ms(newest - length), 0
    told: dict[str, list[tuple[int, float]]] = defaultdict(list)
    units: dict[str, str] = {}
    # By the index alone, so that the limit stops the reading: a box may say the same instant a hundred thousand times.
    rows = connection.execute(wanted.order_by(raw_values.c.at.desc()).limit(MOST_ROWS + 1)).all()
    for more, readings in rows[:MOST_ROWS]:
        left_out += more
        for metric, at_ms, value, unit in _readings.decode(readings):
            if at_ms >= first_ms:
                told[metric].append((at_ms, value))
                units[metric] = unit
    series = tuple(
        RawSeries(
            metric=metric,
            unit=units[metric],
            readings=tuple((from_unix_ms(at_ms), value) for at_ms, value in sorted(told[metric])),
        )
        for metric in sorted(told)
    )
    return RawStretch(newest_at=newest, left_out=left_out, is_cut=len(rows) > MOST_ROWS, series=series)
