"""Every chain event as it was signed, once. Rows are only ever added: triggers refuse any change or removal.

The sealed evidence of an event lies in its own table, because it has its own, shorter retention.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    select,
    text,
)

from central.database import ROW_NUMBER, AnyRow, Instant, metadata
from models.identifiers import BoxId

event_log = Table(
    "event_log",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("box_id", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("uuid", LargeBinary, nullable=False),
    Column("again", Boolean, nullable=False),
    Column("kind", Text, nullable=False),
    Column("event", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("box_id", "epoch", "seq"),
)
"""`again` marks a happening that was carried over into a new epoch: stored in its new place, counted once."""

Index(
    "uq_event_log_uuid_first",
    event_log.c.uuid,
    unique=True,
    sqlite_where=text("NOT again"),
    postgresql_where=text("NOT again"),
)

sealed_evidence = Table(
    "sealed_evidence",
    metadata,
    Column("box_id", Text, primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)

# Statements of the writer's every event are built once: building them costs more than running them.
_INSERT = event_log.insert()
_INSERT_SEALED = sealed_evidence.insert()
_KNOWN = select(event_log.c.uuid).where(event_log.c.uuid.in_(bindparam("uuids", expanding=True)))
_HASH_AT = select(event_log.c.hash).where(
    (event_log.c.box_id == bindparam("box_id"))
    & (event_log.c.epoch == bindparam("epoch"))
    & (event_log.c.seq == bindparam("seq"))
)


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One verified event on its way into the log."""

    box_id: BoxId
    epoch: int
    seq: int
    hash: bytes
    uuid: bytes
    kind: str
    event: bytes
    signature: bytes
    received_at: datetime
    sealed: bytes | None


def append(connection: Connection, news: Sequence[NewEvent]) -> frozenset[bytes]:
    """Add events. Gives the uuids of those happenings that are in the log for the first time."""
    if not news:
        return frozenset()
    known = set(connection.execute(_KNOWN, {"uuids": [new.uuid for new in news]}).scalars())
    first: set[bytes] = set()
    rows = []
    for new in news:
        row = msgspec.structs.asdict(new)
        del row["sealed"]
        rows.append(row | {"again": new.uuid in known or new.uuid in first})
        if new.uuid not in known:
            first.add(new.uuid)
    connection.execute(_INSERT, rows)
    sealed = [
        {"box_id": new.box_id, "epoch": new.epoch, "seq": new.seq, "sealed": new.sealed}
        for new in news
        if new.sealed is not None
    ]
    if sealed:
        connection.execute(_INSERT_SEALED, sealed)
    return frozenset(first)


def hash_at(connection: Connection, box_id: str, epoch: int, seq: int) -> bytes | None:
    """The hash of the box's event in that place, or None."""
    return connection.execute(_HASH_AT, {"box_id": box_id, "epoch": epoch, "seq": seq}).scalar()


def newest_of(connection: Connection, box_id: str, limit: int) -> list[AnyRow]:
    """When the last events of a box's chain came, their place and kind; nothing of what is in them."""
    columns = (event_log.c.received_at, event_log.c.epoch, event_log.c.seq, event_log.c.kind)
    mine = select(*columns).where(event_log.c.box_id == box_id)
    return list(connection.execute(mine.order_by(event_log.c.epoch.desc(), event_log.c.seq.desc()).limit(limit)))


def count(connection: Connection) -> int:
    """How many events there are."""
    return connection.execute(select(func.count()).select_from(event_log)).scalar_one()
