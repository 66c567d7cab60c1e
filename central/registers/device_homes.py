"""Where each device belongs, for the program that believes a box only about the devices of its own room.

Not here: everything else about a device (`device_register`, `device_search`).
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, func, select

from central.registers.device_tables import device_changes, devices
from models.equipment import DeviceState

_MOST_NAMES = 500


class Home(msgspec.Struct, frozen=True, gc=False):
    """A device's room and kind; one that is lost belongs there and is not there."""

    room_id: str
    kind: str
    lost: bool = False


def homes(connection: Connection) -> dict[str, Home]:
    """Every device that was not retired."""
    wanted = select(devices.c.device_id, devices.c.room_id, devices.c.kind, devices.c.state)
    rows = connection.execute(wanted.where(devices.c.state != DeviceState.RETIRED.value))
    return {device_id: _home(*facts) for device_id, *facts in rows}


def homes_of(connection: Connection, device_ids: Sequence[str]) -> dict[str, Home]:
    """Those of these devices that are in the register and not retired."""
    found: dict[str, Home] = {}
    for start in range(0, len(device_ids), _MOST_NAMES):
        wanted = select(devices.c.device_id, devices.c.room_id, devices.c.kind, devices.c.state).where(
            devices.c.device_id.in_(device_ids[start : start + _MOST_NAMES]),
            devices.c.state != DeviceState.RETIRED.value,
        )
        found.update((device_id, _home(*facts)) for device_id, *facts in connection.execute(wanted))
    return found


def newest_change(connection: Connection) -> int:
    """The number of the last change of any device, 0 without one."""
    return int(connection.execute(select(func.coalesce(func.max(device_changes.c.id), 0))).scalar_one())


def changed_after(connection: Connection, change: int) -> list[str]:
    """The devices that were changed after that change."""
    wanted = select(device_changes.c.device_id).where(device_changes.c.id > change).distinct()
    return list(connection.execute(wanted).scalars())


def _home(room_id: str, kind: str, state: str) -> Home:
    return Home(room_id, kind, lost=state == DeviceState.LOST.value)
