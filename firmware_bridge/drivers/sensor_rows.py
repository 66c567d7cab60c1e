"""The rows of the sensor families in the catalogue."""

from firmware_bridge.drivers import firmata, link_v1, modbus, text_lines
from firmware_bridge.drivers.driver import DriverRow
from firmware_bridge.drivers.firmata_recognition import FirmataRecogniser
from firmware_bridge.drivers.link_recognition import LinkRecogniser
from firmware_bridge.drivers.modbus_recognition import ModbusRecogniser
from firmware_bridge.drivers.text_recognition import TextRecogniser


def rows() -> dict[str, DriverRow]:
    """By the name that a room's plan uses."""
    return {
        "link-v1": DriverRow(
            make=link_v1.make,
            usual_baud=115_200,
            resets_on_open=True,
            documents="our own contract, firmware_bridge/PROTOCOL.md; tried with our firmware in a simulated processor",
            recognise=LinkRecogniser(),
        ),
        "text-lines": DriverRow(
            make=text_lines.make,
            usual_baud=115_200,
            resets_on_open=True,
            documents="no document: what boards print; integrity only with marks",
            recognise=TextRecogniser(),
        ),
        "modbus": DriverRow(
            make=modbus.make,
            usual_baud=9600,
            documents="Modbus over serial line 1.02, functions 3 and 4; each register map names its own source",
            recognise=ModbusRecogniser(),
        ),
        "firmata": DriverRow(
            make=firmata.make,
            usual_baud=57_600,
            resets_on_open=True,
            documents="Firmata 2.x protocol.md; no check on the line, so no integrity",
            recognise=FirmataRecogniser(),
        ),
    }
