"""What a device cost: its purchase, repairs and upkeep in đồng, each entered once by a person. Append-only here.

Not here: what an hour of use costs (`central.principal.device_life`).
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Date, ForeignKey, Table, Text, select

from central.database import ROW_NUMBER, Instant, metadata, read_as
from central.registers import audit_log
from central.registers.device_register import UnknownDeviceError, find_device
from central.registers.device_tables import LONGEST, Deed, DeviceError
from central.registers.place_register import Scope

device_costs = Table(
    "device_costs",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("device_id", Text, ForeignKey("devices.device_id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("amount_vnd", BigInteger, nullable=False),
    Column("spent_on", Date, nullable=False),
    Column("note", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

MOST_VND: Final = 100_000_000_000


class CostKind(StrEnum):
    """What money was spent on."""

    PURCHASE = "purchase"
    REPAIR = "repair"
    UPKEEP = "upkeep"
    CORRECTION = "correction"
    """A wrong entry taken back: a negative amount."""


class DeviceCost(msgspec.Struct, frozen=True, kw_only=True):
    """One entry."""

    kind: CostKind
    amount_vnd: int
    spent_on: date
    note: str
    actor: str
    at: datetime


def enter_cost(
    connection: Connection, device_id: str, kind: CostKind, amount_vnd: int, spent_on: date, *, scope: Scope, deed: Deed
) -> None:
    """Enter what was spent; the deed's reason is kept as the note. Raises `UnknownDeviceError`, `DeviceError`."""
    if find_device(connection, device_id, scope) is None:
        raise UnknownDeviceError("There is no such device.")
    if not 1 <= abs(amount_vnd) <= MOST_VND or (amount_vnd < 0) is not (kind is CostKind.CORRECTION):
        raise DeviceError(f"An amount is 1 to {MOST_VND} đồng; only a correction is negative.")
    if spent_on > deed.at.date() or not 1 <= len(deed.reason) <= LONGEST:
        raise DeviceError(f"Money is entered once it is spent, with a note of at most {LONGEST} letters.")
    row = {"device_id": device_id, "kind": kind.value, "amount_vnd": amount_vnd, "spent_on": spent_on}
    connection.execute(device_costs.insert().values(**row, note=deed.reason, actor=deed.actor, at=deed.at))
    audit_log.write(
        connection, at=deed.at, actor=deed.actor, action="device cost entered", subject=device_id, kind=kind.value,
        amount_vnd=amount_vnd, reason=deed.reason,
    )  # fmt: skip


def costs_of(connection: Connection, device_id: str) -> list[DeviceCost]:
    """Every entry of a device whose scope was looked at before, newest first."""
    wanted = select(device_costs).where(device_costs.c.device_id == device_id)
    rows = connection.execute(wanted.order_by(device_costs.c.spent_on.desc(), device_costs.c.id.desc()))
    return [read_as(row, DeviceCost) for row in rows]
