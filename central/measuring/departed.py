"""Ends what is still told of devices that left their room: moved, lost, retired. Their box cannot end it any more.

Runs inside the writer's transaction, when the registers changed. Not here: alerts that the box ends itself (`intake`).
"""

from typing import Final

from sqlalchemy import Connection, select

from central.measuring.known_places import KnownPlaces
from central.measuring.put_rows import PutRows
from central.measuring.tables import alerts

END_ALERT: Final = "UPDATE alerts SET ended_at = ? WHERE alert_id = ? AND ended_at IS NULL"


def end_alerts_of_departed(connection: Connection, places: KnownPlaces, rows: PutRows, now_ms: int) -> None:
    """End, at `now_ms`, the open alerts of devices that are not at home in the alert's room. A box's own ones stay."""
    lasting = select(alerts.c.alert_id, alerts.c.device_id, alerts.c.room_id).where(
        alerts.c.ended_at.is_(None), alerts.c.device_id != alerts.c.box_id
    )
    gone = []
    for alert_id, device_id, room_id in connection.execute(lasting):
        home = places.home_of(device_id)
        if home is None or home.lost or home.room_id != room_id:
            gone.append((now_ms, alert_id))
    rows.change(connection, END_ALERT, gone)
    places.devices_changed = False
