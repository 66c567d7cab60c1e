"""Every display family: its codec, its usual line, how far it is proved. A new family is a codec, a table and a row.

Not here: what a family says (its table), the machine that asks (`asking`).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from firmware_bridge.displays.aabbcc import AabbccCodec
from firmware_bridge.displays.asking import Asking
from firmware_bridge.displays.benq_projector import BenqProjectorCodec
from firmware_bridge.displays.board_frames import BoardCodec
from firmware_bridge.displays.codec import Codec, MakeCodec
from firmware_bridge.displays.display import Display
from firmware_bridge.displays.hisense import HisenseCodec, HisenseHexCodec, HisenseLanCodec
from firmware_bridge.displays.lg import LgCodec
from firmware_bridge.displays.maxhub import MaxhubCodec
from firmware_bridge.displays.mdc import MdcCodec
from firmware_bridge.displays.nec import NecCodec
from firmware_bridge.displays.nec_projector import NecProjectorCodec
from firmware_bridge.displays.pjlink import PjlinkCodec
from firmware_bridge.displays.recognition import DisplayRecogniser
from firmware_bridge.displays.sicp import SicpCodec, iiyama_codec
from firmware_bridge.displays.tables import Table, TableError, table_of
from firmware_bridge.displays.viewsonic_projector import ViewsonicProjectorCodec
from firmware_bridge.drivers.driver import Driver, DriverRow
from models.room_plan import LanLink, PlannedDevice, SerialLink

IDENTITY: Final = re.compile(r"\bid *= *([0-9A-Fa-f]{3})\b")
"""What a Hisense set calls itself, in a link's `map`."""


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One family. Its table has its name; `usual_baud` or `usual_port` 0: it has no such form."""

    codec: MakeCodec
    usual_baud: int = 0
    usual_port: int = 0
    documents: str
    sure: float = 1.0
    """What a sound answer proves on an unknown line: 1 with a check sum; 0: it is never asked there."""
    forms: Mapping[str, MakeCodec] = {}
    """Other forms of the frames, by the name in a model's `codec`."""
    recognised_by: str = ""
    """The question that only this family knows; "" is the first one, which reads the power."""


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
    "benq-board": Family(
        codec=BoardCodec,
        usual_baud=9600,
        usual_port=4660,
        documents="Maker's lists for five models; power is not on them and must be verified on a board.",
        sure=0.9,
        recognised_by="maker",
    ),
    "viewsonic": Family(
        codec=BoardCodec,
        usual_baud=9600,
        usual_port=5000,
        documents="Maker's documents 3.1 and 3.2; no board has been asked.",
        sure=0.8,
    ),
    "benq-projector": Family(
        codec=BenqProjectorCodec,
        usual_baud=9600,
        usual_port=8000,
        documents="Maker's document and an independent description; no projector has been asked.",
        sure=0.9,
    ),
    "oem-aabbcc": Family(
        codec=AabbccCodec,
        usual_baud=9600,
        documents="Two independent descriptions; no board has been asked.",
    ),
    "sicp": Family(
        codec=SicpCodec,
        usual_baud=9600,
        usual_port=5000,
        documents="A public catalogue; the question for power has a second source. iiyama's form is not verified.",
        forms={"iiyama": iiyama_codec},
    ),
    "maxhub": Family(
        codec=MaxhubCodec,
        usual_baud=9600,
        usual_port=4664,
        documents="A public catalogue; its answers are not verified, so it is off unless the plan says otherwise.",
        sure=0.6,
    ),
    "hisense": Family(
        codec=HisenseCodec,
        usual_baud=9600,
        usual_port=8088,
        documents="A public catalogue; not verified, so it is off unless the plan says otherwise.",
        sure=0.0,
        forms={"bytes": HisenseLanCodec, "hex digits": HisenseHexCodec},
    ),
    "nec-projector": Family(
        codec=NecProjectorCodec,
        usual_baud=38400,
        usual_port=7142,
        documents="A public catalogue; no projector has been asked.",
    ),
    "viewsonic-projector": Family(
        codec=ViewsonicProjectorCodec,
        usual_baud=19200,
        usual_port=4661,
        documents="A public catalogue and public clients; no projector has been asked.",
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
        bauds={model: row.baud for model, row in table_of(name).models.items() if row.baud},
        recognise=DisplayRecogniser(name, family.codec, sure=family.sure, by=family.recognised_by)
        if family.sure
        else None,
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
    return Asking(displays, _codec_for(family, displays, devices))


def _codec_for(family: str, displays: Sequence[Display], devices: Sequence[PlannedDevice]) -> Codec:
    """The codec of the line: displays that share one speak alike, and have one password or identity."""
    form, link = displays[0].table.codec, devices[0].link
    if any(display.table.codec != form for display in displays):
        raise TableError(f"{displays[0].device_id} and its neighbours on the line are models that speak differently.")
    secret = link.password if isinstance(link, LanLink) else ""
    words = link.map if isinstance(link, (SerialLink, LanLink)) else ""
    identity = next((found[1].upper() for found in [IDENTITY.search(words)] if found), "")
    row = FAMILIES[family]
    return (row.forms[form] if form else row.codec)(secret or identity)


def _table_for(family: str, device_id: str, words: str) -> tuple[Table, bool]:
    """The table for a link's `map`: a model, "unverified = true", "id = 5FA", or several, with semicolons."""
    model, unverified, identity = "", False, ""
    for word in filter(None, (part.strip() for part in words.split(";"))):
        match [part.strip() for part in word.split("=")]:
            case ["unverified", "true"]:
                unverified = True
            case ["unverified", "false"]:
                unverified = False
            case ["id", name] if IDENTITY.fullmatch(f"id={name}"):
                identity = name
            case [name] if not model:
                model = name
            case _:
                raise TableError(f"The map of {device_id} is a model, and perhaps: unverified = true. Not {word!r}.")
    table = table_of(family).of_model(model)
    if not (table.verified or unverified):
        raise TableError(f"Nobody has verified {table.title}. The map of {device_id} must say: unverified = true.")
    if table.identity != bool(identity):
        wanted = "must say the display's own letters: id = 5FA" if table.identity else "has no use for an id"
        raise TableError(f"The map of {device_id} {wanted}.")
    return (table if unverified else table.verified_only()), unverified
