"""So many alerts of one box last at a time: the gravest stay, the others end at the instant at which they began.

A box that tells alerts of ever earlier beginnings would pile them up, since only later ones end those before. Runs
inside the writer's transaction. Not here: one alert for each device and kind (`harvest`).
"""

from typing import Final

from sqlalchemy import Connection, case, select, update

from central.measuring.tables import alerts
from models.telemetry import AlertKind

MOST_OPEN: Final = 500
GRAVEST_FIRST: Final = (
    AlertKind.DOOR_OPEN,
    AlertKind.HOT,
    AlertKind.FAULT,
    AlertKind.UNREACHABLE,
    AlertKind.SILENT,
    AlertKind.ROWS_LOST,
    AlertKind.BATTERY_LOW,
    AlertKind.LAMP_HOURS,
    AlertKind.BOARD_RESET,
)
"""People and the house before one device, a device that is broken before one that soon will be."""

_GRAVITY: Final = case({kind.value: rank for rank, kind in enumerate(GRAVEST_FIRST)}, value=alerts.c.kind)


def end_least_grave(connection: Connection, box_id: str, room_id: str) -> None:
    """End what the box told of its room beyond `MOST_OPEN`, of the same gravity the oldest first."""
    lasting = (alerts.c.room_id == room_id) & (alerts.c.box_id == box_id) & alerts.c.ended_at.is_(None)
    order = (_GRAVITY, alerts.c.began_at.desc(), alerts.c.alert_id)
    kept = select(alerts.c.alert_id).where(lasting).order_by(*order).limit(MOST_OPEN)
    too_many = update(alerts).where(lasting, alerts.c.alert_id.not_in(kept))
    connection.execute(too_many.values(ended_at=alerts.c.began_at))
