"""Makes the room's devices appear in Home Assistant when the plan says so: one retained announcement for each.

Announced is what speaks below `dev/`: bridged devices and those in our own words, for display only; nothing can be
switched by it. The broker's copy is compared with what should stand there, so that a device that left the room, or a
plan that announces no more, takes its announcement with it. Source: Home Assistant's page on MQTT discovery
(`homeassistant/device/<id>/config`, abbreviated). Not here: reading others' announcements (`home_assistant`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from edge.equipment_watch.own_dialect import speaks_own
from edge.equipment_watch.words import AboutHeard, Heard, Outgoing, ReadingsHeard, StateHeard
from models.measurements import Value, row_of
from models.room_messages import LARGEST_BYTES, MOST_METRICS, About
from models.room_plan import MqttLink, PlannedDevice, RoomPlan
from models.wire.room_topics import BRIDGE_ONLINE, DISCOVERY, RoomLane, RoomTopicError, parse_room_topic, room_topic

ORIGIN: Final = "smart-classroom-controller"
FILTER: Final = f"{DISCOVERY}/device/+/config"
SETTLE_MS: Final = 3_000
"""So long nothing new is said of a device before it is announced: its words come one after the other."""
AGAIN_MS: Final = 10_000
ANEW_MS: Final = 3_600_000
"""So often all is announced again, whatever the broker seemed to have."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
"""A metric's name stands in a template; nothing else may."""

_CLASSES: Final[Mapping[str, str]] = {
    "battery": "battery",
    "charging": "battery_charging",
    "co2": "carbon_dioxide",
    "device_temperature": "temperature",
    "door": "door",
    "ec": "conductivity",
    "electric_power": "power",
    "energy": "energy",
    "hours": "duration",
    "humidity": "humidity",
    "lamp_hours": "duration",
    "light": "illuminance",
    "moisture": "moisture",
    "motion": "motion",
    "ph": "ph",
    "pm2_5": "pm25",
    "pressure": "atmospheric_pressure",
    "sound": "sound_pressure",
    "storage_free_megabytes": "data_size",
    "temperature": "temperature",
    "voltage": "voltage",
}
_UNITS: Final[Mapping[str, str]] = {
    "%EL": "%",
    "%RH": "%",
    "Cel": "°C",
    "pH": "",
    "uS/cm": "µS/cm",
    "ug/m3": "µg/m³",
}
_THERE: Final = "{{ 'online' if value_json.on else 'offline' }}"
_GROWING: Final = ("energy", "hours", "lamp_hours")


class _Known(msgspec.Struct, kw_only=True):
    planned: PlannedDevice
    about: About = About()
    metrics: dict[str, tuple[RoomLane, Value]] = {}
    changed_ms: int = 0
    tried_ms: int | None = None


class Announcer:
    """For one plan. `heard` and `due` are called by one thread; `now_ms` is the monotonic clock's."""

    def __init__(self, plan: RoomPlan) -> None:
        devices = plan.devices if plan.announce else ()
        self._known = {one.device_id: _Known(planned=one, metrics={}) for one in devices if speaks_own(one)}
        self._at_broker: dict[str, bytes] = {}
        self._taken_back: dict[str, int] = {}
        self._anew_ms: int | None = None

    def filters(self) -> tuple[str, ...]:
        """What was announced so far."""
        return (FILTER,)

    def heard(self, topic: str, payload: bytes, words: Iterable[Heard], now_ms: int) -> None:
        """A message of the room, and what the dialects made of it."""
        levels = topic.split("/")
        if levels[0] == DISCOVERY:
            if len(levels) == len(FILTER.split("/")):
                self._at_broker[levels[2]] = payload
            return
        for word in words:
            if isinstance(word, AboutHeard):
                self._take_about(word, now_ms)
            elif isinstance(word, ReadingsHeard | StateHeard):
                self._take_values(topic, word, now_ms)

    def due(self, now_ms: int) -> tuple[Outgoing, ...]:
        """What is to be said now: announcements that are not at the broker, and none for what is not announced."""
        if self._anew_ms is None or now_ms >= self._anew_ms:
            if self._anew_ms is not None:
                self._at_broker = {name: b"?" for name in self._at_broker if name in self._known}
            self._anew_ms = now_ms + ANEW_MS
        said = [one for device in self._known.values() if (one := self._announce(device, now_ms)) is not None]
        return (*said, *self._take_back(now_ms))

    def _take_about(self, word: AboutHeard, now_ms: int) -> None:
        known = self._known.get(word.device_id)
        if known is not None and known.about != word.about:
            known.about, known.changed_ms = word.about, now_ms

    def _take_values(self, topic: str, word: ReadingsHeard | StateHeard, now_ms: int) -> None:
        known = self._known.get(word.device_id)
        try:
            lane = parse_room_topic(topic).lane
        except RoomTopicError:
            return
        for name, value in word.values.items() if known is not None else ():
            before = known.metrics.get(name) if known is not None else None
            if known is None or not _NAME.fullmatch(name) or (before is None and len(known.metrics) >= MOST_METRICS):
                continue
            if before is None or (before[0], type(before[1])) != (lane, type(value)):
                if before is not None and before[0] is RoomLane.STATE and lane is not RoomLane.STATE:
                    continue
                known.metrics[name] = (lane, value)
                known.changed_ms = now_ms

    def _announce(self, known: _Known, now_ms: int) -> Outgoing | None:
        """When it has said something, has been still since, and something else stands at the broker."""
        if not known.metrics or now_ms - known.changed_ms < SETTLE_MS:
            return None
        if known.tried_ms is not None and now_ms - known.tried_ms < AGAIN_MS:
            return None
        payload = announcement(known.planned, known.about, known.metrics)
        if self._at_broker.get(known.planned.device_id) == payload:
            return None
        known.tried_ms = now_ms
        return Outgoing(topic=_topic(known.planned.device_id), payload=payload, retained=True)

    def _take_back(self, now_ms: int) -> list[Outgoing]:
        gone = []
        for name, payload in self._at_broker.items():
            tried = self._taken_back.get(name)
            if payload and name not in self._known and (tried is None or now_ms - tried >= AGAIN_MS):
                self._taken_back[name] = now_ms
                gone.append(Outgoing(topic=_topic(name), payload=b"", retained=True))
        return gone


def announcement(planned: PlannedDevice, about: About, metrics: Mapping[str, tuple[RoomLane, Value]]) -> bytes:
    """The configuration of one device: what it is, whether it is there, and an entity for each metric.

    The same input gives the same bytes. Metrics that no longer fit into a message of the room are left out.
    """
    device = planned.device_id
    there = [room_topic(device, RoomLane.ONLINE)]
    if not isinstance(planned.link, MqttLink):
        there.append(BRIDGE_ONLINE)
    said: dict[str, object] = {
        "dev": _described(planned, about),
        "o": {"name": ORIGIN},
        "avty": [{"t": topic, "val_tpl": _THERE} for topic in there],
        "avty_mode": "all",
        "cmps": {},
    }
    size = len(msgspec.json.encode(said))
    parts: dict[str, object] = {}
    for name in sorted(metrics):
        part = _part(device, name, about, *metrics[name])
        size += len(msgspec.json.encode({name: part}))
        if size > LARGEST_BYTES:
            break
        parts[name] = part
    return msgspec.json.encode(said | {"cmps": parts})


def _described(planned: PlannedDevice, about: About) -> dict[str, object]:
    """The register's word first, then the device's own."""
    described = {
        "name": f"{planned.kind} {planned.place or planned.device_id}",
        "mf": planned.maker or about.maker,
        "mdl": planned.model or about.model,
        "sn": planned.serial or about.serial,
        "sw": about.firmware,
    }
    return {"ids": [planned.device_id], **{name: text for name, text in described.items() if text}}


def _part(device: str, name: str, about: About, lane: RoomLane, value: Value) -> dict[str, object]:
    told = about.metrics.get(name)
    part: dict[str, object] = {
        "p": "binary_sensor" if isinstance(value, bool) else "sensor",
        "name": (told.title if told is not None else "") or name.replace("_", " "),
        "uniq_id": f"{device}_{name}",
        "stat_t": room_topic(device, lane),
        "val_tpl": _template(lane, name, value),
    }
    device_class = _CLASSES.get(name)
    if device_class is not None and not isinstance(value, str):
        part["dev_cla"] = device_class
    if not isinstance(value, str | bool):
        unit = row_of(name, told.unit if told is not None else "").unit or (told.unit if told is not None else "")
        part["unit_of_meas"] = _UNITS.get(unit, unit)
        part["stat_cla"] = "total_increasing" if name in _GROWING else "measurement"
        if not part["unit_of_meas"]:
            del part["unit_of_meas"]
    return part


def _template(lane: RoomLane, name: str, value: Value) -> str:
    """Gives nothing where the message does not hold the metric, which Home Assistant passes over."""
    shown = "{{ 'ON' if v else 'OFF' }}" if isinstance(value, bool) else "{{ v }}"
    if lane is RoomLane.STATE:
        found = f"{{% set v = value_json.get('values', {{}}).get('{name}') %}}"
        return f"{found}{{% if v is not none %}}{shown}{{% endif %}}"
    each = f"{{% for v in value_json.e | selectattr('n', 'eq', '{name}') | map(attribute='x') %}}"
    return f"{each}{{% if loop.last %}}{shown}{{% endif %}}{{% endfor %}}"


def _topic(device_id: str) -> str:
    return f"{DISCOVERY}/device/{device_id}/config"
