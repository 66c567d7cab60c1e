"""Devices that announce themselves by Home Assistant's MQTT discovery: Tasmota, ESPHome, Zigbee2MQTT and their like.

They speak on the guests' broker (`two_brokers`). Which planned device an entity belongs to is said by its own topics
alone: `MqttLink.name` is Tasmota's topic, ESPHome's topic prefix, or `<base>/<friendly name>` of a Zigbee device, and
every topic of an entity must lie below it. An entity of nobody is a device to be made known to IT staff. Not here:
reading an announcement (`home_assistant_config`), what its words mean (`home_assistant_meanings`).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from edge.equipment_watch.home_assistant_config import (
    COMPONENTS,
    Announcement,
    Entity,
    ForeignDevice,
    read_announcement,
)
from edge.equipment_watch.home_assistant_device import AnnouncedDevice, account_of
from edge.equipment_watch.home_assistant_meanings import SAYS_OFF, SAYS_ON, is_turned_round
from edge.equipment_watch.tasmota_config import (
    LANES,
    TasmotaDevice,
    TasmotaSensors,
    announcement_of,
    read_device,
    read_sensors,
)
from edge.equipment_watch.tasmota_config import ROOT as TASMOTA_ROOT
from edge.equipment_watch.two_brokers import GUESTS
from edge.equipment_watch.words import Heard, Outgoing, StrangerHeard, Unreadable
from models.foreign_topics import guest_names, has_account, home_of, is_below, switches, tells_presence, trees_of
from models.room_messages import DeviceCommand, DeviceCommandName
from models.room_plan import MqttDialect, MqttLink, RoomPlan
from models.telemetry import Found, cut_found
from models.wire.room_topics import DISCOVERY

LARGEST_STATE_BYTES: Final = 16 * 1024
MOST_TASMOTAS: Final = 200
DISCOVERED: Final = "discovery"
_A_DEVICE: Final = "dev-"
"""What the register's own names begin with: such a level is an account's, planned here or not."""
_SURE: Final = 0.9


class HomeAssistant:
    """For the devices of one plan."""

    def __init__(self, plan: RoomPlan) -> None:
        self._name_of = guest_names(plan)
        self._names = {name: device_id for device_id, name in self._name_of.items()}
        roots = {device_id: name.partition("/")[0] for device_id, name in self._name_of.items()}
        self._known = {device_id: AnnouncedDevice(device_id, root) for device_id, root in roots.items()}
        self._roots = roots
        self._accounts = {name: name for name in self._names if has_account(name)}
        self._accounts |= {device_id: name for device_id, name in self._name_of.items() if has_account(name)}
        self._may_have_account = {*self._accounts, *(device.device_id for device in plan.devices)}
        self._owner: dict[str, str] = {}
        self._tasmotas: dict[str, TasmotaDevice] = {}
        self._sensors: dict[str, TasmotaSensors] = {}

    def filters(self) -> tuple[str, ...]:
        """Announcements first, so that what is retained is heard in that order; then the trees of planned devices."""
        announced = [f"{DISCOVERY}/+/+/config", f"{DISCOVERY}/+/+/+/config"]
        announced += [f"{TASMOTA_ROOT}/{DISCOVERED}/+/{lane}" for lane in LANES]
        return tuple(GUESTS + one for one in (*announced, *trees_of(self._names)))

    def hear(self, topic: str, payload: bytes, arrived_at: datetime) -> tuple[Heard, ...]:
        """Never raises."""
        if not topic.startswith(GUESTS):
            return ()
        return tuple(self._hear_guest(topic.removeprefix(GUESTS), payload, arrived_at))

    def _hear_guest(self, topic: str, payload: bytes, arrived_at: datetime) -> Iterator[Heard]:
        match topic.split("/"):
            case [first, component, object_id, "config"] if first == DISCOVERY:
                yield from self._hear_announcement(topic, component, object_id, payload, arrived_at)
            case [first, component, _node, object_id, "config"] if first == DISCOVERY:
                yield from self._hear_announcement(topic, component, object_id, payload, arrived_at)
            case [first, second, address, lane] if (first, second) == (TASMOTA_ROOT, DISCOVERED) and lane in LANES:
                yield from self._hear_tasmota(address, lane, payload, arrived_at)
            case _ if payload and len(payload) <= LARGEST_STATE_BYTES:
                for device_id, known in self._known.items():
                    if tells_presence(topic, self._name_of[device_id]):
                        yield from known.hear(topic, payload, arrived_at)

    def say(self, device_id: str, command: DeviceCommand) -> tuple[Outgoing, ...]:
        """Switches on and off, nothing else. `argument` names the metric of a switch, "" the first (`power`).

        An announcement chooses among topics and payloads that are known to do no more; it never brings its own.
        """
        known = self._known.get(device_id)
        entity = known.entity(command.argument or "power") if known is not None else None
        switch = entity.command if entity is not None else None
        if switch is None or command.name not in (DeviceCommandName.SWITCH_ON, DeviceCommandName.SWITCH_OFF):
            return ()
        own = self._is_of(device_id, switch.topic) and switches(switch.topic, self._name_of[device_id])
        if not own or switch.on not in SAYS_ON or switch.off not in SAYS_OFF:
            return ()
        payload = switch.on if command.name is DeviceCommandName.SWITCH_ON else switch.off
        return (Outgoing(topic=GUESTS + switch.topic, payload=payload.encode()),)

    def answers(self, _device_id: str) -> bool:
        """The next state shows."""
        return False

    def _hear_announcement(
        self, topic: str, component: str, object_id: str, payload: bytes, arrived_at: datetime
    ) -> Iterator[Heard]:
        before = self._owner.get(topic)
        if not payload:
            yield from self._forget(topic)
        elif component in (*COMPONENTS, "device"):
            said = read_announcement(component, object_id, payload)
            if isinstance(said, str):
                yield Unreadable(device_id=before, why=said)
            else:
                yield from self._hear_said(topic, said, arrived_at)

    def _hear_tasmota(self, address: str, lane: str, payload: bytes, arrived_at: datetime) -> Iterator[Heard]:
        """Its two messages count together, whichever comes first."""
        topic = f"{TASMOTA_ROOT}/{DISCOVERED}/{address}/config"
        if not payload:
            (self._tasmotas if lane == "config" else self._sensors).pop(address, None)
            yield from self._forget(topic)
            return
        said = read_device(payload) if lane == "config" else read_sensors(payload)
        if isinstance(said, str):
            yield Unreadable(device_id=self._owner.get(topic), why=said)
            return
        kept: dict[str, TasmotaDevice] | dict[str, TasmotaSensors] = self._sensors
        if isinstance(said, TasmotaDevice):
            kept = self._tasmotas
        if address not in kept and len(kept) >= MOST_TASMOTAS:
            return
        if isinstance(said, TasmotaDevice):
            self._tasmotas[address] = said
        else:
            self._sensors[address] = said
        if address in self._tasmotas:
            sensors = self._sensors.get(address, TasmotaSensors())
            yield from self._hear_said(topic, announcement_of(self._tasmotas[address], sensors), arrived_at)

    def _forget(self, topic: str) -> Iterator[Heard]:
        before = self._owner.pop(topic, None)
        if before is not None:
            self._known[before].take(topic, None)
            yield self._known[before].about()

    def _hear_said(self, topic: str, said: Announcement, arrived_at: datetime) -> Iterator[Heard]:
        before = self._owner.get(topic)
        if not said.entities:
            yield from (Unreadable(device_id=before, why=why) for why in said.refused)
        name = _home(said.entities)
        device_id = self._names.get(name)
        if not name:
            yield from self._forget(topic)
        elif before is not None and before != device_id:
            yield Unreadable(device_id=before, why="an announcement that becomes another device's")
        elif device_id is not None:
            yield from self._take(device_id, topic, said)
        if name and device_id is None:
            account = account_of(topic)
            guest = account if account in self._may_have_account else ""
            yield StrangerHeard(found=_found(name, said.device, arrived_at), guest=guest)

    def _take(self, device_id: str, topic: str, said: Announcement) -> Iterator[Heard]:
        known = self._known[device_id]
        for why in said.refused:
            yield Unreadable(device_id=device_id, why=why)
        why = self._why_not(device_id, topic, said.entities)
        if why:
            yield Unreadable(device_id=device_id, why=why)
        elif not known.take(topic, said):
            yield Unreadable(device_id=device_id, why="more entities than a device may have")
        else:
            self._owner[topic] = device_id
            yield known.about()
            yield from known.hear_kept()

    def _why_not(self, device_id: str, topic: str, entities: tuple[Entity, ...]) -> str:
        """Why an announcement is not taken: every word of it must be about one device, and may be its own."""
        account = account_of(topic)
        is_one = account.startswith(_A_DEVICE) or account in self._accounts
        if is_one and self._accounts.get(account) != self._roots[device_id]:
            return "an announcement by another device"
        if not all(self._is_inside(entity, device_id) for entity in entities):
            return "an entity with another device's topics"
        if any(one.meaning.kind == "switch" and is_turned_round(one.on, one.off) for one in entities):
            return "a switch whose words are turned round"
        return ""

    def _is_inside(self, entity: Entity, device_id: str) -> bool:
        """Whether every topic is the device's own; presence may be told by the bridge that carries it."""
        commanded = (entity.command.topic,) if entity.command is not None else ()
        also = (entity.also_at,) if entity.also_at else ()
        return all(self._is_of(device_id, topic) for topic in (entity.state_topic, *also, *commanded)) and all(
            tells_presence(place.topic, self._name_of[device_id]) for place in entity.availability
        )

    def _is_of(self, device_id: str, topic: str) -> bool:
        """Whether a topic is in the device's tree, and in no planned device's that stands within it."""
        whose = [name for name in self._names if is_below(topic, name)]
        return max(whose, key=len, default="") == self._name_of[device_id]


def _found(name: str, device: ForeignDevice, at: datetime) -> Found:
    link = MqttLink(dialect=MqttDialect.HOME_ASSISTANT, name=name)
    found = Found(
        where=f"mqtt {name}",
        what=device.name,
        confidence=_SURE,
        maker=device.maker,
        model=device.model,
        serial=device.serial,
        firmware=device.firmware,
        link=msgspec.json.encode(link).decode(),
        at=at,
    )
    return cut_found(found)


def _home(entities: tuple[Entity, ...]) -> str:
    """Whose these are, by the first; all others must be the same device's."""
    if not entities:
        return ""
    return home_of(entities[0].state_topic, [place.topic for place in entities[0].availability])
