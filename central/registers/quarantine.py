"""What could not be read or must not be believed: kept as evidence with its reason, never dropped."""

import hashlib
from datetime import datetime
from enum import StrEnum

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, LargeBinary, Table, Text, func, select, true, union

from central.database import ROW_NUMBER, AnyRow, Instant, metadata
from central.registers.box_records import box_records
from central.registers.box_register import boxes
from central.registers.place_register import Scope, in_scope

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("topic", Text, nullable=False),
    Column("box_id", Text),
    Column("reason", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("payload", LargeBinary, nullable=False),
)


class QuarantineReason(StrEnum):
    """Why something lies here."""

    UNREADABLE = "UNREADABLE"
    UNKNOWN_TOPIC = "UNKNOWN_TOPIC"
    UNKNOWN_BOX = "UNKNOWN_BOX"
    BOX_REVOKED = "BOX_REVOKED"
    WRONG_SHARD = "WRONG_SHARD"
    WRONG_IDENTITY = "WRONG_IDENTITY"
    OTHER_ROOM = "OTHER_ROOM"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    FORK = "FORK"
    STALE_EPOCH = "STALE_EPOCH"
    CENTRAL_FAULT = "CENTRAL_FAULT"
    EVIDENCE_UNREADABLE = "EVIDENCE_UNREADABLE"
    EVIDENCE_ALTERED = "EVIDENCE_ALTERED"
    CHALLENGE_FALSE = "CHALLENGE_FALSE"
    EVIDENCE_MISSING = "EVIDENCE_MISSING"
    TOO_LARGE = "TOO_LARGE"


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that were not believed, from whom, and why. `box_id` is None where no known box is named."""

    received_at: datetime
    topic: str
    box_id: str | None
    reason: QuarantineReason
    sentence: str
    payload: bytes


def keep(connection: Connection, suspect: Suspect) -> bool:
    """Store the bytes once for each reason, so that a resend does not fill the store. True when they were new."""
    digest = hashlib.sha256(suspect.reason.encode() + b"\n" + suspect.payload).hexdigest()
    if connection.execute(select(quarantine.c.id).where(quarantine.c.digest == digest)).first() is not None:
        return False
    topic = suspect.topic[:200].replace("\x00", "\N{REPLACEMENT CHARACTER}")  # which PostgreSQL cannot hold
    row = msgspec.structs.asdict(suspect) | {"topic": topic, "reason": suspect.reason.value}
    connection.execute(quarantine.insert().values(**row, digest=digest))
    return True


def newest(connection: Connection, scope: Scope, limit: int = 100) -> list[AnyRow]:
    """The latest rows of boxes in scope: id, received_at, topic, box_id, reason, sentence, size of what was sent."""
    columns = [quarantine.c[name] for name in ("id", "received_at", "topic", "box_id", "reason", "sentence")]
    size = func.length(quarantine.c.payload).label("size")
    wanted = select(*columns, size).where(_of_boxes(scope))
    return list(connection.execute(wanted.order_by(quarantine.c.id.desc()).limit(limit)))


def boxes_lately(connection: Connection, reason: QuarantineReason, since: datetime) -> dict[str, datetime]:
    """The boxes of which something was kept apart for this reason since then, and when last."""
    wanted = select(quarantine.c.box_id, func.max(quarantine.c.received_at)).group_by(quarantine.c.box_id)
    lately = wanted.where((quarantine.c.reason == reason.value) & (quarantine.c.received_at >= since))
    found = connection.execute(lately.where(quarantine.c.box_id.is_not(None)))
    return {str(box_id): at for box_id, at in found}


def said_too_early(connection: Connection, topic_end: str, since: datetime) -> tuple[str, bytes] | None:
    """The latest message on a topic with this end that came before its box was known: topic and bytes."""
    early = (quarantine.c.reason == QuarantineReason.UNKNOWN_BOX.value) & (quarantine.c.received_at >= since)
    wanted = select(quarantine.c.topic, quarantine.c.payload).where(early & quarantine.c.topic.endswith(topic_end))
    row = connection.execute(wanted.order_by(quarantine.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else (str(row[0]), bytes(row[1]))


def count(connection: Connection, scope: Scope) -> int:
    """How many of boxes in scope lie here."""
    return connection.execute(select(func.count()).select_from(quarantine).where(_of_boxes(scope))).scalar_one()


def _of_boxes(scope: Scope) -> ColumnElement[bool]:
    """Of boxes that stand in scope; what names no known box is for the province."""
    if scope is None:
        return true()
    own = select(boxes.c.box_id).where(in_scope(boxes.c.room_id, scope))
    recorded = select(box_records.c.box_id).where(in_scope(box_records.c.room_id, scope))
    return quarantine.c.box_id.in_(union(own, recorded))
