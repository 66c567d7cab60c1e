"""Who is signed in: server-side sessions, of whose token only the SHA-256 is stored.

A session ends at sign-out, when it lies idle, after ten hours, and at once when its account is closed.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Column, Connection, ForeignKey, Table, Text, select, update

from central.database import ROW_NUMBER, Instant, metadata
from central.registers.staff_accounts import Account, get, staff_accounts
from models.staff import Role

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("account_id", ROW_NUMBER, ForeignKey(staff_accounts.c.id), nullable=False, index=True),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

LONGEST: Final = timedelta(hours=10)
_SHARED_PC: Final = timedelta(minutes=30)
_PRIVATE: Final = timedelta(minutes=15)
_NOTE_EVERY: Final = timedelta(seconds=30)


def idle_limit(role: Role) -> timedelta:
    """How long a session may lie idle: 15 minutes where much can be changed or read, 30 on a room's shared PC."""
    return _SHARED_PC if role in (Role.PROCTOR, Role.PRINCIPAL) else _PRIVATE


def start(connection: Connection, account_id: int, at: datetime) -> str:
    """A new session's token: 32 random bytes as URL-safe text."""
    token = secrets.token_urlsafe(32)
    row = {"token_hash": _hash(token), "account_id": account_id, "started_at": at, "seen_at": at}
    connection.execute(staff_sessions.insert().values(row))
    return token


class LiveSession(msgspec.Struct, frozen=True, kw_only=True):
    """Whose session it is. `note_due`: `note_seen` should be called at the person's next deed."""

    account: Account
    note_due: bool


def find_live(connection: Connection, token: str, at: datetime) -> LiveSession | None:
    """The session of this token, if it has not ended in any way."""
    row = connection.execute(select(staff_sessions).where(staff_sessions.c.token_hash == _hash(token))).one_or_none()
    if row is None or row.ended_at is not None:
        return None
    account = get(connection, row.account_id)
    if account is None or account.disabled_at is not None:
        return None
    if at - row.started_at >= LONGEST or at - row.seen_at >= idle_limit(account.role):
        return None
    return LiveSession(account=account, note_due=at - row.seen_at >= _NOTE_EVERY)


def note_seen(connection: Connection, token: str, at: datetime) -> None:
    """The person did something."""
    mine = staff_sessions.c.token_hash == _hash(token)
    connection.execute(update(staff_sessions).where(mine).values(seen_at=at))


def end(connection: Connection, token: str, at: datetime) -> None:
    """Sign out."""
    mine = (staff_sessions.c.token_hash == _hash(token)) & staff_sessions.c.ended_at.is_(None)
    connection.execute(update(staff_sessions).where(mine).values(ended_at=at))


def end_all_of(connection: Connection, account_id: int, at: datetime) -> None:
    """End every session of an account."""
    mine = (staff_sessions.c.account_id == account_id) & staff_sessions.c.ended_at.is_(None)
    connection.execute(update(staff_sessions).where(mine).values(ended_at=at))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
