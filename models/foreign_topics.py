"""The topics of devices that were made by others: which are a device's own, and whose a topic is. Pure.

FreeKiosk has two topics and its commands. What Home Assistant's discovery announces has whole trees below a name of
one level, under which the device has an account: Tasmota's topic, ESPHome's topic prefix, Zigbee2MQTT's base topic. A
Zigbee device has no account: its name is `<base topic>/<friendly name>`, and its bridge's account speaks for it. Edge
hears by these words, and the room's brokers grant by them. Not here: payloads, accounts.
"""

import re
from collections.abc import Iterable
from typing import Final

from models.room_plan import MqttDialect, MqttLink, RoomPlan
from models.wire.room_topics import DISCOVERY

KIOSK: Final = "freekiosk"
KIOSK_SAYS: Final = ("availability", "state")
KIOSK_IS_ASKED: Final = ("screen", "volume")
"""All of `freekiosk/<name>/set/...` that is ever said."""

TASMOTA: Final = ("tele", "stat")
TASMOTA_ASKED: Final = "cmnd"
_RELAYS: Final = ("POWER", *(f"POWER{number}" for number in range(1, 33)))
_TAKEN: Final = frozenset({*TASMOTA, TASMOTA_ASKED, DISCOVERY, KIOSK, "dev", "bridge", "tasmota"})
_ROOT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_LONGEST: Final = 120


def kiosk_names(plan: RoomPlan) -> dict[str, str]:
    """The tablets with FreeKiosk by device, in its form: small letters, no spaces. The first of a name has it."""
    named = _named(plan, MqttDialect.FREEKIOSK)
    kiosks = {device: name.lower().replace(" ", "_") for device, name in named}
    return _first_of({device: name for device, name in kiosks.items() if has_account(name)})


def guest_names(plan: RoomPlan) -> dict[str, str]:
    """The devices with Home Assistant's discovery by device. A name that cannot be one, or is taken, is left out."""
    return _first_of(dict(_named(plan, MqttDialect.HOME_ASSISTANT)))


def _named(plan: RoomPlan, dialect: MqttDialect) -> list[tuple[str, str]]:
    return [
        (device.device_id, device.link.name or device.device_id)
        for device in plan.devices
        if isinstance(device.link, MqttLink) and device.link.dialect is dialect
    ]


def _first_of(named: dict[str, str]) -> dict[str, str]:
    owners: dict[str, str] = {}
    for device, name in named.items():
        if is_name(name):
            owners.setdefault(name, device)
    return {device: name for name, device in owners.items()}


def is_name(name: str) -> bool:
    """Whether a device may be called so: a root that is nobody else's, and below it anything that a topic can hold."""
    root, slash, rest = name.partition("/")
    if not _ROOT.fullmatch(root) or root in _TAKEN or len(name) > _LONGEST:
        return False
    levels = rest.split("/") if slash else ()
    return all(level and level.isprintable() and not set(level) & {"+", "#"} for level in levels)


def has_account(name: str) -> bool:
    """Whether it speaks for itself, not through a bridge."""
    return "/" not in name


def trees_of(names: Iterable[str]) -> list[str]:
    """What must be subscribed to hear devices of these names; none twice."""
    wanted = []
    for name in names:
        root = name.partition("/")[0]
        if has_account(name):
            wanted += [f"{root}/#", *(f"{first}/{root}/#" for first in TASMOTA)]
        else:
            wanted += [name, f"{name}/#", f"{root}/bridge/state"]
    whole = {one for one in wanted if one.endswith("/#") and one.count("/") == 1}
    return list(dict.fromkeys(one for one in wanted if one in whole or f"{one.partition('/')[0]}/#" not in whole))


def is_below(topic: str, name: str) -> bool:
    """Whether a topic is in the device's own tree."""
    if topic == name or topic.startswith(f"{name}/"):
        return True
    first, _, rest = topic.partition("/")
    return has_account(name) and first in (*TASMOTA, TASMOTA_ASKED) and rest.startswith(f"{name}/")


def switch_topics(name: str) -> list[str]:
    """All topics below which a device may be switched, `+` for any one level: ESPHome, Zigbee2MQTT, Tasmota's relays.

    Every other command of these devices (Tasmota's `Backlog`, `OtaUrl`) is said by nobody.
    """
    topics = [f"{name}/{levels}{last}" for levels in ("", "+/", "+/+/", "+/+/+/") for last in ("set", "command")]
    if has_account(name):
        both = (f"{TASMOTA_ASKED}/{name}", f"{name}/{TASMOTA_ASKED}")
        topics += [f"{before}/{relay}" for before in both for relay in _RELAYS]
    return topics


def switches(topic: str, name: str) -> bool:
    """Whether a topic is among `switch_topics` of a device."""
    levels = topic.split("/")
    return any(
        len(form) == len(levels) and all(one in ("+", level) for one, level in zip(form, levels, strict=True))
        for form in (one.split("/") for one in switch_topics(name))
    )


def tells_presence(topic: str, name: str) -> bool:
    """Whether a topic may say that the device is there: its own, or that of the bridge which carries it."""
    return is_below(topic, name) or topic == f"{name.partition('/')[0]}/bridge/state"


def home_of(state_topic: str, presence_topics: Iterable[str]) -> str:
    """The name of the device of which an entity with these topics is a part."""
    first, _, rest = state_topic.partition("/")
    if first in TASMOTA and "/" in rest:
        return rest.partition("/")[0]
    if f"{first}/bridge/state" in presence_topics and rest and not rest.startswith("bridge/"):
        return state_topic
    return first
