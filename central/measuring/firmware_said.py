"""Which firmware each device last told of. Not here: writing it to boards (`firmware_bridge.updating`)."""

from datetime import datetime

from sqlalchemy import Connection, select

from central.measuring.tables import latest
from central.measuring.views import Rooms, in_rooms


def firmware_of_devices(connection: Connection, rooms: Rooms) -> dict[str, tuple[str, datetime]]:
    """By device: the version that it told, and when its newest word came; devices that told none are left out."""
    wanted = select(latest.c.device_id, latest.c.firmware, latest.c.at)
    rows = connection.execute(wanted.where(latest.c.firmware != "", in_rooms(latest.c.room_id, rooms)))
    return {device_id: (firmware, at) for device_id, firmware, at in rows}
