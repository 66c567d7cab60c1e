"""What offers ADB on this machine's USB, from the descriptors that the kernel has read. Nothing is opened.

Not here: talking to it (`usb_cable`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from firmware_bridge.cart.headset_link import DockedHeadset

DEVICES: Final = Path("/sys/bus/usb/devices")
_ADB: Final = ("ff", "42", "01")
"""Class, subclass and protocol of the ADB interface."""
_LONGEST: Final = 100


class UsbPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where ADB is spoken: the device's node, the interface's number, its bulk endpoints, its largest packet."""

    node: Path
    interface: int
    read_from: int
    write_to: int
    packet_bytes: int


def usb_headsets(devices: Path = DEVICES) -> dict[DockedHeadset, UsbPlace]:
    """Everything with an ADB interface and a serial number; what cannot be read (just pulled out) is not there."""
    found: dict[DockedHeadset, UsbPlace] = {}
    for interface in sorted(devices.glob("*:*")):
        try:
            if not _speaks_adb(interface):
                continue
            device = devices / interface.name.partition(":")[0]
            number = int(_word(device / "devnum"))
            docked = DockedHeadset(
                serial=_word(device / "serial"),
                where=f"usb {device.name} #{number}",
                maker=_word(device / "manufacturer"),
                model=_word(device / "product"),
            )
            place = _place(interface, int(_word(device / "busnum")), number)
        except (OSError, ValueError):
            continue
        if docked.serial and place is not None:
            found[docked] = place
    return found


def _speaks_adb(interface: Path) -> bool:
    names = ("bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol")
    return tuple((interface / name).read_text("ascii").strip() for name in names) == _ADB


def _place(interface: Path, bus: int, number: int) -> UsbPlace | None:
    ways = {way: (address, packet) for way, address, packet in _bulk_endpoints(interface)}
    if ways.keys() != {"in", "out"}:
        return None
    return UsbPlace(
        node=Path(f"/dev/bus/usb/{bus:03}/{number:03}"),
        interface=int((interface / "bInterfaceNumber").read_text("ascii"), 16),
        read_from=ways["in"][0],
        write_to=ways["out"][0],
        packet_bytes=ways["out"][1],
    )


def _bulk_endpoints(interface: Path) -> Iterator[tuple[str, int, int]]:
    for endpoint in interface.glob("ep_*"):
        if (endpoint / "type").read_text("ascii").strip() == "Bulk":
            way = (endpoint / "direction").read_text("ascii").strip()
            address, packet = (int((endpoint / name).read_text("ascii"), 16) for name in _SIZES)
            yield way, address, packet


_SIZES: Final = ("bEndpointAddress", "wMaxPacketSize")


def _word(path: Path) -> str:
    """What a descriptor says, for people; empty when it does not say it."""
    try:
        said = path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "".join(letter for letter in said if letter.isprintable()).strip()[:_LONGEST]
