"""Who borrowed a device, until when, and who took it back. A borrower is a class or a teacher, never a pupil.

Not here: the page and the scan (`central.http.loan_pages`), which devices were seen (`device_sightings`).
"""

from datetime import date, datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Column, Connection, Date, ForeignKey, Index, Table, Text, delete, select, update
from sqlalchemy.exc import IntegrityError

from central.database import ROW_NUMBER, Instant, metadata, read_as
from central.registers import audit_log
from central.registers.device_register import UnknownDeviceError, find_device
from central.registers.device_tables import Deed, DeviceError, devices
from central.registers.place_register import Scope, in_scope
from models.equipment import DeviceState

device_loans = Table(
    "device_loans",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("device_id", Text, ForeignKey(devices.c.device_id), nullable=False, index=True),
    Column("borrower", Text, nullable=False),
    Column("due_on", Date),
    Column("lent_at", Instant, nullable=False),
    Column("lent_by", Text, nullable=False),
    Column("returned_at", Instant, index=True),
    Column("returned_by", Text),
)
_OUT = device_loans.c.returned_at.is_(None)
Index("uq_device_loans_out", device_loans.c.device_id, unique=True, sqlite_where=_OUT, postgresql_where=_OUT)

KEPT: Final = timedelta(days=800)
"""So long after it came back; the audit log keeps that it was lent."""

MOST_FORGOTTEN: Final = 5_000
"""At once: this runs beside an exam."""

LONGEST_BORROWER: Final = 60
MOST_SHOWN: Final = 300


class LoanError(DeviceError):
    """The device cannot be lent so, or not be taken back; nothing was changed."""


class AlreadyOutError(LoanError):
    """Somebody has the device already."""


class Loan(msgspec.Struct, frozen=True, kw_only=True):
    """One time that a device went out; `returned_at` None while it is."""

    device_id: str
    borrower: str
    due_on: date | None
    lent_at: datetime
    lent_by: str
    returned_at: datetime | None
    returned_by: str | None


def lend(
    connection: Connection, device_id: str, borrower: str, due_on: date | None, *, scope: Scope, deed: Deed
) -> None:
    """Give a device out. Raises UnknownDeviceError, AlreadyOutError, LoanError."""
    device = find_device(connection, device_id, scope)
    if device is None:
        raise UnknownDeviceError("There is no such device.")
    if device.state is not DeviceState.IN_USE:
        raise LoanError("Only a device that is in use can be lent.")
    if not 1 <= len(borrower.strip()) <= LONGEST_BORROWER:
        raise LoanError(f"Name the class or the teacher in at most {LONGEST_BORROWER} letters.")
    if out_now(connection, device_id) is not None:
        raise AlreadyOutError("This device is out already. Take it back first.")
    row = {"device_id": device_id, "borrower": borrower.strip(), "due_on": due_on}
    try:
        connection.execute(device_loans.insert().values(**row, lent_at=deed.at, lent_by=deed.actor))
    except IntegrityError:
        raise AlreadyOutError("Somebody has just lent this device.") from None
    audit_log.write(connection, at=deed.at, actor=deed.actor, action="device lent", subject=device_id)


def take_back(connection: Connection, device_id: str, *, scope: Scope, deed: Deed) -> None:
    """The device is here again. Raises UnknownDeviceError, LoanError."""
    if find_device(connection, device_id, scope) is None:
        raise UnknownDeviceError("There is no such device.")
    mine = (device_loans.c.device_id == device_id) & _OUT
    if (
        connection.execute(
            update(device_loans).where(mine).values(returned_at=deed.at, returned_by=deed.actor)
        ).rowcount
        == 0
    ):
        raise LoanError("This device is not out.")
    audit_log.write(connection, at=deed.at, actor=deed.actor, action="device returned", subject=device_id)


def out_now(connection: Connection, device_id: str) -> Loan | None:
    """Who has the device now."""
    row = connection.execute(select(device_loans).where(device_loans.c.device_id == device_id, _OUT)).one_or_none()
    return None if row is None else read_as(row, Loan)


def loans_of(connection: Connection, device_id: str, limit: int = 10) -> list[Loan]:
    """The last times that the device went out, newest first."""
    wanted = select(device_loans).where(device_loans.c.device_id == device_id)
    rows = connection.execute(wanted.order_by(device_loans.c.id.desc()).limit(limit))
    return [read_as(row, Loan) for row in rows]


def out_of_room(connection: Connection, room_id: str) -> list[Loan]:
    """What is out of one room."""
    wanted = select(device_loans).join(devices, devices.c.device_id == device_loans.c.device_id)
    return [read_as(row, Loan) for row in connection.execute(wanted.where(_OUT, devices.c.room_id == room_id))]


def everything_out(connection: Connection, scope: Scope, limit: int = MOST_SHOWN) -> list[Loan]:
    """What is out in scope, the one that was due first first; without a day last."""
    wanted = select(device_loans).join(devices, devices.c.device_id == device_loans.c.device_id)
    order = (device_loans.c.due_on.is_(None), device_loans.c.due_on, device_loans.c.lent_at)
    rows = connection.execute(wanted.where(_OUT, in_scope(devices.c.room_id, scope)).order_by(*order).limit(limit))
    return [read_as(row, Loan) for row in rows]


def forget_before(connection: Connection, at: datetime) -> int:
    """Delete loans that ended before then, the oldest first and `MOST_FORGOTTEN` at most; how many those were."""
    over = select(device_loans.c.id).where(device_loans.c.returned_at < at)
    oldest = over.order_by(device_loans.c.returned_at).limit(MOST_FORGOTTEN)
    return connection.execute(delete(device_loans).where(device_loans.c.id.in_(oldest))).rowcount
