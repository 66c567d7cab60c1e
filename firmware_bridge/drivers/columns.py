"""The `map` of a plan for boards without a register map: which column, field or pin is which metric.

    temp,hum                    the first column is temperature, the second humidity; "-" leaves one out
    a0=light:lx:0.5:-3,d2=door  field or pin = metric : unit : scale : offset

Not here: register maps of Modbus sensors (`register_map`).
"""

from collections.abc import Sequence
from typing import NamedTuple

from firmware_bridge.drivers.metric_names import LONGEST, metric_of, plain_name, unit_of
from firmware_bridge.drivers.scaling import PLAIN, Scale, ScaleError, scale_of
from models.errors import SettingsError
from models.measurements import METRICS
from models.room_plan import LanLink, PlannedDevice, SerialLink


class Column(NamedTuple):
    """One metric; `source` "" is found by its place."""

    name: str
    unit: str = ""
    scale: Scale = PLAIN
    source: str = ""


class Columns(NamedTuple):
    """What a plan says; `by_place` holds None where a column is left out."""

    by_place: tuple[Column | None, ...] = ()
    by_source: dict[str, Column] = {}  # noqa: RUF012 - never written to


def column(name: str, unit: str = "", scale: str = "1", offset: str = "0", source: str = "") -> Column:
    """One column of words. Raises ScaleError."""
    metric = metric_of(name)
    given = METRICS.get(metric)
    return Column(metric, unit_of(unit) if unit else given.unit if given else "", scale_of(scale, offset), source)


def read_columns(text: str) -> Columns:
    """The `map` of a link; "" is no columns. Raises SettingsError naming what is wrong."""
    by_place: list[Column | None] = []
    by_source: dict[str, Column] = {}
    for words in (part.strip() for part in text.split(",")):
        if words in ("", "-"):
            by_place += [None] if words or len(text.strip()) > 0 else []
            continue
        source, _, rest = words.rpartition("=")
        name, *more = (word.strip() for word in rest.split(":"))
        if not plain_name(name) or len(name) > LONGEST or len(more) > 3:
            raise SettingsError(
                f'The map "{text}" is not a list such as "temp,hum" or "a0=light:lx:0.5": look at "{words}".'
            )
        try:
            made = column(name, *(word or default for word, default in zip(more, ("", "1", "0"), strict=False)))
        except ScaleError as error:
            raise SettingsError(f'In the map "{text}", "{words}": {error}') from None
        if source:
            by_source[plain_name(source)] = made._replace(source=plain_name(source))
        else:
            by_place.append(made)
    return Columns(tuple(by_place), by_source)


def only_device(devices: Sequence[PlannedDevice], driver: str) -> PlannedDevice:
    """The one device of a line that cannot be shared. Raises SettingsError."""
    if len(devices) != 1:
        names = ", ".join(device.device_id for device in devices) or "none"
        raise SettingsError(f'A line of the driver "{driver}" belongs to one device; the plan gives it: {names}.')
    return devices[0]


def map_of(device: PlannedDevice) -> str:
    """The `map` of its link, "" without one."""
    return device.link.map if isinstance(device.link, SerialLink | LanLink) else ""
