"""How a device is reached, as IT staff tell it in a form, checked word by word; and what may be asked of each kind.

Pure. Not here: keeping it (`registers.room_plans`), asking (`device_orders`).
"""

import re
from typing import Annotated, Final, Literal, assert_never

import msgspec

from central.registers.device_tables import DeviceError
from central.registers.room_plans import DeviceLink
from models.equipment import EquipmentKind
from models.equipment_drivers import EQUIPMENT_DRIVERS
from models.measurements import MOST_APPS, PackageName
from models.room_messages import DeviceCommandName
from models.room_plan import CartLink, LanLink, Link, MqttDialect, MqttLink, SerialLink

How = Literal["none", "serial", "lan", "mqtt", "cart"]
HOWS: Final[tuple[How, ...]] = ("none", "serial", "lan", "mqtt", "cart")

SERIAL_DRIVERS: Final = tuple(name for name, one in EQUIPMENT_DRIVERS.items() if one.usual_baud)
LAN_DRIVERS: Final = tuple(name for name, one in EQUIPMENT_DRIVERS.items() if one.usual_port)

_NAME: Final = DeviceCommandName
_DISPLAY: Final = (
    _NAME.POWER_ON, _NAME.POWER_OFF, _NAME.SELECT_SOURCE, _NAME.SET_VOLUME, _NAME.MUTE, _NAME.UNMUTE, _NAME.BLANK,
    _NAME.UNBLANK,
)  # fmt: skip
_WORN: Final = (_NAME.SCREEN_ON, _NAME.SCREEN_OFF, _NAME.SET_VOLUME, _NAME.MUTE, _NAME.UNMUTE)
_SWITCH: Final = (_NAME.SWITCH_ON, _NAME.SWITCH_OFF)
ASKABLE: Final[dict[EquipmentKind, tuple[DeviceCommandName, ...]]] = {
    EquipmentKind.INTERACTIVE_BOARD: _DISPLAY,
    EquipmentKind.PROJECTOR: _DISPLAY,
    EquipmentKind.OPS_COMPUTER: (_NAME.POWER_ON, _NAME.POWER_OFF),
    EquipmentKind.TABLET: _WORN,
    EquipmentKind.VR_HEADSET: _WORN,
    EquipmentKind.AR_DEVICE: _WORN,
    EquipmentKind.GLASSES_3D: (),
    EquipmentKind.LAPTOP: (_NAME.SCREEN_ON, _NAME.SCREEN_OFF),
    EquipmentKind.SENSOR_BOARD: (_NAME.SET_PERIOD, *_SWITCH),
    EquipmentKind.ROBOT_KIT: (_NAME.SET_PERIOD, *_SWITCH),
    EquipmentKind.GROWING_KIT: (_NAME.SET_PERIOD, *_SWITCH),
    EquipmentKind.PRINTER_3D: _SWITCH,
    EquipmentKind.CAMERA: _SWITCH,
    EquipmentKind.SOUND_SET: (*_SWITCH, _NAME.SET_VOLUME, _NAME.MUTE, _NAME.UNMUTE),
    EquipmentKind.OTHER: _SWITCH,
}

_PORT = re.compile(r"/dev/serial/by-(id|path)/[A-Za-z0-9][A-Za-z0-9._:+-]{0,150}")
_SOCKET = re.compile(r"socket://[A-Za-z0-9][A-Za-z0-9.-]{0,150}:[0-9]{1,5}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]{0,150}")
_MAP = re.compile(r"(?!.*\.\.)[A-Za-z0-9._:;=, /*-]{0,200}")
_TOPIC = re.compile(r"[^+#$\s\x00][^+#\s\x00]{0,150}|")
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,100}")


_Packages = Annotated[tuple[PackageName, ...], msgspec.Meta(max_length=MOST_APPS)]


class LinkError(DeviceError):
    """The device cannot be reached as it is written; nothing was changed."""


class ToldLink(msgspec.Struct, frozen=True, kw_only=True):
    """One form. `password` empty keeps the one that is held, as long as host and driver stay."""

    how: How
    driver: str = ""
    port: str = ""
    baud: int = 0
    unit: int = 1
    map: str = ""
    host: str = ""
    lan_port: int = 0
    password: str = ""
    dialect: MqttDialect = MqttDialect.OWN
    name: str = ""
    serial: str = ""
    apps: str = ""
    """Packages with spaces, commas or new lines between them."""
    mac: str = ""
    commands: tuple[DeviceCommandName, ...] = ()


def read_link(told: ToldLink, kind: EquipmentKind, held: Link | None) -> DeviceLink:
    """The link and what may be asked, in the order of `ASKABLE`. Raises LinkError with a sentence for staff."""
    link = _link(told, held)
    if not set(told.commands) <= set(ASKABLE[kind]):
        raise LinkError("Something is ticked that a device of this kind is never asked.")
    if link is None and told.commands:
        raise LinkError("A device without a connection cannot be asked anything.")
    return DeviceLink(link=link, commands=tuple(one for one in ASKABLE[kind] if one in told.commands))


def how_of(link: Link | None) -> How:
    """The form's word for a link."""
    match link:
        case None:
            return "none"
        case SerialLink():
            return "serial"
        case LanLink():
            return "lan"
        case MqttLink():
            return "mqtt"
        case CartLink():
            return "cart"
        case _:
            assert_never(link)


def told_by(held: DeviceLink) -> ToldLink:
    """A link as the form shows it again: without its password."""
    facts = {} if held.link is None else msgspec.structs.asdict(held.link)
    facts.pop("password", None)
    if isinstance(held.link, CartLink):
        facts["apps"] = " ".join(held.link.apps)
    if isinstance(held.link, LanLink):
        facts["lan_port"] = facts.pop("port")
    return ToldLink(how=how_of(held.link), commands=held.commands, **facts)


def _link(told: ToldLink, held: Link | None) -> Link | None:
    match told.how:
        case "none":
            return None
        case "serial":
            _refuse_driver(told, SERIAL_DRIVERS)
            if not (_PORT.fullmatch(told.port) or _SOCKET.fullmatch(told.port)):
                raise LinkError(
                    "A serial port is /dev/serial/by-id/..., /dev/serial/by-path/... or socket://host:port."
                )
            return SerialLink(port=told.port, driver=told.driver, baud=told.baud, unit=told.unit, map=told.map)
        case "lan":
            _refuse_driver(told, LAN_DRIVERS)
            if not _HOST.fullmatch(told.host):
                raise LinkError("Write the device's address or name in the school's network.")
            password = told.password or _kept_password(told, held)
            return LanLink(
                host=told.host, driver=told.driver, port=told.lan_port, unit=told.unit, map=told.map, password=password
            )
        case "mqtt":
            if not _TOPIC.fullmatch(told.name):
                raise LinkError("A topic name has no spaces and none of + # $.")
            return MqttLink(dialect=told.dialect, name=told.name)
        case "cart":
            if not _SERIAL.fullmatch(told.serial):
                raise LinkError("Write the serial number that the device itself tells over USB.")
            return CartLink(serial=told.serial, apps=_packages(told.apps), mac=_mac(told.mac))
        case _:
            assert_never(told.how)


def _packages(told: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(re.findall(r"[^\s,;]+", told)))
    try:
        return msgspec.convert(names, _Packages)
    except msgspec.ValidationError:
        raise LinkError("Write at most ten apps by their packages' names, such as vn.edu.example.lab.") from None


def _mac(told: str) -> str:
    letters = re.sub(r"[:.\-\s]", "", told).lower()
    if letters and not re.fullmatch(r"[0-9a-f]{12}", letters):
        raise LinkError("A hardware address is six pairs of digits and letters a to f.")
    return ":".join(letters[at : at + 2] for at in range(0, len(letters), 2))


def _refuse_driver(told: ToldLink, known: tuple[str, ...]) -> None:
    if told.driver not in known:
        raise LinkError("Choose the kind of protocol from the list.")
    if not _MAP.fullmatch(told.map):
        raise LinkError(
            "A map has at most 200 letters without accents, digits and . _ : ; = , / * -, as the driver's page says."
        )


def _kept_password(told: ToldLink, held: Link | None) -> str:
    same = isinstance(held, LanLink) and (held.host, held.driver) == (told.host, told.driver)
    return held.password if same and isinstance(held, LanLink) else ""
