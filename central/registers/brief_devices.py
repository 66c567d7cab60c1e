"""Devices of rooms in a few words, for pages that show many of them: what it is, where it stands, how it is called.

Not here: their whole records (`device_search`), changing them (`device_register`).
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, select

from central.registers.device_tables import devices
from central.registers.place_register import Scope, in_scope
from central.registers.room_plans import device_links
from models.equipment import WITHOUT_LINK, DeviceState, EquipmentKind

NO_LINK: Final = "null"


class BriefDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One device; `name` is its maker and model, or its own number where neither is known.

    `connected`: somebody wrote down how its room's box reaches it.
    """

    device_id: str
    room_id: str
    kind: EquipmentKind
    state: DeviceState
    name: str
    place: str
    connected: bool = True


def devices_in(connection: Connection, room_ids: Sequence[str]) -> list[BriefDevice]:
    """Every device of these rooms that was not retired, by room, kind, place and number."""
    columns = (devices.c.device_id, devices.c.room_id, devices.c.kind, devices.c.state, devices.c.maker)
    way = func.coalesce(device_links.c.link, NO_LINK)
    wanted = select(*columns, devices.c.model, devices.c.place, way).join(
        device_links, device_links.c.device_id == devices.c.device_id, isouter=True
    )
    here = devices.c.room_id.in_(room_ids) & (devices.c.state != DeviceState.RETIRED.value)
    order = (devices.c.room_id, devices.c.kind, devices.c.place, devices.c.device_id)
    rows = connection.execute(wanted.where(here).order_by(*order))
    return [
        BriefDevice(
            device_id=device_id, room_id=room_id, kind=EquipmentKind(kind), state=DeviceState(state),
            name=f"{maker} {model}".strip() or device_id, place=place, connected=link != NO_LINK,
        )
        for device_id, room_id, kind, state, maker, model, place, link in rows
    ]  # fmt: skip


def count_expected_voices(connection: Connection, scope: Scope) -> dict[str, int]:
    """By room: how many devices in use are of a kind that speaks and are connected."""
    reached = devices.join(device_links, device_links.c.device_id == devices.c.device_id)
    wanted = (
        select(devices.c.room_id, func.count())
        .select_from(reached)
        .where(_is_expected(), device_links.c.link != NO_LINK, in_scope(devices.c.room_id, scope))
    )
    return {room_id: int(count) for room_id, count in connection.execute(wanted.group_by(devices.c.room_id))}


def not_expected(connection: Connection, scope: Scope) -> list[str]:
    """Devices that are not in use or of no kind that speaks: what they still say counts for nothing.

    One that is not connected is not among them: no box hears it.
    """
    return list(
        connection.execute(
            select(devices.c.device_id).where(~_is_expected(), in_scope(devices.c.room_id, scope))
        ).scalars()
    )


def _is_expected() -> ColumnElement[bool]:
    silent_kinds = [kind.value for kind in WITHOUT_LINK]
    return and_(devices.c.state == DeviceState.IN_USE.value, devices.c.kind.not_in(silent_kinds))
