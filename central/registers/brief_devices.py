"""Devices of rooms in a few words, for pages that show many of them: what it is, where it stands, how it is called.

Not here: their whole records (`device_search`), changing them (`device_register`).
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select

from central.registers.device_tables import devices
from models.equipment import DeviceState, EquipmentKind


class BriefDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One device; `name` is its maker and model, or its own number where neither is known."""

    device_id: str
    room_id: str
    kind: EquipmentKind
    state: DeviceState
    name: str
    place: str


def devices_in(connection: Connection, room_ids: Sequence[str]) -> list[BriefDevice]:
    """Every device of these rooms that was not retired, by room, kind, place and number."""
    columns = (devices.c.device_id, devices.c.room_id, devices.c.kind, devices.c.state, devices.c.maker)
    wanted = select(*columns, devices.c.model, devices.c.place)
    here = devices.c.room_id.in_(room_ids) & (devices.c.state != DeviceState.RETIRED.value)
    order = (devices.c.room_id, devices.c.kind, devices.c.place, devices.c.device_id)
    rows = connection.execute(wanted.where(here).order_by(*order))
    return [
        BriefDevice(
            device_id=device_id, room_id=room_id, kind=EquipmentKind(kind), state=DeviceState(state),
            name=f"{maker} {model}".strip() or device_id, place=place,
        )
        for device_id, room_id, kind, state, maker, model, place in rows
    ]  # fmt: skip
