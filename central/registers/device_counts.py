"""Devices counted by kind and state. Not here: what rooms should hold (`equipment_counts`)."""

import msgspec
from sqlalchemy import Connection, func, select

from central.registers.device_tables import devices
from central.registers.place_register import Scope, in_scope
from models.equipment import DeviceState, EquipmentKind


class StateCount(msgspec.Struct, frozen=True, kw_only=True):
    """So many devices of a kind are in this state."""

    kind: EquipmentKind
    state: DeviceState
    count: int


def count_states(connection: Connection, scope: Scope) -> list[StateCount]:
    """Of everything in scope; the index `ix_devices_place` holds all that is read."""
    place = (devices.c.kind, devices.c.state)
    wanted = select(*place, func.count()).where(in_scope(devices.c.room_id, scope)).group_by(*place)
    return [
        StateCount(kind=EquipmentKind(kind), state=DeviceState(state), count=int(count))
        for kind, state, count in connection.execute(wanted)
    ]
