"""Every driver by the name that a room's plan uses. A protocol family is a row here."""

from typing import Final

from firmware_bridge.displays import families
from firmware_bridge.drivers import sensor_rows
from firmware_bridge.drivers.driver import Catalogue

DRIVERS: Final[Catalogue] = {
    **sensor_rows.rows(),
    **families.rows(),
}
