"""The drivers that IT staff may choose at central are exactly those that the bridge has, over the same lines."""

from firmware_bridge.drivers.catalogue import DRIVERS
from models.equipment_drivers import EQUIPMENT_DRIVERS


def test_staff_choose_from_the_drivers_that_there_are() -> None:
    offered = {name: (one.usual_baud, one.usual_port) for name, one in EQUIPMENT_DRIVERS.items()}
    assert offered == {name: (row.usual_baud, row.usual_port) for name, row in DRIVERS.items()}
