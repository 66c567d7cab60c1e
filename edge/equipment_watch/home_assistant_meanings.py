"""What an entity of Home Assistant's discovery means in our vocabulary: by its device class, else by its unit.

Texts are taken over from no sensor: among them are names of networks, addresses and pages. Not here: reading the
announcement (`home_assistant_config`), whether a value can be true (`believing`).
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from models.measurements import METRICS

SAYS_ON: Final = frozenset({"ON", "on", "1", "true", '{"state": "ON"}', '{"state":"ON"}'})
SAYS_OFF: Final = frozenset({"OFF", "off", "0", "false", '{"state": "OFF"}', '{"state":"OFF"}'})
"""All payloads that are ever sent to a switch, whatever an announcement names."""
_Scale = tuple[float, float]
_ONE: Final = (1.0, 0.0)
_SAME_SIGN: Final = str.maketrans({"μ": "µ"})
"""The Greek letter and the micro sign look alike; makers use both."""


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """The metric, its SenML unit, and what a number is multiplied by and then raised by to be in that unit.

    `kind` is what comes of it: a number, a yes or no, or the words "on" and "off".
    """

    metric: str
    unit: str = ""
    factor: float = 1.0
    offset: float = 0.0
    kind: str = "number"


_NUMBERS: Final[Mapping[str, tuple[str, Mapping[str, _Scale]]]] = {
    "temperature": (
        "temperature",
        {"°C": _ONE, "C": _ONE, "°F": (5 / 9, -160 / 9), "F": (5 / 9, -160 / 9), "K": (1.0, -273.15)},
    ),
    "humidity": ("humidity", {"%": _ONE}),
    "moisture": ("moisture", {"%": _ONE}),
    "battery": ("battery", {"%": _ONE}),
    "illuminance": ("light", {"lx": _ONE}),
    "carbon_dioxide": ("co2", {"ppm": _ONE}),
    "pm25": ("pm2_5", {"µg/m³": _ONE}),
    "pressure": ("pressure", {"hPa": _ONE, "mbar": _ONE, "kPa": (10.0, 0.0), "Pa": (0.01, 0.0)}),
    "sound_pressure": ("sound", {"dB": _ONE, "dBA": _ONE}),
    "ph": ("ph", {"": _ONE, "pH": _ONE}),
    "conductivity": ("ec", {"µS/cm": _ONE, "mS/cm": (1000.0, 0.0)}),
    "voltage": ("voltage", {"V": _ONE, "mV": (0.001, 0.0)}),
    "power": ("electric_power", {"W": _ONE, "kW": (1000.0, 0.0), "mW": (0.001, 0.0)}),
    "energy": ("energy", {"kWh": _ONE, "Wh": (0.001, 0.0), "MWh": (1000.0, 0.0)}),
    "signal_strength": ("signal", {"%": _ONE}),
}
"""Device class of a sensor -> our metric, and the units in which it comes."""

_SAME: Final = {"atmospheric_pressure": "pressure"}

_STATES: Final[Mapping[str, str]] = {
    "door": "door",
    "window": "door",
    "opening": "door",
    "garage_door": "door",
    "motion": "motion",
    "occupancy": "motion",
    "presence": "motion",
    "moving": "motion",
    "battery_charging": "charging",
}
"""Device class of a binary sensor -> our metric; a window is a door for whoever looks after the room."""

_SENML: Final[Mapping[str, str]] = {"°C": "Cel", "µg/m³": "ug/m3", "µS/cm": "uS/cm"}
_UNIT: Final = 16
_NAME: Final = 60
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")


def is_turned_round(on: str, off: str) -> bool:
    """Whether an announcement calls on what is off: such a switch would show, and do, the contrary."""
    return on.upper() in SAYS_OFF or off.upper() in SAYS_ON or on.lower() in SAYS_OFF or off.lower() in SAYS_ON


def meaning_of(component: str, device_class: str, unit: str, key: str, *, measures: bool) -> Meaning | None:
    """What an entity means; None when we have no word for it. `measures`: it calls itself a measurement."""
    unit = unit.translate(_SAME_SIGN)
    match component:
        case "switch":
            return Meaning(metric="power", kind="switch")
        case "binary_sensor":
            metric = _STATES.get(device_class)
            if metric is None and device_class in ("power", "plug"):
                return Meaning(metric="power", kind="switch")
            return Meaning(metric=metric, kind="state") if metric is not None else None
        case "sensor":
            known = _NUMBERS.get(_SAME.get(device_class, device_class))
            scale = known[1].get(unit) if known is not None else None
            if known is not None and scale is not None:
                return Meaning(metric=known[0], unit=METRICS[known[0]].unit, factor=scale[0], offset=scale[1])
            return _own_number(unit, key) if unit or measures else None
        case _:
            return None


def _own_number(unit: str, key: str) -> Meaning | None:
    """A number under the name that it gives itself; never under one of ours with another unit."""
    name = _NOT_A_LETTER.sub("_", key.lower()).strip("_")[:_NAME]
    unit = _SENML.get(unit, unit)[:_UNIT]
    if not name or not unit.isprintable():
        return None
    ours = METRICS.get(name)
    return Meaning(metric=name if ours is None or (unit and ours.unit == unit) else f"{name}_own", unit=unit)
