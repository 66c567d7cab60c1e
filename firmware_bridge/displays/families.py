"""Every display family: its codec, its usual line, how far it is proved. A new family is a codec, a table and a row.

Not here: what a family says (its table), the machine that asks (`asking`).
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from firmware_bridge.displays.asking import Asking
from firmware_bridge.displays.codec import MakeCodec
from firmware_bridge.displays.display import Display
from firmware_bridge.displays.lg import LgCodec
from firmware_bridge.displays.mdc import MdcCodec
from firmware_bridge.displays.nec import NecCodec
from firmware_bridge.displays.pjlink import PjlinkCodec
from firmware_bridge.displays.recognition import DisplayRecogniser
from firmware_bridge.displays.tables import Table, TableError, table_of
from firmware_bridge.drivers.driver import Driver, DriverRow
from models.room_plan import LanLink, PlannedDevice, SerialLink


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One family. Its table has its name; `usual_baud` or `usual_port` 0: it has no such form."""

    codec: MakeCodec
    usual_baud: int = 0
    usual_port: int = 0
    documents: str
    sure: float = 1.0
    """What a sound answer proves on an unknown line: 1 with a check sum."""


FAMILIES: Final[dict[str, Family]] = {
    "pjlink": Family(
        codec=PjlinkCodec,
        usual_port=4352,
        documents="Standard, class 1 and 2; independent clients speak to our simulator, we to an independent emulator.",
        sure=0.95,
    ),
    "mdc": Family(
        codec=MdcCodec,
        usual_baud=9600,
        usual_port=1515,
        documents="Maker's document; an independent client speaks to our simulator, and its frames are ours.",
    ),
    "lg": Family(
        codec=LgCodec,
        usual_baud=9600,
        usual_port=9761,
        documents="Maker's document; an independent client speaks to our simulator.",
        sure=0.9,
    ),
    "nec": Family(
        codec=NecCodec,
        usual_baud=9600,
        usual_port=7142,
        documents="Maker's document; the maker's own client speaks to our simulator.",
    ),
}


def rows() -> dict[str, DriverRow]:
    """The rows of the catalogue of drivers."""
    return {name: _row(name, family) for name, family in FAMILIES.items()}


def _row(name: str, family: Family) -> DriverRow:
    def make(devices: Sequence[PlannedDevice]) -> Driver:
        return make_asking(name, devices)

    return DriverRow(
        make=make,
        usual_baud=family.usual_baud,
        usual_port=family.usual_port,
        documents=family.documents,
        recognise=DisplayRecogniser(name, family.codec, sure=family.sure),
    )


def make_asking(family: str, devices: Sequence[PlannedDevice]) -> Asking:
    """The driver for the displays of one family on one line. Raises TableError for a wrong map or address."""
    displays = []
    for device in devices:
        link = device.link
        if not isinstance(link, (SerialLink, LanLink)):
            raise TableError(f"The display {device.device_id} has no serial line and no LAN address in the plan.")
        table, allowed = _table_for(family, device.device_id, link.map)
        lowest, highest = table.units
        if not lowest <= link.unit <= highest:
            raise TableError(f"{device.device_id} cannot have the address {link.unit}, only {lowest} to {highest}.")
        displays.append(Display(device, table, link.unit, via=family, unverified=allowed))
    link = devices[0].link
    password = link.password if isinstance(link, LanLink) else ""
    return Asking(displays, FAMILIES[family].codec(password))


def _table_for(family: str, device_id: str, words: str) -> tuple[Table, bool]:
    """The table for a link's `map`: "", a model, "unverified = true", or "MODEL; unverified = true"."""
    model, unverified = "", False
    for word in filter(None, (part.strip() for part in words.split(";"))):
        match [part.strip() for part in word.split("=")]:
            case ["unverified", "true"]:
                unverified = True
            case ["unverified", "false"]:
                unverified = False
            case [name] if not model:
                model = name
            case _:
                raise TableError(f"The map of {device_id} is a model, and perhaps: unverified = true. Not {word!r}.")
    table = table_of(family).of_model(model)
    return (table if unverified else table.verified_only()), unverified
