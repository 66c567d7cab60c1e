"""The lines that a room's plan asks for: devices that share a port or an address share a line and its driver.

Not here: opening them (`supervisor`), the drivers (`drivers.catalogue`).
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from firmware_bridge.drivers.driver import Catalogue, DriverRow
from models.room_plan import CartLink, LanLink, MqttLink, PlannedDevice, SerialLink

NETWORK_SERIAL: Final = "socket://"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the room. `port` is a path, `socket://host:port`, or for displays `host:port`.

    `baud` 0: the remembered or the usual one, found out when it is wrong. Two lines are the same when nothing of them
    differs: then a new plan does not touch them.
    """

    port: str
    driver: str
    devices: tuple[PlannedDevice, ...]
    baud: int = 0

    @property
    def is_serial(self) -> bool:
        """Whether a baud means anything."""
        return self.port.startswith("/")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of what is not serial."""
        host, _, port = self.port.removeprefix(NETWORK_SERIAL).rpartition(":")
        return host.strip("[]"), int(port)


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """The lines, and by device why it has none."""

    lines: tuple[Line, ...]
    troubles: Mapping[str, str]


def lines_of(devices: Iterable[PlannedDevice], catalogue: Catalogue) -> Lines:
    """What a plan asks of the bridge; devices in the cart, on MQTT or without a link need no line."""
    shared: dict[str, list[PlannedDevice]] = {}
    ways: dict[str, tuple[str, int]] = {}
    troubles: dict[str, str] = {}
    for device in devices:
        match device.link:
            case SerialLink() as link:
                port, driver, baud = link.port, link.driver, link.baud
            case LanLink() as link:
                row = catalogue.get(link.driver)
                number = link.port or (row.usual_port if row else 0)
                port, driver, baud = f"{link.host}:{number}", link.driver, 0
            case CartLink() | MqttLink() | None:
                continue
        trouble = _trouble(port, driver, catalogue.get(driver))
        if not trouble and ways.setdefault(port, (driver, baud)) != (driver, baud):
            trouble = f"{port} is planned for two drivers or speeds. Correct the room's plan."
        if trouble:
            troubles[device.device_id] = trouble
        else:
            shared.setdefault(port, []).append(device)
    lines = [
        Line(port=port, driver=ways[port][0], baud=ways[port][1], devices=tuple(found))
        for port, found in shared.items()
    ]
    return Lines(lines=tuple(lines), troubles=troubles)


def _trouble(port: str, driver: str, row: DriverRow | None) -> str:
    """Why a line cannot be, in a sentence for IT staff; empty when it can."""
    if row is None:
        return f"This box knows no driver {driver}. Correct the room's plan, or update the box."
    if port.startswith("/"):
        return ""
    number = port.rpartition(":")[2]
    if not number.isdecimal() or not 0 < int(number) < 65_536:
        return f"{port} names no port. Correct the room's plan."
    return ""
