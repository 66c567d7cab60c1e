"""Readings as they are in a measurement store, as `keep-measurements` leaves them; for tests of pages."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from central.measuring import tables
from models.clock import to_unix_ms

Told = tuple[str, float, float, str]
"""Metric, seconds before `now`, value, unit."""


def tell_raw(
    connection: Connection, device_id: str, now: datetime, rows: Sequence[Sequence[Told]], left_out: int = 0
) -> None:
    """One row of the store for each of `rows`."""
    connection.execute(
        tables.raw_values.insert(),
        [
            {
                "device_id": device_id,
                "at": now - timedelta(seconds=min(ago for _, ago, _, _ in row)),
                "left_out": left_out,
                "readings": msgspec.json.encode(
                    [
                        (metric, to_unix_ms(now - timedelta(seconds=ago)), value, unit)
                        for metric, ago, value, unit in row
                    ]
                ).decode(),
            }
            for row in rows
        ],
    )
