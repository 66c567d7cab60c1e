"""Names and units that boards write, as metrics of `models.measurements`: "Nhiet_do", "temp", "T (°C)" is temperature.

A name that we do not know is kept, in small letters with underscores. Not here: which lines are readings
(`line_reading`), what is plausible (`models.measurements`).
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

from models.measurements import METRICS

LONGEST: Final = 64
"""Characters of a metric's name on the room's broker."""

_OTHER_NAMES: Final = {
    "temperature": "temp tmp t tc temp_c t_c tempc temperature_c celsius nhiet_do nhietdo do_c nhiet nd",
    "humidity": "hum humi humid h rh hum_pct relative_humidity humidity_rh do_am doam do_am_khong_khi am_do",
    "light": "lux lx light_lux light_level illuminance ambient_light anh_sang anhsang as cuong_do_sang do_roi",
    "co2": "co2_ppm co2ppm eco2 nong_do_co2 carbon_dioxide",
    "pm2_5": "pm25 pm2.5 pm_2_5 pm_25 bui bui_min bui_pm2_5",
    "pressure": "press pres hpa baro barometer barometric_pressure ap_suat apsuat air_pressure",
    "sound": "noise db spl loudness sound_level tieng_on am_thanh do_on",
    "ph": "ph_value do_ph phvalue",
    "ec": "conductivity electrical_conductivity do_dan_dien ec_us",
    "moisture": "soil_moisture soil_humidity moist do_am_dat doamdat am_dat",
    "water_level": "level_pct muc_nuoc mucnuoc tank_level",
    "voltage": "volt volts v u dien_ap dienap",
    "electric_power": "watt watts power_w cong_suat congsuat active_power",
    "energy": "kwh dien_nang energy_kwh active_energy",
    "battery": "bat batt battery_level battery_percent",
    "door": "cua door_open contact reed",
    "motion": "pir presence_motion movement chuyen_dong",
}
_METRIC_OF: Final = {other: name for name, others in _OTHER_NAMES.items() for other in others.split()}
_NOT_FROM_BOARDS: Final = frozenset(
    {"power", "source", "screen", "volume", "mute", "freeze", "present", "reset_cause", "lost_frames"}
)
_SENSORS: Final = re.compile(
    r"(?:(?:dht|am2|bme|bmp|sht|htu|aht|ds18|bh17|mhz|mh_z|scd|ccs|sgp|ens|hc|gy|tsl|veml|mq|ldr|lm)_?\d*[a-z]?\d*"
    r"|sensors?|data|d|payload|values?|readings?|measurements?|env|current|air|room|gia_tri|cam_bien|phong|phong_hoc|khong_khi|\d+)_"
)


class Reading(NamedTuple):
    """One number in the unit of its metric; `full` is the whole name as written, for lines that name a metric twice."""

    name: str
    value: float | bool
    unit: str = ""
    full: str = ""


_UNITS: Final = {
    "cel": "Cel", "c": "Cel", "*c": "Cel", "°c": "Cel", "ºc": "Cel", "℃": "Cel",
    "do c": "Cel", "độ c": "Cel", "degc": "Cel", "celsius": "Cel", "deg c": "Cel",
    "f": "[degF]", "*f": "[degF]", "°f": "[degF]", "ºf": "[degF]", "℉": "[degF]", "degf": "[degF]",
    "[degf]": "[degF]", "k": "K",
    "%": "%", "%rh": "%RH", "% rh": "%RH", "rh%": "%RH", "rh": "%RH", "%el": "%EL", "pct": "%",
    "lx": "lx", "lux": "lx", "klx": "klx", "ppm": "ppm", "ppb": "ppb", "ug/m3": "ug/m3", "µg/m3": "ug/m3",
    "μg/m3": "ug/m3", "ug/m³": "ug/m3", "µg/m³": "ug/m3", "μg/m³": "ug/m3",
    "hpa": "hPa", "pa": "Pa", "kpa": "kPa", "mbar": "hPa", "bar": "bar", "db": "dB", "dba": "dB", "ph": "pH",
    "us/cm": "uS/cm", "µs/cm": "uS/cm", "μs/cm": "uS/cm", "ms/cm": "mS/cm", "ds/m": "mS/cm",
    "v": "V", "mv": "mV", "a": "A", "ma": "mA", "w": "W", "kw": "kW", "kwh": "kWh", "wh": "Wh", "hz": "Hz",
    "m": "m", "cm": "cm", "mm": "mm", "m/s": "m/s", "s": "s", "ms": "ms", "mg/kg": "mg/kg", "mg/l": "mg/L",
    "rpm": "rpm", "g": "g", "kg": "kg", "l/min": "L/min", "ohm": "Ohm",
}  # fmt: skip
UNIT_WORDS: Final = tuple(sorted(_UNITS, key=len, reverse=True))
"""What may stand behind a number, the longest first."""

_INTO: Final = {
    ("[degF]", "Cel"): (5 / 9, -160 / 9),
    ("K", "Cel"): (1.0, -273.15),
    ("klx", "lx"): (1_000.0, 0.0),
    ("ppb", "ppm"): (0.001, 0.0),
    ("Pa", "hPa"): (0.01, 0.0),
    ("kPa", "hPa"): (10.0, 0.0),
    ("bar", "hPa"): (1_000.0, 0.0),
    ("mS/cm", "uS/cm"): (1_000.0, 0.0),
    ("mV", "V"): (0.001, 0.0),
    ("kW", "W"): (1_000.0, 0.0),
    ("Wh", "kWh"): (0.001, 0.0),
    ("%", "%RH"): (1.0, 0.0),
    ("%", "%EL"): (1.0, 0.0),
    ("%RH", "%"): (1.0, 0.0),
}
_METRIC_OF_UNIT: Final = {"Cel": "temperature", "[degF]": "temperature", "%RH": "humidity", "lx": "light", "pH": "ph"}


def unit_of(text: str) -> str:
    """The SenML unit of what a board writes behind a number; what we do not know stays as it is, cut to 16 letters."""
    return _UNITS.get(text.strip().lower(), "".join(letter for letter in text.strip() if letter.isprintable())[:16])


@lru_cache(maxsize=4096)
def plain_name(text: str) -> str:
    """Small letters, digits, dots and underscores, Vietnamese marks taken off; "" when nothing is left."""
    bare = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9.]+", "_", letters).strip("_.")[:LONGEST]


@lru_cache(maxsize=4096)
def metric_of(text: str) -> str:
    """The metric that a written name stands for: "DHT11 Temp" is temperature; a name that we do not know is kept."""
    name = plain_name(text)
    rest = name
    while rest:
        known = _METRIC_OF.get(rest) or (rest if rest in METRICS and rest not in _NOT_FROM_BOARDS else None)
        if known is not None:
            return known
        sensor = _SENSORS.match(rest)
        rest = rest[sensor.end() :] if sensor else ""
    return f"board_{name}"[:LONGEST] if name in _NOT_FROM_BOARDS else name


def is_known(text: str) -> bool:
    """Whether the name stands for one of our metrics."""
    return metric_of(text) in METRICS


def in_its_unit(label: str, value: float | bool, written_unit: str = "", nameless: str = "value") -> Reading:  # noqa: FBT001 - a door that is open is a value, not a switch
    """A number under its metric and in its unit. `nameless` is the name where neither label nor unit says one.

    A unit that does not belong to the metric and cannot be turned into its unit keeps the written name with the unit
    behind it: "humidity 9 g" is humidity_g.
    """
    unit = unit_of(written_unit)
    full = plain_name(label) or plain_name(nameless) or "value"
    name = metric_of(label) if plain_name(label) else _METRIC_OF_UNIT.get(unit, full)
    row = METRICS.get(name)
    if row is None or isinstance(value, bool):
        return Reading(name, value, unit, full)
    if not unit or unit == row.unit:
        return Reading(name, value, row.unit, full)
    turn = _INTO.get((unit, row.unit))
    if turn is None:
        return Reading(f"{name}_{plain_name(unit) or 'other'}"[:LONGEST], value, unit, full)
    return Reading(name, float(f"{value * turn[0] + turn[1]:.10g}"), row.unit, full)
