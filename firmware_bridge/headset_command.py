"""`headsets`: what stands in the charging cart, and reading one by hand, which also asks its wearer to accept the key.

Status 0: something stands there, or the headset was read; 1: nothing does; 2: it could not be read; 3: wrong use.
"""

import argparse
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from firmware_bridge.cart.adb_headset_link import AdbHeadsetLink
from firmware_bridge.cart.docks import Dock, LocalDock, UsbDock
from firmware_bridge.cart.headset_key import KeyKeeper
from firmware_bridge.cart.headset_link import DockedHeadset
from firmware_bridge.cart.headset_poll import KEY_FAULT, Polled, poll
from firmware_bridge.settings import settings_of_box
from firmware_bridge.terminal import remark, say
from firmware_bridge.wiring import headset_key_file
from models.equipment import EquipmentKind
from models.room_plan import PlannedDevice

BOX: Final = Path("/var/lib/classroom-box")
WEARER_SECONDS: Final = 60.0
_AGAIN_SECONDS: Final = 2.0


def add_parsers(commands: Any) -> None:
    """`commands`: argparse's subparsers."""
    headsets = commands.add_parser(
        "headsets", help="list what stands in the charging cart (opens nothing), or read one"
    )
    headsets.add_argument("--read", metavar="SERIAL", help="read this one; asks its wearer to accept the box's key")
    headsets.add_argument("--box", type=Path, default=BOX, help=f"whose key it is (default: {BOX})")
    headsets.add_argument(
        "--wait", type=float, default=WEARER_SECONDS, help="seconds for the wearer, default %(default)s"
    )
    headsets.add_argument("--soft-port", type=int, help="a headset in software at this port of this machine")
    headsets.set_defaults(func=_headsets)


def _headsets(arguments: argparse.Namespace) -> int:
    serial = arguments.read
    dock: Dock = LocalDock({serial or "software": arguments.soft_port}) if arguments.soft_port else UsbDock()
    docked = list(dock.docked())
    if serial is None:
        for one in docked:
            say(f"{one.serial}  {one.maker} {one.model}  {one.where}")
        return 0 if docked else 1
    found = [one for one in docked if one.serial == serial]
    if len(found) != 1:
        remark(f"{len(found)} devices with this serial number stand in the cart.")
        return 1 if not found else 2
    settings = settings_of_box(arguments.box)
    polled = _read(found[0], dock, KeyKeeper(headset_key_file(settings)), arguments.wait, settings.cart.apps)
    if polled.trouble:
        remark(polled.trouble)
        return 2
    for part in (polled.said.about, polled.said.state):
        say(msgspec.json.encode(part).decode())
    return 0


def _read(docked: DockedHeadset, dock: Dock, keys: KeyKeeper, seconds: float, apps: tuple[str, ...]) -> Polled:
    """Offers the key once, then tries it until the wearer has accepted or the time is over."""
    device = PlannedDevice(device_id="this", kind=EquipmentKind.VR_HEADSET)
    offers = iter((True,))
    end = time.monotonic() + seconds
    while True:
        link = AdbHeadsetLink(dock.cable(docked), keys.key(), lambda: next(offers, False))
        polled = poll(device, docked, link, None, apps)
        waits = polled.said.state is not None and KEY_FAULT in polled.said.state.faults
        if not waits or time.monotonic() + _AGAIN_SECONDS > end:
            return polled
        remark(polled.trouble)
        time.sleep(_AGAIN_SECONDS)
