"""Old rows go: a small bite at a time, while the writer has nothing else to do.

Words and minutes lie in the order in which they came, so the oldest are the lowest numbers; what came late goes when it
has become the oldest. Not here: how long rows are kept (`tables`).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, Table, delete, select, tuple_

from central.database import Database
from central.measuring import tables
from models.clock import SCHOOL_ZONE, Clock, to_unix_ms

ROWS_IN_A_BITE: Final = 500
EVERY_MS: Final = 250
"""Two thousand rows a second of each table: more than a province's devices say."""

MOST_IN_A_BITE: Final = 4_000
"""A bite that was full doubles the next one: after a flood, or a long stop, retention catches up."""

REST_MS: Final = 60_000
"""After a bite that found nothing."""

_EPOCH_DAY: Final = datetime(1970, 1, 1, tzinfo=SCHOOL_ZONE).toordinal()


class Retention:
    """Eats what is over. Used by the writer's thread alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next_ms = 0
        self._size = ROWS_IN_A_BITE

    def bite(self, database: Database) -> int:
        """Take the next small piece, if it is time; returns how many rows went. Raises StorageError."""
        now_ms = self._clock.monotonic_ms()
        if now_ms < self._next_ms:
            return 0
        with database.writing() as connection:
            bites = list(_bites(connection, self._clock.now(), self._size))
        eaten = sum(bites)
        self._size = min(2 * self._size, MOST_IN_A_BITE) if max(bites) >= self._size else ROWS_IN_A_BITE
        self._next_ms = now_ms + (EVERY_MS if eaten else REST_MS)
        return eaten


def _bites(connection: Connection, now: datetime, size: int) -> Iterator[int]:
    day = now.astimezone(SCHOOL_ZONE).toordinal() - _EPOCH_DAY
    hour = to_unix_ms(now) // 3_600_000
    yield _bite_oldest(connection, tables.words, tables.words.c.at, now - timedelta(days=tables.WORD_DAYS), size)
    minute = to_unix_ms(now - timedelta(days=tables.MINUTE_DAYS)) // 60_000
    yield _bite_oldest(connection, tables.minutes, tables.minutes.c.minute, minute, size)
    raw_end = now - timedelta(days=tables.RAW_DAYS)
    yield _bite_oldest(connection, tables.raw_values, tables.raw_values.c.at, raw_end, size)
    yield _bite_oldest(connection, tables.gaps, tables.gaps.c.until, now - timedelta(days=tables.GAP_DAYS), size)
    letters_end = now - timedelta(days=tables.LETTER_DAYS)
    yield _bite_oldest(connection, tables.alert_letters, tables.alert_letters.c.made_at, letters_end, size)
    yield _bite_before(connection, tables.hours, tables.hours.c.hour, hour - 24 * tables.HOUR_DAYS, size)
    yield _bite_before(connection, tables.room_hours, tables.room_hours.c.hour, hour - 24 * tables.DAY_DAYS, size)
    yield _bite_before(connection, tables.device_days, tables.device_days.c.day, day - tables.DAY_DAYS, size)
    yield _bite_before(connection, tables.room_days, tables.room_days.c.day, day - tables.DAY_DAYS, size)
    alerts_end = now - timedelta(days=tables.ALERT_DAYS)
    yield _bite_before(connection, tables.alerts, tables.alerts.c.began_at, alerts_end, size)
    commands_end = now - timedelta(days=tables.COMMAND_DAYS)
    yield _bite_before(connection, tables.commands_done, tables.commands_done.c.finished_at, commands_end, size)
    yield _bite_before(connection, tables.found, tables.found.c.at, now - timedelta(days=tables.FOUND_DAYS), size)


def _bite_oldest(connection: Connection, table: Table, column: Column[object], before: object, size: int) -> int:
    """The lowest numbers of a table that only grows, as far as they are all old."""
    rows = connection.execute(select(table.c.id, column).order_by(table.c.id).limit(size)).all()
    old: list[int] = []
    for number, value in rows:
        if not value < before:
            break
        old.append(number)
    if not old:
        return 0
    return connection.execute(delete(table).where(table.c.id <= old[-1])).rowcount


def _bite_before(connection: Connection, table: Table, column: Column[object], before: object, size: int) -> int:
    """The first old rows by the column's index."""
    keys = list(table.primary_key.columns)
    old = select(*keys).where(column < before).limit(size)
    return connection.execute(delete(table).where(tuple_(*keys).in_(old))).rowcount
