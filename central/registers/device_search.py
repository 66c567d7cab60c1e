"""Devices found and counted: pages of a filtered list by the last row seen (no OFFSET).

Rows stand in the order room, kind, name; the index `ix_devices_place` is laid so. Not here: changing devices, and how
much equipment rooms and schools hold (`equipment_counts`).
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, select, true, tuple_

from central.database import read_as
from central.registers.device_tables import Device, devices
from central.registers.place_register import Scope, in_scope
from central.registers.word_search import every_word
from models.equipment import DeviceState, EquipmentKind

PAGE: Final = 50
_CHUNK: Final = 1000

Seen = tuple[str, str, str]
"""The last row of a page: room, kind, name."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A filter: what is None or empty asks for nothing."""

    words: str = ""
    kind: EquipmentKind | None = None
    state: DeviceState | None = None
    school_id: str | None = None
    room_id: str | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One page. `following` asks for the next one, None at the end."""

    devices: tuple[Device, ...]
    following: Seen | None


def find_devices(
    connection: Connection, wanted: Wanted, scope: Scope, after: Seen | None = None, limit: int = PAGE
) -> Found:
    """The next page of what is wanted."""
    order = (devices.c.room_id, devices.c.kind, devices.c.device_id)
    condition = _condition(wanted, scope)
    if after is not None:
        condition &= tuple_(*order) > after
    rows = connection.execute(select(devices).where(condition).order_by(*order).limit(limit + 1))
    found = tuple(read_as(row, Device) for row in rows)
    last = found[limit - 1] if len(found) > limit else None
    following = None if last is None else (last.room_id, last.kind.value, last.device_id)
    return Found(devices=found[:limit], following=following)


def every_device(connection: Connection, wanted: Wanted, scope: Scope) -> Iterator[Device]:
    """All that is wanted, read page by page, for exports."""
    after: Seen | None = None
    while True:
        found = find_devices(connection, wanted, scope, after, _CHUNK)
        yield from found.devices
        after = found.following
        if after is None:
            return


def count_devices(connection: Connection, wanted: Wanted, scope: Scope) -> int:
    """How many are wanted."""
    counted = select(func.count()).select_from(devices).where(_condition(wanted, scope))
    return int(connection.execute(counted).scalar_one())


def _condition(wanted: Wanted, scope: Scope) -> ColumnElement[bool]:
    parts = [
        in_scope(devices.c.room_id, scope),
        in_scope(devices.c.room_id, wanted.school_id),
        every_word(devices.c.folded, wanted.words),
        devices.c.kind == wanted.kind.value if wanted.kind else true(),
        devices.c.state == wanted.state.value if wanted.state else true(),
        devices.c.room_id == wanted.room_id if wanted.room_id else true(),
    ]
    return and_(*parts)
