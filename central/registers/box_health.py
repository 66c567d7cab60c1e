"""How the machines of the boxes were over the last ninety days, as they said themselves in their hellos.

At most one row every five minutes for a box, or when a word changed. Not here: the last hello (`box_register`).
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Float, Index, Table, Text, delete, select

from central.database import ROW_NUMBER, Instant, metadata, read_as
from models.identifiers import BoxId
from models.messages import Hello

box_health = Table(
    "box_health",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("box_id", Text, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("words", Text, nullable=False),
    Column("waiting", BigInteger, nullable=False),
    Column("uptime_seconds", BigInteger),
    Column("temperature_celsius", Float),
    Column("load_percent", Float),
    Column("disk_free_megabytes", BigInteger),
    Column("memory_free_megabytes", BigInteger),
    Column("clock_off_seconds", Float),
    Index("ix_box_health_box_id_at", "box_id", "at"),
)

EVERY: Final = timedelta(minutes=5)
KEPT: Final = timedelta(days=90)


class HealthRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one hello said of the machine. `words` are reader, camera, time quality and what else has no number."""

    at: datetime
    words: str
    waiting: int
    uptime_seconds: int | None
    temperature_celsius: float | None
    load_percent: float | None
    disk_free_megabytes: int | None
    memory_free_megabytes: int | None
    clock_off_seconds: float | None


_COLUMNS = [box_health.c[name] for name in HealthRow.__struct_fields__]


def note(connection: Connection, box_id: BoxId, at: datetime, hello: Hello) -> None:
    """Keep what this hello says, unless the last row is young and its words are the same."""
    last = latest(connection, box_id)
    words = words_of(hello)
    if last is not None and last.words == words and timedelta() <= at - last.at < EVERY:
        return
    vitals = hello.vitals
    connection.execute(
        box_health.insert().values(
            box_id=box_id,
            at=at,
            words=words,
            waiting=hello.waiting,
            uptime_seconds=vitals.uptime_seconds if vitals else None,
            temperature_celsius=vitals.temperature_celsius if vitals else None,
            load_percent=vitals.load_percent if vitals else None,
            disk_free_megabytes=vitals.disk_free_megabytes if vitals else None,
            memory_free_megabytes=vitals.memory_free_megabytes if vitals else None,
            clock_off_seconds=vitals.clock_off_seconds if vitals else None,
        )
    )


def words_of(hello: Hello) -> str:
    """Everything about a hello that has no number, as one line; a change of it is kept at once."""
    below = "below floor" if hello.vitals is not None and hello.vitals.below_floor else ""
    said = (f"reader {hello.reader}", f"camera {hello.camera}", f"time {hello.time_quality}", below, hello.software)
    return ", ".join(word for word in said if word)


def latest(connection: Connection, box_id: str) -> HealthRow | None:
    """The newest row of a box."""
    mine = box_health.c.box_id == box_id
    row = connection.execute(select(*_COLUMNS).where(mine).order_by(box_health.c.at.desc()).limit(1)).one_or_none()
    return None if row is None else read_as(row, HealthRow)


def since(connection: Connection, box_id: str, at: datetime) -> list[HealthRow]:
    """The rows of a box from an instant on, oldest first."""
    mine = (box_health.c.box_id == box_id) & (box_health.c.at >= at)
    rows = connection.execute(select(*_COLUMNS).where(mine).order_by(box_health.c.at))
    return [read_as(row, HealthRow) for row in rows]


def forget_before(connection: Connection, at: datetime) -> int:
    """Delete what is older; how many rows that were."""
    return connection.execute(delete(box_health).where(box_health.c.at < at)).rowcount
