"""Whether a device counts as used: one row for each kind, over what it says of itself. Pure.

Power alone does not make a class set used: a tablet lies awake in its cart, a headset is worn or it is not.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

import msgspec

from models.equipment import EquipmentKind
from models.measurements import Value

SENDS_WITHIN: Final = timedelta(minutes=2)
"""A sensor that has sent a reading so lately is at work."""

_ON: Final = ("on", "true", "yes", "awake")


class SeenDevice(msgspec.Struct, frozen=True, kw_only=True):
    """What use is judged by. `since_reading` is None when no reading ever came."""

    values: Mapping[str, Value]
    faults: tuple[str, ...] = ()
    since_reading: timedelta | None = None


def is_used(kind: EquipmentKind, seen: SeenDevice) -> bool:
    """Whether a device that is online counts as used."""
    return _USED.get(kind, _is_switched_on)(seen)


def is_on(value: Value | None) -> bool | None:
    """A state as yes or no; None when nothing is known of it."""
    if value is None:
        return None
    return value in _ON if isinstance(value, str) else bool(value)


def _is_switched_on(seen: SeenDevice) -> bool:
    return is_on(seen.values.get("power")) is True


def _shows(seen: SeenDevice) -> bool:
    return _is_switched_on(seen) and "signal" not in seen.faults and is_on(seen.values.get("screen")) is not False


def _is_held(seen: SeenDevice) -> bool:
    """A tablet: its screen is on; where it does not say so, it is away from the cart and not charging."""
    screen = is_on(seen.values.get("screen"))
    if screen is not None:
        return screen
    return seen.values.get("charging") is False and seen.values.get("present") is not True


def _is_worn(seen: SeenDevice) -> bool:
    """A headset: worn; where it does not say so, awake and not in the cart."""
    worn = is_on(seen.values.get("worn"))
    if worn is not None:
        return worn
    return is_on(seen.values.get("screen")) is True and seen.values.get("present") is not True


def _sends(seen: SeenDevice) -> bool:
    return seen.since_reading is not None and seen.since_reading <= SENDS_WITHIN


def _runs(seen: SeenDevice) -> bool:
    """A computer that says nothing of its power is used while it is online."""
    return is_on(seen.values.get("power", "on")) is True


_USED: Final[Mapping[EquipmentKind, Callable[[SeenDevice], bool]]] = {
    EquipmentKind.INTERACTIVE_BOARD: _shows,
    EquipmentKind.PROJECTOR: _shows,
    EquipmentKind.OPS_COMPUTER: _runs,
    EquipmentKind.LAPTOP: _runs,
    EquipmentKind.TABLET: _is_held,
    EquipmentKind.VR_HEADSET: _is_worn,
    EquipmentKind.AR_DEVICE: _is_worn,
    EquipmentKind.SENSOR_BOARD: _sends,
    EquipmentKind.ROBOT_KIT: _sends,
    EquipmentKind.GROWING_KIT: _sends,
}
"""Every other kind is used while its power is on."""
