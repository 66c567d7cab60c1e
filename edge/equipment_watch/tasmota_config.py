"""Reads the announcement that Tasmota makes of itself since version 9: one message of the device, one of its sensors.

`tasmota/discovery/<hardware address>/config` names its topic, its words and its relays; `.../sensors` shows what its
sensors say. What comes out is the same as of Home Assistant's discovery. Source: Tasmota's proposal of the format and
its messages. Not here: `SetOption19`, with which it speaks Home Assistant's form (`home_assistant_config`).
"""

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec

from edge.equipment_watch.home_assistant_config import (
    LARGEST_BYTES,
    MOST_ENTITIES,
    Announcement,
    Availability,
    Entity,
    ForeignDevice,
    SwitchCommand,
)
from edge.equipment_watch.home_assistant_meanings import Meaning, meaning_of
from edge.equipment_watch.home_assistant_templates import WHOLE, Template
from models.foreign_topics import has_account, is_name

ROOT: Final = "tasmota"
LANES: Final = ("config", "sensors")

_Word = Annotated[str, msgspec.Meta(max_length=120)]
_RELAY: Final = 1
_PREFIXES: Final = ("cmnd", "stat", "tele")
_FULL_TOPICS: Final = ("%prefix%/%topic%/", "%topic%/%prefix%/")
_MEASURED: Final = {
    "Temperature": ("temperature", "°C"),
    "Humidity": ("humidity", "%"),
    "Illuminance": ("illuminance", "lx"),
    "Pressure": ("pressure", "hPa"),
    "CarbonDioxide": ("carbon_dioxide", "ppm"),
    "PM2.5": ("pm25", "µg/m³"),
    "Moisture": ("moisture", "%"),
    "Power": ("power", "W"),
    "Voltage": ("voltage", "V"),
    "Total": ("energy", "kWh"),
}
"""A sensor's reading: what it is for Home Assistant, and its usual unit."""


class TasmotaDevice(msgspec.Struct, frozen=True):
    """What it says of itself; fields are Tasmota's."""

    t: _Word
    ft: _Word
    tp: tuple[str, ...]
    dn: _Word = ""
    md: _Word = ""
    sw: _Word = ""
    ofln: _Word = "Offline"
    onln: _Word = "Online"
    state: tuple[_Word, ...] = ("OFF", "ON")
    rl: Annotated[tuple[int, ...], msgspec.Meta(max_length=64)] = ()


class TasmotaSensors(msgspec.Struct, frozen=True):
    """What its sensors say, as an example."""

    sn: Annotated[dict[str, object], msgspec.Meta(max_length=200)] = {}


_device: Final = msgspec.json.Decoder(TasmotaDevice)
_sensors: Final = msgspec.json.Decoder(TasmotaSensors)


def read_device(payload: bytes) -> TasmotaDevice | str:
    """The device, or why it is none that we can follow. Never raises."""
    try:
        device = _device.decode(payload) if len(payload) <= LARGEST_BYTES else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        device = None
    if device is None:
        return "an announcement that is none of Tasmota's"
    if device.ft not in _FULL_TOPICS or device.tp[:3] != _PREFIXES or len(device.state) < len(("OFF", "ON")):
        return "a full topic that is not Tasmota's usual one"
    if not is_name(device.t) or not has_account(device.t):
        return "a topic that no device may have"
    return device


def read_sensors(payload: bytes) -> TasmotaSensors | str:
    """Its sensors, or why these are none. Never raises."""
    try:
        return _sensors.decode(payload) if len(payload) <= LARGEST_BYTES else "an announcement that is too large"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "sensors that are none of Tasmota's"


def announcement_of(device: TasmotaDevice, sensors: TasmotaSensors) -> Announcement:
    """All that we have a word for."""
    there = Availability(
        topic=_topic(device, "tele", "LWT"), template=WHOLE, on=device.onln.lower(), off=device.ofln.lower()
    )
    entities = [*_relays(device, there), *_readings(device, sensors, there)]
    return Announcement(
        device=ForeignDevice(name=device.dn, maker="Tasmota", model=device.md, firmware=device.sw, by="Tasmota"),
        entities=tuple(entities[:MOST_ENTITIES]),
        refused=("more entities than a device may have",) if len(entities) > MOST_ENTITIES else (),
    )


def _relays(device: TasmotaDevice, there: Availability) -> Iterator[Entity]:
    """A relay shows itself in the regular state, and at once in the answer to a command."""
    alone = sum(kind > 0 for kind in device.rl) == 1
    for number, kind in enumerate(device.rl, 1):
        if kind == _RELAY:
            name = "POWER" if alone else f"POWER{number}"
            yield Entity(
                key=f"relay {number:02}",
                title=device.dn,
                meaning=Meaning(metric="power", kind="switch"),
                state_topic=_topic(device, "tele", "STATE"),
                also_at=_topic(device, "stat", "RESULT"),
                template=Template(path=(name,)),
                on=device.state[1].lower(),
                off=device.state[0].lower(),
                availability=(there,),
                all_must_be_there=False,
                command=SwitchCommand(topic=_topic(device, "cmnd", name), on="ON", off="OFF"),
                minor=False,
            )


def _readings(device: TasmotaDevice, sensors: TasmotaSensors, there: Availability) -> Iterator[Entity]:
    units = {"Temperature": f"°{sensors.sn.get('TempUnit', 'C')}", "Pressure": sensors.sn.get("PressureUnit", "hPa")}
    for sensor, readings in sensors.sn.items():
        for reading, value in readings.items() if isinstance(readings, dict) else ():
            if reading not in _MEASURED or isinstance(value, bool) or not isinstance(value, int | float):
                continue
            device_class, unit = _MEASURED[reading]
            meaning = meaning_of("sensor", device_class, str(units.get(reading, unit)), reading, measures=True)
            if meaning is not None:
                yield Entity(
                    key=f"sensor {sensor} {reading}",
                    title=f"{sensor} {reading}"[:120],
                    meaning=meaning,
                    state_topic=_topic(device, "tele", "SENSOR"),
                    template=Template(path=(sensor, reading)),
                    on="",
                    off="",
                    availability=(there,),
                    all_must_be_there=False,
                    command=None,
                    minor=False,
                )


def _topic(device: TasmotaDevice, prefix: str, last: str) -> str:
    return device.ft.replace("%prefix%", prefix).replace("%topic%", device.t) + last
