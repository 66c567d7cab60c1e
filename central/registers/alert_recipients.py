"""Who of a school is told of alerts by e-mail, written by its own staff; the settings name others (`AlertSettings`).

Not here: writing and sending letters (`central.measuring.alert_post`).
"""

import re
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Column, Connection, ForeignKey, Table, Text, delete, select

from central.database import metadata
from central.registers import audit_log
from central.registers.device_tables import Deed, DeviceError
from central.registers.place_register import Scope, find_school, schools

alert_recipients = Table(
    "alert_recipients",
    metadata,
    Column("school_id", Text, ForeignKey(schools.c.school_id), primary_key=True),
    Column("email", Text, primary_key=True),
)

MOST: Final = 20
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,120}[A-Za-z0-9])?")


class RecipientError(DeviceError):
    """The list cannot be kept; nothing was changed."""


def recipients_of(connection: Connection, school_id: str) -> list[str]:
    """A school's addresses, by name."""
    mine = alert_recipients.c.school_id == school_id
    return list(connection.execute(select(alert_recipients.c.email).where(mine).order_by("email")).scalars())


def every_recipient(connection: Connection) -> dict[str, list[str]]:
    """The addresses of each school that wrote any."""
    found: dict[str, list[str]] = {}
    for school_id, email in connection.execute(select(alert_recipients).order_by("school_id", "email")):
        found.setdefault(school_id, []).append(email)
    return found


def set_recipients(connection: Connection, school_id: str, emails: Sequence[str], *, scope: Scope, deed: Deed) -> None:
    """Replace a school's list. Raises RecipientError. The audit row says how many there are, not who."""
    if find_school(connection, school_id, scope) is None:
        raise RecipientError("There is no such school.")
    wanted = sorted({email.strip() for email in emails} - {""})
    if len(wanted) > MOST or not all(_ADDRESS.fullmatch(email) for email in wanted):
        raise RecipientError(f"At most {MOST} e-mail addresses, one on a line.")
    connection.execute(delete(alert_recipients).where(alert_recipients.c.school_id == school_id))
    if wanted:
        rows = [{"school_id": school_id, "email": email} for email in wanted]
        connection.execute(alert_recipients.insert(), rows)
    audit_log.write(
        connection,
        at=deed.at,
        actor=deed.actor,
        action="alert recipients changed",
        subject=school_id,
        count=len(wanted),
        reason=deed.reason,
    )
