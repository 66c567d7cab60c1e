"""One row of a box's telemetry, read and judged: what is of its kind, and at what instant it may have been.

Pure. A row that cannot be read or believed is counted and holds up no other. Not here: whose rows they are (`intake`).
"""

from datetime import datetime
from typing import Final

import msgspec

from central.measuring.tables import ALERT_DAYS
from models.clock import to_unix_ms
from models.errors import BadInputError
from models.measurements import Value
from models.room_messages import MOST_METRICS
from models.telemetry import MinuteValues, RawValues, Row, decode_row

AHEAD_MS: Final = 5 * 60_000
"""So far a box's clock may be ahead; what lies further in the future counts as now."""

OLDEST_MS: Final = ALERT_DAYS * 24 * 3_600_000
LONGEST_TEXT: Final = 120
LONGEST_NAME: Final = 64
MOST_IN_A_MINUTE: Final = 100_000
_LARGEST: Final = 1e15
_NUL: Final = b"\\u0000"


class UnbelievableRowError(BadInputError):
    """A row says what cannot be. It is counted for its box and not stored."""


def read_row(raw: msgspec.Raw) -> Row:
    """The row. Raises BadInputError (not of our shape, or not to be believed)."""
    if _NUL in bytes(raw):
        raise UnbelievableRowError("A text holds U+0000, which no device says.")
    row = decode_row(raw)
    if isinstance(row, MinuteValues):
        _check_minute(row)
    elif isinstance(row, RawValues):
        _check_raw(row)
    return row


def instant_ms(at: datetime, now_ms: int) -> int:
    """Unix milliseconds of a row's instant; now for one in the future. Raises BadInputError for one too long ago."""
    if at.tzinfo is None:
        raise UnbelievableRowError("An instant has no time zone.")
    at_ms = to_unix_ms(at)
    if at_ms < now_ms - OLDEST_MS:
        raise UnbelievableRowError("An instant lies too long ago.")
    return now_ms if at_ms > now_ms + AHEAD_MS else at_ms


def readings_json(values: dict[str, Value]) -> str:
    """The JSON of a word's values. Raises BadInputError when they are more or longer than a device's words can be."""
    if len(values) > MOST_METRICS:
        raise UnbelievableRowError("A word holds too many values.")
    for name, value in values.items():
        if len(name) > LONGEST_NAME or (isinstance(value, str) and len(value) > LONGEST_TEXT):
            raise UnbelievableRowError("A value or its name is too long.")
    return msgspec.json.encode(values).decode()


def raw_readings(row: RawValues, now_ms: int) -> tuple[int, str]:
    """The newest instant of a row's readings, and their JSON. Raises BadInputError."""
    told = [(one.metric, instant_ms(one.at, now_ms), one.value, one.unit) for one in row.values]
    return max(at_ms for _, at_ms, _, _ in told), msgspec.json.encode(told).decode()


def _check_raw(row: RawValues) -> None:
    for one in row.values:
        if abs(one.value) > _LARGEST or len(one.metric) > LONGEST_NAME:
            raise UnbelievableRowError("A reading cannot be true.")
    if row.left_out > MOST_IN_A_MINUTE:
        raise UnbelievableRowError("More readings were left out than a device can have.")


def _check_minute(row: MinuteValues) -> None:
    counted = row.count <= MOST_IN_A_MINUTE and row.doubtful <= MOST_IN_A_MINUTE
    inside = all(abs(one) <= _LARGEST for one in (row.lowest, row.highest, row.mean, row.last))
    if not counted or not inside or row.lowest > row.highest or len(row.metric) > LONGEST_NAME:
        raise UnbelievableRowError("The figures of a minute cannot be true.")
