"""The drivers that IT staff may choose at central are exactly those that the bridge has, over the same lines."""

import tomllib
from pathlib import Path

import firmware_bridge
from firmware_bridge.drivers.catalogue import DRIVERS
from models.equipment_drivers import EQUIPMENT_DRIVERS


def test_staff_choose_from_the_drivers_that_there_are() -> None:
    offered = {name: (one.usual_baud, one.usual_port) for name, one in EQUIPMENT_DRIVERS.items()}
    assert offered == {name: (row.usual_baud, row.usual_port) for name, row in DRIVERS.items()}


def test_staff_choose_from_the_sources_that_the_tables_know() -> None:
    known = {name: set[str]() for name in EQUIPMENT_DRIVERS}
    for path in (Path(firmware_bridge.__path__[0]) / "displays" / "tables").glob("*.toml"):
        table = tomllib.loads(path.read_text())
        for rows in (table, *table.get("models", {}).values()):
            known[table["family"]] |= rows.get("writes", {}).get("source", {}).keys()
    assert {name: set(one.sources) for name, one in EQUIPMENT_DRIVERS.items()} == known
