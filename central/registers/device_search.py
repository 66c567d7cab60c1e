"""Devices found and counted: pages of a filtered list by the last row seen (no OFFSET), and figures per room and kind.

Rows stand in the order room, kind, name; the index `ix_devices_place` is laid so. Not here: changing devices.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, func, select, true, tuple_

from central.database import read_as
from central.registers.device_tables import Device, devices
from central.registers.place_register import Scope, expected_devices, in_scope
from central.registers.word_search import every_word
from models.equipment import DeviceState, EquipmentKind

PAGE: Final = 50
_CHUNK: Final = 1000

Seen = tuple[str, str, str]
"""The last row of a page: room, kind, name."""

_KINDS: Final = {kind.value: kind for kind in EquipmentKind}


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


class KindCount(msgspec.Struct, frozen=True, kw_only=True):
    """Devices of one kind in one room: expected, held (not retired), and of these under full record."""

    room_id: str
    kind: EquipmentKind
    expected: int
    held: int
    complete: int

    @property
    def due(self) -> int:
        """How many should be recorded: the room's list, or what stands there if that is more."""
        return max(self.expected, self.held)


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


def count_kinds(connection: Connection, scope: Scope, room_id: str | None = None) -> list[KindCount]:
    """Figures of each room and kind in scope, or of one room: retired devices are not held any more."""
    held = _held(connection, scope, room_id)
    expected = _expected(connection, scope, room_id)
    counts = []
    for place in held.keys() | expected.keys():
        present, complete = held.get(place, (0, 0))
        wanted = expected.get(place, 0)
        counts.append(
            KindCount(room_id=place[0], kind=_KINDS[place[1]], expected=wanted, held=present, complete=complete)
        )
    return counts


def _held(connection: Connection, scope: Scope, room_id: str | None) -> dict[tuple[str, str], tuple[int, int]]:
    complete = func.sum(case((devices.c.complete, 1), else_=0))
    grouped = select(devices.c.room_id, devices.c.kind, func.count(), complete)
    wanted = grouped.where(devices.c.state != DeviceState.RETIRED.value, in_scope(devices.c.room_id, scope))
    if room_id is not None:
        wanted = wanted.where(devices.c.room_id == room_id)
    rows = connection.execute(wanted.group_by(devices.c.room_id, devices.c.kind)).all()
    return {(room, kind): (int(count), int(full)) for room, kind, count, full in rows}


def _expected(connection: Connection, scope: Scope, room_id: str | None) -> dict[tuple[str, str], int]:
    columns = (expected_devices.c.room_id, expected_devices.c.kind, expected_devices.c.count)
    wanted = select(*columns).where(in_scope(expected_devices.c.room_id, scope))
    if room_id is not None:
        wanted = wanted.where(expected_devices.c.room_id == room_id)
    return {(room, kind): int(count) for room, kind, count in connection.execute(wanted).all()}


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
