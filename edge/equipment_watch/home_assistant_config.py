"""Reads one announcement of Home Assistant's MQTT discovery: who it is about, and the entities that we can use.

Both forms: one entity for each topic, and a whole device with its components; abbreviated or not. What cannot be used
is told as a reason. Source: Home Assistant's page on MQTT discovery. Not here: whose topics these are
(`home_assistant`).
"""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from edge.equipment_watch.home_assistant_meanings import Meaning, meaning_of
from edge.equipment_watch.home_assistant_templates import WHOLE, Template, read_template

LARGEST_BYTES: Final = 64 * 1024
MOST_ENTITIES: Final = 64
COMPONENTS: Final = ("sensor", "binary_sensor", "switch")
"""What is read, in this order where a device has too many."""

_LONGEST: Final = 256
_Words = dict[str, object]


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """A topic that says whether the device is there, and in which words."""

    topic: str
    template: Template
    on: str
    off: str


class SwitchCommand(msgspec.Struct, frozen=True, kw_only=True):
    """What switches a thing."""

    topic: str
    on: str
    off: str


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a device. `on` and `off` are its words, in small letters, where it is no number."""

    key: str
    title: str
    meaning: Meaning
    state_topic: str
    template: Template
    on: str
    off: str
    availability: tuple[Availability, ...]
    all_must_be_there: bool
    command: SwitchCommand | None
    also_at: str = ""
    """A second topic with the same words, "" for none."""
    minor: bool
    """It tells of the device's own health rather than of what it measures."""


class ForeignDevice(msgspec.Struct, frozen=True, kw_only=True):
    """What a device says it is."""

    name: str = ""
    maker: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    by: str = ""
    """The program that announces it."""


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """What one configuration says. `refused` names why entities of ours were not taken, `passed_over` counts others."""

    device: ForeignDevice
    entities: tuple[Entity, ...]
    refused: tuple[str, ...] = ()
    passed_over: int = 0


_LONG: Final[Mapping[str, str]] = {
    "avty": "availability",
    "avty_t": "availability_topic",
    "avty_tpl": "availability_template",
    "avty_mode": "availability_mode",
    "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available",
    "stat_t": "state_topic",
    "val_tpl": "value_template",
    "unit_of_meas": "unit_of_measurement",
    "dev_cla": "device_class",
    "stat_cla": "state_class",
    "ent_cat": "entity_category",
    "uniq_id": "unique_id",
    "cmd_t": "command_topic",
    "cmd_tpl": "command_template",
    "pl_on": "payload_on",
    "pl_off": "payload_off",
    "stat_on": "state_on",
    "stat_off": "state_off",
    "dev": "device",
    "o": "origin",
    "p": "platform",
    "cmps": "components",
    "mf": "manufacturer",
    "mdl": "model",
    "sw": "sw_version",
    "sn": "serial_number",
    "t": "topic",
}
_text: Final = msgspec.json.Decoder(Annotated[_Words, msgspec.Meta(max_length=200)])


def read_announcement(component: str, object_id: str, payload: bytes) -> Announcement | str:
    """The announcement on `homeassistant/<component>/.../<object_id>/config`, or why it is none. Never raises."""
    if len(payload) > LARGEST_BYTES:
        return "an announcement that is too large"
    try:
        words = _long(_text.decode(payload))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "an announcement that is no JSON object"
    device = _device(words)
    if component != "device":
        return _gather(device, [(component, object_id, words)])
    parts = words.get("components")
    if not isinstance(parts, dict):
        return "a device without components"
    shared = {name: value for name, value in words.items() if name not in ("components", "device", "origin")}
    named = []
    for key, part in parts.items():
        if isinstance(part, dict):
            own = _long(part)
            named.append((_word(own, "platform"), str(key), shared | own))
    return _gather(device, named)


def _gather(device: ForeignDevice, parts: list[tuple[str, str, _Words]]) -> Announcement:
    ours = [part for part in parts if part[0] in COMPONENTS]
    ours.sort(key=lambda part: COMPONENTS.index(part[0]))
    entities: list[Entity] = []
    refused = ["more entities than a device may have"] if len(ours) > MOST_ENTITIES else []
    passed_over = len(parts) - len(ours)
    for component, key, words in ours[:MOST_ENTITIES]:
        entity = _entity(component, key, words)
        if entity is None:
            passed_over += 1
        elif isinstance(entity, str):
            refused.append(entity)
        else:
            entities.append(entity)
    return Announcement(device=device, entities=tuple(entities), refused=tuple(refused), passed_over=passed_over)


def _entity(component: str, key: str, words: _Words) -> Entity | str | None:
    """None: nothing that we have a word for."""
    meaning = meaning_of(
        component,
        _word(words, "device_class"),
        _word(words, "unit_of_measurement"),
        _word(words, "object_id") or key,
        measures=bool(_word(words, "state_class")),
    )
    if meaning is None:
        return None
    base = _word(words, "~")
    state_topic = _topic(_word(words, "state_topic"), base)
    template = _template(words, "value_template")
    availability = _availability(words, base)
    if not state_topic:
        return "an entity without a state topic"
    if template is None or availability is None:
        return "a template that is not carried out"
    on, off = _scalar(words, "payload_on", "ON"), _scalar(words, "payload_off", "OFF")
    command = _topic(_word(words, "command_topic"), base)
    can_switch = component == "switch" and command and "command_template" not in words
    return Entity(
        key=_word(words, "unique_id") or key,
        title=_word(words, "name")[:_TITLE],
        meaning=meaning,
        state_topic=state_topic,
        template=template,
        on=_scalar(words, "state_on", on).strip().lower(),
        off=_scalar(words, "state_off", off).strip().lower(),
        availability=availability,
        all_must_be_there=_word(words, "availability_mode") == "all",
        command=SwitchCommand(topic=command, on=on, off=off) if can_switch else None,
        minor=_word(words, "entity_category") == "diagnostic",
    )


def _availability(words: _Words, base: str) -> tuple[Availability, ...] | None:
    """Where the device says that it is there; None for a template that is not carried out."""
    listed = words.get("availability")
    places = [_long(one) for one in listed[:MOST_ENTITIES] if isinstance(one, dict)] if isinstance(listed, list) else []
    if isinstance(listed, dict):
        places = [_long(listed)]
    if _word(words, "availability_topic"):
        alone = dict(words)
        alone["topic"] = words["availability_topic"]
        alone["value_template"] = words.get("availability_template", "")
        places.append(alone)
    read = []
    for place in places:
        topic, template = _topic(_word(place, "topic"), base), _template(place, "value_template")
        if template is None:
            return None
        if topic:
            on = _scalar(place, "payload_available", "online").strip().lower()
            off = _scalar(place, "payload_not_available", "offline").strip().lower()
            read.append(Availability(topic=topic, template=template, on=on, off=off))
    return tuple(read)


def _device(words: _Words) -> ForeignDevice:
    said = words.get("device")
    device = _long(said) if isinstance(said, dict) else {}
    came = words.get("origin")
    origin = _long(came) if isinstance(came, dict) else {}
    return ForeignDevice(
        name=_word(device, "name")[:_TITLE],
        maker=_word(device, "manufacturer")[:_TITLE],
        model=_word(device, "model")[:_TITLE],
        serial=_word(device, "serial_number")[:_TITLE],
        firmware=_word(device, "sw_version")[:_TITLE],
        by=_word(origin, "name")[:_TITLE],
    )


_TITLE: Final = 120


def _long(words: _Words) -> _Words:
    return {_LONG.get(name, name): value for name, value in words.items()}


def _word(words: _Words, name: str) -> str:
    value = words.get(name)
    return value if isinstance(value, str) else ""


def _scalar(words: _Words, name: str, usual: str) -> str:
    value = words.get(name)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:_TITLE] if isinstance(value, str | int | float) else usual


def _topic(text: str, base: str) -> str:
    """The topic with `~` put in at its beginning or end; "" for none, or one that nobody can publish on."""
    if base and text.startswith("~"):
        text = base + text[1:]
    elif base and text.endswith("~"):
        text = text[:-1] + base
    fits = len(text) <= _LONGEST and text.isprintable() and not any(letter in text for letter in "+#")
    return text if fits else ""


def _template(words: _Words, name: str) -> Template | None:
    value = words.get(name)
    if value is None or value == "":
        return WHOLE
    return read_template(value) if isinstance(value, str) else None
