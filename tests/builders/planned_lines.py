"""Devices of a room's plan on serial lines, for tests of drivers."""

from models.equipment import EquipmentKind
from models.room_plan import PlannedDevice, SerialLink


def on_a_line(driver: str, device_id: str = "dev-1", unit: int = 1, map_: str = "", baud: int = 0) -> PlannedDevice:
    link = SerialLink(port="/dev/serial/by-id/a", driver=driver, unit=unit, map=map_, baud=baud)
    return PlannedDevice(device_id=device_id, kind=EquipmentKind.SENSOR_BOARD, link=link)
