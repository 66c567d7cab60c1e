"""Who may say and hear what on a room's two brokers, as the room's plan has it. Pure: a plan in, text for files out.

On the room's broker every topic that may be retained is named one by one. On the guests' broker a device that
announces itself by Home Assistant's discovery has trees, which nobody can bound; that broker is theirs alone. Not here:
the brokers' configurations (`room_broker`, `guest_broker`), passwords.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from models.foreign_topics import (
    KIOSK,
    KIOSK_IS_ASKED,
    KIOSK_SAYS,
    TASMOTA,
    TASMOTA_ASKED,
    guest_names,
    has_account,
    kiosk_names,
    switch_topics,
)
from models.identifiers import parse_device_id
from models.room_plan import MqttDialect, MqttLink, RoomPlan
from models.wire.room_topics import BRIDGE_FOUND, BRIDGE_ONLINE, DISCOVERY
from provisioning.brokers.room_passwords import BRIDGE, CARETAKER, EDGE, VIEWER

DEVICE_TOPICS: Final = ("tm", "state", "online", "about", "cmd/res")
"""Below `dev/<device>/`. Named one by one: every other topic could hold a retained message, without end."""

DEVICE_RIGHTS: Final = "".join(
    [*(f"pattern write dev/%u/{topic}\n" for topic in DEVICE_TOPICS), "pattern read dev/%u/cmd\n"]
)
"""A device speaks for itself and hears its own commands. `%u` is its user name or its certificate's name."""

TASMOTA_DISCOVERY: Final = "tasmota/discovery"
"""Below it Tasmota announces itself under its hardware address."""

ANNOUNCED: Final = f"{DISCOVERY}/device/+/config"
"""What edge announces on the room's broker for Home Assistant."""


def bridged_in(plan: RoomPlan | None) -> list[str]:
    """The devices for which the bridge speaks: everything with a line, an address or a place in the cart."""
    devices = plan.devices if plan is not None else ()
    return [one.device_id for one in devices if one.link is not None and not isinstance(one.link, MqttLink)]


def network_rights(plan: RoomPlan | None) -> str:
    """The rights of devices on the room's broker."""
    lines = []
    for device, name in sorted(_kiosks(plan).items()):
        lines.append(f"user {parse_device_id(device)}")
        lines += [f"topic write {topic}" for topic in kiosk_topics(name)]
        lines += [f"topic read {KIOSK}/{name}/set/{entity}" for entity in KIOSK_IS_ASKED]
    return DEVICE_RIGHTS + "".join(f"{line}\n" for line in lines)


def own_rights(bridged: Iterable[str], plan: RoomPlan | None = None) -> str:
    """The rights of edge (hears all, commands all) and bridge (speaks and hears for its devices, by name).

    And of the caretaker, who empties what retired devices left (`departed_devices`), and of whoever looks on.
    """
    lines = [f"user {EDGE}", "topic read dev/#", "topic write dev/+/cmd"]
    lines += [f"topic read {topic}" for topic in (BRIDGE_FOUND, BRIDGE_ONLINE)]
    lines += [f"topic read {topic}" for topic in kiosk_topics("+")]
    for name in sorted(_asked_kiosks(plan)):
        lines += [f"topic write {KIOSK}/{name}/set/{entity}" for entity in KIOSK_IS_ASKED]
    lines.append(f"topic readwrite {ANNOUNCED}")
    lines += [f"user {BRIDGE}", *(f"topic write {topic}" for topic in (BRIDGE_FOUND, BRIDGE_ONLINE))]
    for name in sorted({*bridged, *bridged_in(plan)}):
        device = parse_device_id(name)
        lines += [f"topic write dev/{device}/{topic}" for topic in DEVICE_TOPICS]
        lines.append(f"topic read dev/{device}/cmd")
    lines += [f"user {CARETAKER}", *(f"topic write dev/+/{topic}" for topic in DEVICE_TOPICS)]
    lines += [f"topic write {topic}" for topic in kiosk_topics("+")]
    lines += [f"user {VIEWER}", *(f"topic read dev/+/{lane}" for lane in ("tm", "state", "online", "about"))]
    lines += [f"topic read {BRIDGE_ONLINE}", f"topic read {ANNOUNCED}"]
    return "\n".join([*lines, ""])


def kiosk_topics(name: str) -> list[str]:
    """What a tablet with FreeKiosk may leave retained."""
    return [f"{KIOSK}/{name}/{topic}" for topic in KIOSK_SAYS]


def guest_rights(plan: RoomPlan | None, accounts: Iterable[str]) -> str:
    """The rights of devices on the guests' broker; `accounts` are all that have a password in the room.

    Whom the plan gives no other way of speaking may announce itself below its own name, so that a new device appears by
    itself. Who is planned as a guest may announce itself anywhere but below another's name: Tasmota and Zigbee choose
    these levels themselves.
    """
    names = guest_names(plan) if plan is not None else {}
    others = {device.device_id for device in plan.devices if _speaks_otherwise(device.link)} if plan else set()
    allowed = sorted(set(accounts) - others)
    lines = []
    for device in allowed:
        lines += [f"user {device}", f"topic read {DISCOVERY}/status"]
        name = names.get(device)
        if name is None or not has_account(name):
            lines += [f"topic write {topic}" for topic in _announced_by(device)]
            continue
        lines += [f"topic deny {topic}" for topic in _announced_by_others(device, names, allowed)]
        lines += [f"topic write {DISCOVERY}/{levels}/config" for levels in ("+/+", "+/+/+")]
        lines += [f"topic write {TASMOTA_DISCOVERY}/+/{lane}" for lane in ("config", "sensors")]
        lines += [f"topic readwrite {name}/#", *(f"topic write {first}/{name}/#" for first in TASMOTA)]
        lines.append(f"topic read {TASMOTA_ASKED}/{name}/#")
    return "\n".join([*lines, ""])


def _announced_by(name: str) -> list[str]:
    return [f"{DISCOVERY}/+/{name}/config", f"{DISCOVERY}/+/{name}/+/config"]


def _announced_by_others(device: str, names: Mapping[str, str], accounts: Iterable[str]) -> list[str]:
    known = {*accounts, *names, *(name for name in names.values() if has_account(name))}
    return [topic for other in sorted(known - {device, names[device]}) for topic in _announced_by(other)]


def guest_own_rights(plan: RoomPlan | None) -> str:
    """Edge hears all of the guests' broker, and switches devices of which the plan allows something to be asked."""
    lines = [f"user {EDGE}", "topic read #"]
    names = guest_names(plan) if plan is not None else {}
    asked = {device.device_id for device in plan.devices if device.commands} if plan is not None else set()
    for device in sorted(set(names) & asked):
        lines += [f"topic write {topic}" for topic in switch_topics(names[device])]
    return "\n".join([*lines, ""])


def _kiosks(plan: RoomPlan | None) -> dict[str, str]:
    return kiosk_names(plan) if plan is not None else {}


def _asked_kiosks(plan: RoomPlan | None) -> list[str]:
    names = _kiosks(plan)
    devices = plan.devices if plan is not None else ()
    return [names[device.device_id] for device in devices if device.commands and device.device_id in names]


def _speaks_otherwise(link: object) -> bool:
    return link is not None and not (isinstance(link, MqttLink) and link.dialect is MqttDialect.HOME_ASSISTANT)
