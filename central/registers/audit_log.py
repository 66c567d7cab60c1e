"""What people and programs did here, in order. Rows are only ever added: triggers refuse any change or removal."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Index, Table, Text, select

from central.database import ROW_NUMBER, AnyRow, Instant, metadata

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Text, nullable=False),
    Index("ix_audit_log_action", "action", "subject"),
)


def write(connection: Connection, *, at: datetime, actor: str, action: str, subject: str, **details: Any) -> None:
    """Add a row. `actor` is an account's login or a program, `details` hold no personal value and become JSON."""
    words = msgspec.json.encode(details, order="sorted").decode()
    connection.execute(audit_log.insert().values(at=at, actor=actor, action=action, subject=subject, details=words))


def said_of(connection: Connection, subject: str) -> list[dict[str, Any]]:
    """What the authority said in its own log (`authority_post`) of all its deeds on a box, oldest first."""
    wanted = select(audit_log.c.details).where(audit_log.c.subject == subject, audit_log.c.action.like("authority: %"))
    rows = connection.execute(wanted.order_by(audit_log.c.id)).scalars()
    return [details["said"] for details in map(msgspec.json.decode, rows) if "said" in details]


def newest(connection: Connection, limit: int = 200) -> list[AnyRow]:
    """The latest rows first."""
    return list(connection.execute(select(audit_log).order_by(audit_log.c.id.desc()).limit(limit)))
