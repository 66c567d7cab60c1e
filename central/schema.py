"""Every register's tables in one place, for the schema's history and its check."""

from sqlalchemy import MetaData

from central.database import metadata
from central.registers import (
    admission_register,
    alert_recipients,
    audit_log,
    box_commands,
    box_health,
    box_records,
    box_register,
    card_challenges,
    deliveries,
    device_costs,
    device_loans,
    device_sightings,
    device_tables,
    event_log,
    handed_rosters,
    place_register,
    quarantine,
    room_plans,
    roster_register,
    staff_accounts,
    staff_sessions,
)

REGISTERS = (
    admission_register,
    alert_recipients,
    audit_log,
    box_commands,
    box_health,
    box_records,
    box_register,
    card_challenges,
    deliveries,
    device_costs,
    device_loans,
    device_sightings,
    device_tables,
    event_log,
    handed_rosters,
    place_register,
    quarantine,
    room_plans,
    roster_register,
    staff_accounts,
    staff_sessions,
)
"""Importing them declares their tables."""


def whole_schema() -> MetaData:
    """All tables of all registers."""
    return metadata
