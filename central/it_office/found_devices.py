"""What boxes found in a room and no plan knows: which of it is news, and what it probably is.

Pure. Not here: reading it (`central.measuring.found_things`), linking it (`central.http.found_device_pages`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, assert_never

from central.measuring.found_things import FoundThing
from central.registers.device_tables import Device
from central.registers.room_plans import DeviceLink
from models.equipment import DeviceState, EquipmentKind
from models.room_plan import CartLink, LanLink, Link, MqttDialect, MqttLink, SerialLink

_SENSORS: Final = ("link-v1", "text-lines", "modbus", "firmata")
_PROJECTORS: Final = ("pjlink",)
_OWN_TOPICS: Final = "dev/"
FRESH_FOR: Final = timedelta(hours=25)
"""A box repeats daily what speaks; what it did not repeat for longer may be unplugged."""


def news(things: Iterable[FoundThing], links: Mapping[str, DeviceLink]) -> list[FoundThing]:
    """Things where no device of the room is connected yet; a box tells of what it found for some days."""
    held = places_held(links)
    ports = {place[1] for place in held}
    return [one for one in things if _is_news(one, links, held, ports)]


def _is_news(thing: FoundThing, links: Mapping[str, DeviceLink], held: set[tuple[str, ...]], ports: set[str]) -> bool:
    if thing.link is None:
        return thing.place not in ports
    if links.get(own_id(thing), DeviceLink()).link is not None:
        return False  # it speaks under its own name, and the register says how it is reached
    return place_of(thing.link, own_id(thing)) not in held


def own_id(thing: FoundThing) -> str:
    """The register's number under which the thing itself speaks in our dialect, else ""."""
    own = isinstance(thing.link, MqttLink) and thing.link.dialect is MqttDialect.OWN
    return thing.place.removeprefix(_OWN_TOPICS) if own and thing.place.startswith(_OWN_TOPICS) else ""


def places_held(links: Mapping[str, DeviceLink]) -> set[tuple[str, ...]]:
    """Where the devices of a room are connected."""
    return {place_of(one.link, device_id) for device_id, one in links.items() if one.link is not None}


def without_link(devices: Sequence[Device], links: Mapping[str, DeviceLink]) -> list[Device]:
    """Devices in use that nothing was said of: one of them may be what was found."""
    return [
        one
        for one in devices
        if one.state is DeviceState.IN_USE and links.get(one.device_id, DeviceLink()).link is None
    ]


def probable_kind(link: Link) -> EquipmentKind:
    """What stands ticked in the form; staff decide."""
    match link:
        case SerialLink(driver=driver) | LanLink(driver=driver):
            if driver in _SENSORS:
                return EquipmentKind.SENSOR_BOARD
            projects = driver in _PROJECTORS or "projector" in driver
            return EquipmentKind.PROJECTOR if projects else EquipmentKind.INTERACTIVE_BOARD
        case MqttLink(dialect=dialect):
            return EquipmentKind.TABLET if dialect is MqttDialect.FREEKIOSK else EquipmentKind.OTHER
        case CartLink():
            return EquipmentKind.VR_HEADSET
        case _:
            assert_never(link)


def place_of(link: Link, device_id: str) -> tuple[str, ...]:
    """Where a device's link leads: two links to one place are one device. Without a name a device has its number's."""
    match link:
        case SerialLink():
            return ("serial", link.port, str(link.unit))
        case LanLink():
            return ("lan", link.host.lower(), str(link.unit))
        case MqttLink():
            return ("mqtt", link.dialect.value, link.name or device_id)
        case CartLink():
            return ("cart", link.serial)
        case _:
            assert_never(link)
