"""Accounts of people at the centre and the one-time codes with which they set their first password.

Of a code only its SHA-256 is stored: codes have 80 bits and live 30 minutes, so a slow hash would add nothing.
"""

import base64
import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Column, Connection, ForeignKey, Table, Text, select, update

from central.database import ROW_NUMBER, Instant, metadata, read_as
from central.registers.place_register import find_school
from models.errors import BadInputError
from models.identifiers import RoomId
from models.staff import Role

staff_accounts = Table(
    "staff_accounts",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("room_id", Text),
    Column("school_id", Text),
    Column("password_hash", Text),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)

staff_codes = Table(
    "staff_codes",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("account_id", ROW_NUMBER, ForeignKey(staff_accounts.c.id), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

OF_A_SCHOOL: Final = (Role.IT, Role.PRINCIPAL)
"""Roles that may be bound to one school; without a school they see the whole province."""

CODE_LIFE: Final = timedelta(minutes=30)
_LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,39}")


class AccountError(BadInputError):
    """The account cannot be made so; nothing was changed."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One person's account. A proctor's account is bound to one room, IT staff and principals may be to one school."""

    id: int
    login: str
    display_name: str
    role: Role
    room_id: RoomId | None
    school_id: str | None
    password_hash: str | None
    created_at: datetime
    disabled_at: datetime | None


def create(
    connection: Connection,
    *,
    login: str,
    display_name: str,
    role: Role,
    room_id: RoomId | None,
    at: datetime,
    school_id: str | None = None,
) -> Account:
    """Enter an account without a password. Raises `AccountError` on a name that is taken or not allowed."""
    if not _LOGIN.fullmatch(login):
        raise AccountError("A sign-in name has 2-40 small letters, digits, '.', '_' or '-', and starts with a letter.")
    if not 1 <= len(display_name.strip()) <= 80:
        raise AccountError("The shown name has 1-80 letters.")
    if role is Role.PROCTOR and room_id is None:
        raise AccountError("A proctor's account needs a room.")
    if school_id is not None and role not in OF_A_SCHOOL:
        raise AccountError("Only IT staff and principals belong to one school; leave the school empty.")
    if school_id is not None and find_school(connection, school_id, None) is None:
        raise AccountError("There is no such school. Import the schools first.")
    if find(connection, login) is not None:
        raise AccountError("This sign-in name is taken.")
    values = {"login": login, "display_name": display_name.strip(), "role": role.value, "room_id": room_id}
    connection.execute(staff_accounts.insert().values(created_at=at, school_id=school_id, **values))
    created = find(connection, login)
    if created is None:
        raise AccountError("The account could not be read back.")
    return created


def find(connection: Connection, login: str) -> Account | None:
    """The account of that sign-in name."""
    row = connection.execute(select(staff_accounts).where(staff_accounts.c.login == login)).one_or_none()
    return None if row is None else read_as(row, Account)


def get(connection: Connection, account_id: int) -> Account | None:
    """The account with that number."""
    row = connection.execute(select(staff_accounts).where(staff_accounts.c.id == account_id)).one_or_none()
    return None if row is None else read_as(row, Account)


def list_accounts(connection: Connection) -> list[Account]:
    """All accounts, by sign-in name."""
    rows = connection.execute(select(staff_accounts).order_by(staff_accounts.c.login))
    return [read_as(row, Account) for row in rows]


def set_password(connection: Connection, account_id: int, password_hash: str) -> None:
    """Store the Argon2id hash of a new password."""
    mine = staff_accounts.c.id == account_id
    connection.execute(update(staff_accounts).where(mine).values(password_hash=password_hash))


def disable(connection: Connection, account_id: int, at: datetime) -> None:
    """Close the account for good; its rows stay, because the audit log names it."""
    mine = staff_accounts.c.id == account_id
    connection.execute(update(staff_accounts).where(mine).values(disabled_at=at, password_hash=None))
    connection.execute(update(staff_codes).where(staff_codes.c.account_id == account_id).values(used_at=at))


def make_code(connection: Connection, account_id: int, at: datetime) -> str:
    """A one-time code (80 bits, 16 letters in fours) for this account; earlier codes become void."""
    letters = base64.b32encode(secrets.token_bytes(10)).decode()
    open_codes = (staff_codes.c.account_id == account_id) & staff_codes.c.used_at.is_(None)
    connection.execute(update(staff_codes).where(open_codes).values(used_at=at))
    row = {"code_hash": _hash(letters), "account_id": account_id, "expires_at": at + CODE_LIFE}
    connection.execute(staff_codes.insert().values(row))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def owner_of_code(connection: Connection, code: str, at: datetime) -> Account | None:
    """Whose code it is, if it is still good; the code stays good."""
    good = (staff_codes.c.code_hash == _hash(code)) & staff_codes.c.used_at.is_(None) & (staff_codes.c.expires_at > at)
    account_id = connection.execute(select(staff_codes.c.account_id).where(good)).scalar()
    account = None if account_id is None else get(connection, account_id)
    return account if account is not None and account.disabled_at is None else None


def use_code(connection: Connection, code: str, at: datetime) -> Account | None:
    """The account of a code that is still good, which is void from now on; None for any other code."""
    mine = staff_codes.c.code_hash == _hash(code)
    good = mine & staff_codes.c.used_at.is_(None) & (staff_codes.c.expires_at > at)
    if connection.execute(update(staff_codes).where(good).values(used_at=at)).rowcount != 1:
        return None
    account_id = connection.execute(select(staff_codes.c.account_id).where(mine)).scalar_one()
    account = get(connection, account_id)
    return account if account is not None and account.disabled_at is None else None


def _hash(code: str) -> str:
    return hashlib.sha256("".join(code.upper().replace("-", " ").split()).encode()).hexdigest()
