"""What boxes found in a room and no plan knows: which of it is news, and what it probably is.

Pure. Not here: reading it (`central.measuring.found_things`), linking it (`central.http.found_device_pages`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, assert_never

from central.measuring.found_things import FoundThing
from central.registers.device_tables import Device
from central.registers.room_plans import DeviceLink
from models.equipment import DeviceState, EquipmentKind
from models.room_plan import CartLink, LanLink, Link, MqttDialect, MqttLink, SerialLink

_SENSORS: Final = ("link-v1", "text-lines", "modbus", "firmata")
_PROJECTORS: Final = ("pjlink",)


def news(things: Iterable[FoundThing], links: Mapping[str, DeviceLink]) -> list[FoundThing]:
    """Things where no device of the room is connected yet; a box tells of what it found for some days."""
    held = {place_of(one.link) for one in links.values() if one.link is not None}
    ports = {place[1] for place in held}
    return [one for one in things if (one.place not in ports if one.link is None else place_of(one.link) not in held)]


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


def place_of(link: Link) -> tuple[str, ...]:
    """Where a link leads: two links to one place are one device."""
    match link:
        case SerialLink():
            return ("serial", link.port, str(link.unit))
        case LanLink():
            return ("lan", link.host.lower(), str(link.unit))
        case MqttLink():
            return ("mqtt", link.dialect.value, link.name)
        case CartLink():
            return ("cart", link.serial)
        case _:
            assert_never(link)
