"""What one device has announced by Home Assistant's discovery, and what its topics say in the light of it.

Not here: whose an announcement is (`home_assistant`), reading it (`home_assistant_config`).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from edge.equipment_watch.home_assistant_config import MOST_ENTITIES, Announcement, Entity, ForeignDevice
from edge.equipment_watch.home_assistant_templates import MISSING, Payload, as_number, as_word, find, read_payload
from edge.equipment_watch.words import AboutHeard, Heard, OnlineHeard, ReadingsHeard
from models.measurements import Value
from models.room_messages import About, MetricAbout
from models.wire.room_topics import DISCOVERY

MOST_KEPT: Final = 64
"""States that came before their announcement, and wait for it."""
LARGEST_KEPT_BYTES: Final = 4 * 1024
_LONGEST: Final = 120


class AnnouncedDevice:
    """One planned device. `account` is the name of its tree's root: who speaks there, speaks for it."""

    def __init__(self, device_id: str, account: str) -> None:
        self._device_id = device_id
        self._account = account
        self._announced: dict[str, Announcement] = {}
        self._metrics: dict[str, Entity] = {}
        self._there: dict[str, bool] = {}
        self._kept: dict[str, tuple[bytes, datetime]] = {}

    def take(self, topic: str, said: Announcement | None) -> bool:
        """What it announces on a topic from now on, None for nothing; False when these would be too many entities."""
        alike = [key for key in self._announced if key != topic and self._is_own(key) == self._is_own(topic)]
        others = sum(len(self._announced[key].entities) for key in alike)
        if said is not None and others + len(said.entities) > MOST_ENTITIES:
            return False
        if said is not None:
            self._announced[topic] = said
        else:
            self._announced.pop(topic, None)
        self._name_metrics()
        return True

    def _is_own(self, topic: str) -> bool:
        """Whether nobody but its own account may announce there; whose all others are, the broker cannot tell."""
        return account_of(topic) in (self._account, self._device_id)

    def _name_metrics(self) -> None:
        """Two temperatures are `temperature` and `temperature_2`.

        What came on the device's own topics is named first: what measures the room, then by keys. What came elsewhere
        follows in the order in which it came, so that nothing later takes a name away.
        """
        self._metrics = {}
        own = [one for key, said in self._announced.items() if self._is_own(key) for one in said.entities]
        entities = sorted(own, key=lambda one: (one.minor, one.key))
        for key, said in self._announced.items():
            if not self._is_own(key):
                entities += sorted(said.entities, key=lambda one: (one.minor, one.key))
        for entity in entities:
            name, number = entity.meaning.metric, 1
            while name in self._metrics:
                number += 1
                name = f"{entity.meaning.metric}_{number}"
            self._metrics[name] = entity

    def entity(self, metric: str) -> Entity | None:
        """The entity behind a metric."""
        return self._metrics.get(metric)

    def about(self) -> AboutHeard:
        """What it says it is, by its last announcement."""
        device = next(reversed(self._announced.values())).device if self._announced else ForeignDevice()
        about = About(
            maker=device.maker,
            model=device.model,
            serial=device.serial,
            firmware=device.firmware,
            via=f"home assistant discovery {device.by}".strip()[:_LONGEST],
            metrics={
                name: MetricAbout(unit=entity.meaning.unit, title=entity.title)
                for name, entity in self._metrics.items()
            },
        )
        return AboutHeard(device_id=self._device_id, about=about)

    def hear_kept(self) -> Iterator[Heard]:
        """What came before its announcement did, as far as there is one now."""
        for topic in [topic for topic in self._kept if self._has(topic)]:
            payload, at = self._kept.pop(topic)
            yield from self.hear(topic, payload, at)

    def hear(self, topic: str, payload: bytes, at: datetime) -> Iterator[Heard]:
        """What a topic says, for every entity and every word of presence that stands there."""
        if not self._has(topic):
            if len(payload) <= LARGEST_KEPT_BYTES and (topic in self._kept or len(self._kept) < MOST_KEPT):
                self._kept[topic] = (payload, at)
            return
        read = read_payload(payload)
        yield from self._hear_presence(topic, read)
        values = {
            name: value
            for name, entity in self._metrics.items()
            if topic in (entity.state_topic, entity.also_at)
            and (value := _value(entity, find(entity.template, read))) is not None
        }
        if values:
            units = {name: self._metrics[name].meaning.unit for name in values}
            yield ReadingsHeard(device_id=self._device_id, at=at, values=values, units=units)

    def _has(self, topic: str) -> bool:
        return any(
            topic in (entity.state_topic, entity.also_at) or any(place.topic == topic for place in entity.availability)
            for entity in self._metrics.values()
        )

    def _hear_presence(self, topic: str, read: Payload) -> Iterator[Heard]:
        places = [place for entity in self._metrics.values() for place in entity.availability]
        said = False
        for place in places:
            word = as_word(find(place.template, read)) if place.topic == topic else None
            if word in (place.on, place.off):
                self._there[topic] = word == place.on
                said = True
        if said:
            on = self._there[topic]
            if any(entity.all_must_be_there for entity in self._metrics.values()):
                on = all(self._there.get(place.topic, True) for place in places)
            yield OnlineHeard(device_id=self._device_id, on=on)


def account_of(topic: str) -> str:
    """The level of an announcement's topic that can be an account's name; "" for none. Others may write elsewhere."""
    levels = topic.split("/")
    return levels[2] if levels[0] == DISCOVERY and len(levels) > len(("first", "component", "name")) else ""


def _value(entity: Entity, found: object) -> Value | None:
    """In our unit and our words; None for what is missing, `unavailable`, or none of the entity's words."""
    if found is MISSING:
        return None
    meaning = entity.meaning
    if meaning.kind == "number":
        number = as_number(found)
        return None if number is None else round(number * meaning.factor + meaning.offset, 6)
    word = as_word(found)
    if word not in (entity.on, entity.off):
        return None
    if meaning.kind == "switch":
        return "on" if word == entity.on else "off"
    return word == entity.on
