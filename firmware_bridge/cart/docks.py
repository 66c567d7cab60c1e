"""Where headsets stand: on this machine's USB, or in software at ports of it. Not here: reading them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from firmware_bridge.cart.cable import Cable
from firmware_bridge.cart.headset_link import DockedHeadset, HeadsetGoneError
from firmware_bridge.cart.local_cable import LocalCable
from firmware_bridge.cart.usb_cable import UsbCable
from firmware_bridge.cart.usb_headsets import DEVICES, UsbPlace, usb_headsets


class Dock(Protocol):
    """Looking opens nothing."""

    def docked(self) -> Sequence[DockedHeadset]:
        """What stands there now."""

    def cable(self, docked: DockedHeadset) -> Cable:
        """The cable of one that the last look saw. Raises HeadsetGoneError. From any thread."""


class UsbDock:
    """This machine's USB."""

    def __init__(self, devices: Path = DEVICES) -> None:
        self._devices = devices
        self._places: Mapping[DockedHeadset, UsbPlace] = {}

    def docked(self) -> Sequence[DockedHeadset]:
        """From what the kernel has read of the descriptors."""
        self._places = usb_headsets(self._devices)
        return tuple(self._places)

    def cable(self, docked: DockedHeadset) -> Cable:
        """Raises HeadsetGoneError."""
        place = self._places.get(docked)
        if place is None:
            raise HeadsetGoneError("It was taken out of the cart.")
        return UsbCable(place)


class LocalDock:
    """Headsets in software: serial number to port of 127.0.0.1."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports

    def docked(self) -> Sequence[DockedHeadset]:
        """All of them, always."""
        return [DockedHeadset(serial=serial, where=f"port {port}") for serial, port in self._ports.items()]

    def cable(self, docked: DockedHeadset) -> Cable:
        """Raises HeadsetGoneError."""
        port = self._ports.get(docked.serial)
        if port is None:
            raise HeadsetGoneError("There is no such headset in software.")
        return LocalCable(port)
