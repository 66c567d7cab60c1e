"""Every `map` that the drivers' pages show can be written in central's form, and the driver takes it."""

from pathlib import Path
from typing import Final

import msgspec
import pytest

import firmware_bridge
from central.http.device_link_pages import NewLink
from central.it_office.device_links import SERIAL_DRIVERS, How, LinkError, read_link
from firmware_bridge.drivers.catalogue import DRIVERS
from models.equipment import EquipmentKind
from models.room_plan import PlannedDevice, SerialLink

PAGES: Final = "".join(
    (Path(firmware_bridge.__path__[0]) / room / "README.md").read_text()
    for room in ("drivers", "displays", "register_maps")
)
EXAMPLES: Final = {
    "temp:C:0.1,-,2=lux": "link-v1",
    "temp,hum": "text-lines",
    "raw=temp:C:0.05": "text-lines",
    "xy-md02": "modbus",
    "womaster-es107": "modbus",
    "a0=light:lx:0.5,d2=door,p9=motion": "firmata",
    "unverified = true": "sicp",
    "RM8602K; unverified = true": "benq-board",
    "id = 5FA; unverified = true": "hisense",
    "CDE8600": "viewsonic",
    "IFP7500": "viewsonic",
    "hdmi": "pjlink",
}


@pytest.mark.parametrize(("written", "driver"), EXAMPLES.items())
def test_what_the_pages_show_can_be_written_and_is_understood(written: str, driver: str) -> None:
    assert f"`{written}`" in PAGES
    how: How = "serial" if driver in SERIAL_DRIVERS else "lan"
    form = NewLink(
        how=how, driver=driver, port="/dev/serial/by-id/usb-1", host="10.0.0.7", map=written, reason="as the page says"
    )
    link = read_link(form.told(), EquipmentKind.OTHER, None).link
    assert link is not None
    assert msgspec.structs.asdict(link)["map"] == written
    DRIVERS[driver].make([PlannedDevice(device_id="dev-1", kind=EquipmentKind.OTHER, link=link)])


def test_a_map_of_ones_own_is_named_by_its_path() -> None:
    form = NewLink(
        how="serial", driver="modbus", port="/dev/serial/by-id/usb-1", map="/etc/smart-classroom/own.toml", reason="own"
    )
    link = read_link(form.told(), EquipmentKind.SENSOR_BOARD, None).link
    assert isinstance(link, SerialLink)
    assert link.map == "/etc/smart-classroom/own.toml"


@pytest.mark.parametrize("written", ["a\nb", "độ ẩm", "$(x)", '"'])
def test_what_no_driver_knows_is_refused(written: str) -> None:
    form = NewLink(how="serial", driver="text-lines", port="/dev/serial/by-id/usb-1", map=written, reason="wrong")
    with pytest.raises(LinkError, match="map"):
        read_link(form.told(), EquipmentKind.SENSOR_BOARD, None)
