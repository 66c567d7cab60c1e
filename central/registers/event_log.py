"""Every chain event as it was signed, once. Rows are only ever added: triggers refuse any change or removal.

The sealed evidence of an event lies in its own table, because it has its own, shorter retention.
"""

from datetime import datetime

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
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
    Column("event_id", ROW_NUMBER, ForeignKey(event_log.c.id), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
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


def append(connection: Connection, new: NewEvent) -> bool:
    """Add the event. False when this happening (its uuid) is already in the log, in another place."""
    again = connection.execute(select(event_log.c.id).where(event_log.c.uuid == new.uuid).limit(1)).first() is not None
    row = {name: getattr(new, name) for name in new.__struct_fields__ if name != "sealed"}
    inserted = connection.execute(event_log.insert().values(**row, again=again)).inserted_primary_key
    if new.sealed is not None and inserted is not None:
        connection.execute(sealed_evidence.insert().values(event_id=inserted[0], sealed=new.sealed))
    return not again


def hash_at(connection: Connection, box_id: str, epoch: int, seq: int) -> bytes | None:
    """The hash of the box's event in that place, or None."""
    place = (event_log.c.box_id == box_id) & (event_log.c.epoch == epoch) & (event_log.c.seq == seq)
    return connection.execute(select(event_log.c.hash).where(place)).scalar()


def stored_since(connection: Connection, box_id: str, epoch: int, seq: int, limit: int) -> list[AnyRow]:
    """Places (epoch, seq, hash) of the box's events from there on in the same epoch, oldest first."""
    place = (event_log.c.box_id == box_id) & (event_log.c.epoch == epoch) & (event_log.c.seq >= seq)
    wanted = select(event_log.c.epoch, event_log.c.seq, event_log.c.hash).where(place)
    return list(connection.execute(wanted.order_by(event_log.c.seq).limit(limit)))


def count(connection: Connection) -> int:
    """How many events there are."""
    return connection.execute(select(func.count()).select_from(event_log)).scalar_one()
