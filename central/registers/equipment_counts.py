"""How much equipment rooms, schools and the province should hold, hold, and have fully recorded.

Reads the figures that `place_register` keeps of each room (`expect`, `note_held`), never the devices themselves: the
map of a province adds up a few thousand rows and not every device. Not here: the share of them (`digital_record`).
"""

from collections import defaultdict
from typing import Final

import msgspec
from sqlalchemy import Connection, case, func, select

from central.registers.place_register import Scope, in_scope, room_equipment, rooms
from models.equipment import EquipmentKind


class EquipmentCount(msgspec.Struct, frozen=True, kw_only=True):
    """Devices due (the room's list, or what stands there if that is more), held (not retired), fully recorded."""

    due: int
    held: int
    complete: int

    @property
    def percent(self) -> int | None:
        """The share that is recorded, rounded down so that 100 means all; None where nothing is due."""
        return self.complete * 100 // self.due if self.due else None


NOTHING: Final = EquipmentCount(due=0, held=0, complete=0)


class KindCount(EquipmentCount, frozen=True, kw_only=True):
    """The same of one kind of device."""

    kind: EquipmentKind

    @property
    def absent(self) -> int:
        """Due but not in the register at all."""
        return self.due - self.held

    @property
    def unfinished(self) -> int:
        """In the register, but something is not known of it."""
        return self.held - self.complete


_EXPECTED, _HELD = room_equipment.c.expected, room_equipment.c.held
_ANYTHING = (_EXPECTED > 0) | (_HELD > 0)
_SUMS = (
    func.sum(case((_HELD < _EXPECTED, _EXPECTED), else_=_HELD)),
    func.sum(_HELD),
    func.sum(room_equipment.c.complete),
)


def count_kinds(connection: Connection, scope: Scope, room_id: str | None = None) -> list[KindCount]:
    """By kind: everything in scope, or one room of it."""
    wanted = select(room_equipment.c.kind, *_SUMS).where(_ANYTHING, in_scope(room_equipment.c.room_id, scope))
    if room_id is not None:
        wanted = wanted.where(room_equipment.c.room_id == room_id)
    return [_kind(*row) for row in connection.execute(wanted.group_by(room_equipment.c.kind))]


def count_rooms(connection: Connection, scope: Scope) -> dict[str, list[KindCount]]:
    """By the code of each room in scope and by kind."""
    place = (room_equipment.c.room_id, room_equipment.c.kind)
    wanted = select(*place, *_SUMS).where(_ANYTHING, in_scope(room_equipment.c.room_id, scope)).group_by(*place)
    found: dict[str, list[KindCount]] = defaultdict(list)
    for room_id, *counts in connection.execute(wanted):
        found[room_id].append(_kind(*counts))
    return found


def count_schools(connection: Connection, scope: Scope) -> dict[str, EquipmentCount]:
    """By the code of each school in scope; a school without equipment is not in it."""
    joined = select(rooms.c.school_id, *_SUMS).join(room_equipment, room_equipment.c.room_id == rooms.c.room_id)
    wanted = joined.where(_ANYTHING, in_scope(rooms.c.room_id, scope)).group_by(rooms.c.school_id)
    return {
        school_id: EquipmentCount(due=int(due), held=int(held), complete=int(complete))
        for school_id, due, held, complete in connection.execute(wanted)
    }


def _kind(kind: str, due: int, held: int, complete: int) -> KindCount:
    return KindCount(kind=EquipmentKind(kind), due=int(due), held=int(held), complete=int(complete))
