"""What devices measure: names and units of metrics, and which values can be true at all.

Units are those of SenML (RFC 8428, RFC 8798). A metric that a device names itself is as good as one of ours when it
says its unit. Not here: the messages (`models.room_messages`), rolling up and forwarding (`edge.equipment_watch`).
"""

import re
from enum import StrEnum
from typing import Annotated, Final

import msgspec

Value = float | str | bool
"""What one metric may hold. `bool` is a state (door open), `str` a word from a short list (power "on")."""


class Plausibility(StrEnum):
    """What is thought of one value."""

    PLAUSIBLE = "plausible"
    OUT_OF_RANGE = "out of range"
    JUMPED = "jumped"
    """Further from the last value than this quantity can go in that time; believed at the second such value."""
    NOT_A_NUMBER = "not a number"


class MetricRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the vocabulary. `lowest` and `highest` bound what can be true; None where nothing is known.

    `step` is the most by which a true value differs from the one before, within a minute. `worth_telling` is the change
    that is forwarded before the heartbeat; `rolled_up` says that minutes of it are kept (count, lowest, highest, mean),
    or of what changes slowly pieces of `span_minutes`, which divide an hour.
    """

    unit: str
    lowest: float | None = None
    highest: float | None = None
    step: float | None = None
    worth_telling: float = 0.0
    rolled_up: bool = False
    span_minutes: int = 1


METRICS: Final[dict[str, MetricRow]] = {
    "battery": MetricRow(unit="%EL", lowest=0, highest=100, worth_telling=5, rolled_up=True, span_minutes=60),
    "charging": MetricRow(unit=""),
    "storage_free_megabytes": MetricRow(unit="MB", lowest=0, worth_telling=500),
    "signal": MetricRow(unit="%", lowest=0, highest=100, worth_telling=20),
    "power": MetricRow(unit=""),
    "source": MetricRow(unit=""),
    "screen": MetricRow(unit=""),
    "worn": MetricRow(unit=""),
    "present": MetricRow(unit=""),
    "on_network": MetricRow(unit=""),
    "kiosk": MetricRow(unit=""),
    "foreground_app": MetricRow(unit=""),
    "hours": MetricRow(unit="h", lowest=0, highest=200_000, worth_telling=1),
    "lamp_hours": MetricRow(unit="h", lowest=0, highest=60_000, worth_telling=1),
    "filter_hours": MetricRow(unit="h", lowest=0, highest=60_000, worth_telling=1),
    "volume": MetricRow(unit="%", lowest=0, highest=100, worth_telling=10),
    "mute": MetricRow(unit=""),
    "freeze": MetricRow(unit=""),
    "device_temperature": MetricRow(unit="Cel", lowest=-20, highest=130, step=20, worth_telling=3),
    "temperature": MetricRow(unit="Cel", lowest=-20, highest=60, step=5, worth_telling=0.5, rolled_up=True),
    "humidity": MetricRow(unit="%RH", lowest=0, highest=100, step=30, worth_telling=3, rolled_up=True),
    "light": MetricRow(unit="lx", lowest=0, highest=200_000, worth_telling=100, rolled_up=True),
    "co2": MetricRow(unit="ppm", lowest=250, highest=10_000, step=3_000, worth_telling=100, rolled_up=True),
    "pm2_5": MetricRow(unit="ug/m3", lowest=0, highest=1_000, worth_telling=10, rolled_up=True),
    "pressure": MetricRow(unit="hPa", lowest=800, highest=1_100, step=20, worth_telling=1, rolled_up=True),
    "sound": MetricRow(unit="dB", lowest=0, highest=140, worth_telling=10, rolled_up=True),
    "ph": MetricRow(unit="pH", lowest=0, highest=14, step=3, worth_telling=0.2, rolled_up=True),
    "ec": MetricRow(unit="uS/cm", lowest=0, highest=50_000, worth_telling=50, rolled_up=True),
    "moisture": MetricRow(unit="%", lowest=0, highest=100, worth_telling=3, rolled_up=True),
    "water_level": MetricRow(unit="%", lowest=0, highest=100, worth_telling=5, rolled_up=True),
    "voltage": MetricRow(unit="V", lowest=-1_000, highest=1_000, worth_telling=1, rolled_up=True),
    "electric_power": MetricRow(unit="W", lowest=-100_000, highest=100_000, worth_telling=10, rolled_up=True),
    "energy": MetricRow(unit="kWh", lowest=0, worth_telling=0.1),
    "door": MetricRow(unit=""),
    "motion": MetricRow(unit=""),
    "reset_cause": MetricRow(unit=""),
    "lost_frames": MetricRow(unit="", lowest=0, worth_telling=100),
}
"""What we give a meaning. Everything else that a device announces in its `about` is kept by the rules of its unit."""

BY_UNIT: Final[dict[str, MetricRow]] = {
    "Cel": MetricRow(unit="Cel", lowest=-60, highest=150, worth_telling=0.5, rolled_up=True),
    "%": MetricRow(unit="%", lowest=0, highest=100, worth_telling=3, rolled_up=True),
    "%RH": METRICS["humidity"],
    "%EL": METRICS["battery"],
    "lx": METRICS["light"],
    "ppm": MetricRow(unit="ppm", lowest=0, highest=1_000_000, worth_telling=50, rolled_up=True),
    "V": METRICS["voltage"],
    "W": METRICS["electric_power"],
    "kWh": METRICS["energy"],
    "hPa": METRICS["pressure"],
}
"""The row of an announced metric that `METRICS` does not name."""

APP: Final = "app:"
"""Before an Android package's name: the version of it that is installed, as a word; "none" when it is not there."""

MOST_APPS: Final = 10
PACKAGE: Final = r"\A[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)+\Z"
PackageName = Annotated[str, msgspec.Meta(pattern=PACKAGE, max_length=58)]
_PACKAGE: Final = re.compile(PACKAGE)

_UNKNOWN: Final = MetricRow(unit="", rolled_up=True)


def is_app(metric: str) -> bool:
    """Whether a metric is the version of an app."""
    return metric.startswith(APP) and _PACKAGE.match(metric[len(APP) :]) is not None


def row_of(name: str, unit: str = "") -> MetricRow:
    """The rules for a metric: by its name, else by its unit, else none at all."""
    return METRICS.get(name) or BY_UNIT.get(unit) or _UNKNOWN


def judge_value(row: MetricRow, value: float, last: float | None = None, seconds: float = 60.0) -> Plausibility:
    """What is thought of a number that comes `seconds` after `last` (None: the first one)."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - the one test that finds NaN in any number
        return Plausibility.NOT_A_NUMBER
    below = row.lowest is not None and value < row.lowest
    if below or (row.highest is not None and value > row.highest):
        return Plausibility.OUT_OF_RANGE
    if row.step is not None and last is not None and abs(value - last) > row.step * max(1.0, seconds / 60.0):
        return Plausibility.JUMPED
    return Plausibility.PLAUSIBLE
