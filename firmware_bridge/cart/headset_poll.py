"""One reading of one headset: a conversation, and what the room is told of it. Not here: when (`charging_cart`)."""

import logging
from collections.abc import Sequence
from typing import Final

import msgspec

from firmware_bridge.cart.headset_link import (
    DockedHeadset,
    HeadsetLink,
    HeadsetLinkError,
    HeadsetTalkError,
    KeyNotAcceptedError,
    ReadCommand,
)
from firmware_bridge.cart.headset_words import (
    Values,
    app_version,
    battery_values,
    foreground_values,
    heat_values,
    name_plate,
    power_values,
    storage_values,
)
from firmware_bridge.drivers.driver import Said
from models.measurements import APP
from models.room_messages import About, Reach, State
from models.room_plan import PlannedDevice

log = logging.getLogger(__name__)

AWAY: Final = "It is not in the charging cart."
KEY_FAULT: Final = "key"
_SHORT: Final = 120


class Polled(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of the headset, and what went wrong ("" when nothing did)."""

    said: Said
    trouble: str = ""


def poll(
    device: PlannedDevice,
    docked: DockedHeadset,
    link: HeadsetLink,
    known: About | None,
    apps: Sequence[str] = (),
) -> Polled:
    """Reads the headset; its name plate only when it is not `known` from this docking. A link's error is an answer.

    `apps` are packages whose versions are read too.
    """
    try:
        link.open()
        about = known or _about(device, docked, link)
        values, faults = _read(link)
        values |= _apps(link, apps)
    except KeyNotAcceptedError as error:
        return _troubled(device.device_id, str(error), Reach.FAULT, (KEY_FAULT,))
    except HeadsetLinkError as error:
        return _troubled(device.device_id, str(error), Reach.UNREACHABLE)
    finally:
        link.close()
    reach = Reach.FAULT if faults else Reach.OK
    state = State(at=0, reach=reach, faults=faults, values={"present": True, **values})
    return Polled(said=Said(device_id=device.device_id, about=about, state=state))


def away(device_id: str) -> Said:
    """It is not in the cart: what it does nobody knows."""
    state = State(at=0, reach=Reach.UNREACHABLE, values={"present": False}, sentence=AWAY)
    return Said(device_id=device_id, state=state)


def cannot_be_read(device_id: str, sentence: str) -> Said:
    """It stands in the cart and nothing can be learned of it."""
    return _troubled(device_id, sentence, Reach.UNREACHABLE).said


def _about(device: PlannedDevice, docked: DockedHeadset, link: HeadsetLink) -> About:
    """Raises HeadsetTalkError when the headset says another serial number than its plug."""
    serial = name_plate(link.read(ReadCommand.SERIAL))
    if serial not in ("", docked.serial):
        raise HeadsetTalkError("It says another serial number than its USB plug. Correct the room's plan.")
    return About(
        kind=device.kind.value,
        maker=docked.maker,
        model=name_plate(link.read(ReadCommand.MODEL)) or docked.model,
        serial=docked.serial,
        firmware=name_plate(link.read(ReadCommand.BUILD)),
        via="adb-cart",
    )


def _read(link: HeadsetLink) -> tuple[Values, tuple[str, ...]]:
    heat, hot = heat_values(link.read(ReadCommand.THERMAL))
    battery, ill = battery_values(link.read(ReadCommand.BATTERY))
    values = {
        **heat,
        **battery,
        **storage_values(link.read(ReadCommand.STORAGE)),
        **power_values(link.read(ReadCommand.POWER)),
        **foreground_values(link.read(ReadCommand.ACTIVITY)),
    }
    return values, tuple(dict.fromkeys((*hot, *ill)))


def _apps(link: HeadsetLink, packages: Sequence[str]) -> Values:
    """Last of all: what was learnt before is told, whatever happens here."""
    values: Values = {}
    try:
        for package in packages:
            version = app_version(link.read_package(package), package)
            if version is not None:
                values[f"{APP}{package}"] = version
    except HeadsetLinkError as error:
        log.info("The versions of apps were not all read: %s", error)
    return values


def _troubled(device_id: str, sentence: str, reach: Reach, faults: tuple[str, ...] = ()) -> Polled:
    state = State(at=0, reach=reach, faults=faults, values={"present": True}, sentence=sentence[:_SHORT])
    return Polled(said=Said(device_id=device_id, state=state), trouble=sentence)
