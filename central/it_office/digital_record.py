"""The share of equipment under digital record: how much of what a room should hold is fully written down.

The rule. For each room and kind of device, due is the room's own list (a smart classroom begins with that of
`models.equipment.SMART_CLASSROOM`) or what stands there if that is more. Recorded is every device, not retired, whose
five facts are known: a serial or inventory number, model, owner, place, warranty. The share is recorded / due, over
all rooms and kinds. The plans ask for 80 % (Hạ Long, Lào Cai, Quảng Trị) and 100 % (Tân Bình).
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import msgspec

from central.registers.equipment_counts import KindCount
from models.equipment import EquipmentKind

TARGETS: Final = (80, 100)


class DigitalRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The share of a room, a school or the province."""

    kinds: tuple[KindCount, ...]

    @property
    def due(self) -> int:
        """How many should be recorded."""
        return sum(kind.due for kind in self.kinds)

    @property
    def held(self) -> int:
        """How many are in the register."""
        return sum(kind.held for kind in self.kinds)

    @property
    def complete(self) -> int:
        """How many are fully recorded."""
        return sum(kind.complete for kind in self.kinds)

    @property
    def percent(self) -> int | None:
        """Whole percents, rounded down so that 100 means all; None where nothing is due."""
        return None if self.due == 0 else self.complete * 100 // self.due

    @property
    def missing(self) -> tuple[KindCount, ...]:
        """Kinds that lack something, the greatest lack first."""
        short = [kind for kind in self.kinds if kind.complete < kind.due]
        return tuple(sorted(short, key=lambda kind: kind.complete - kind.due))


def digital_record(counts: Iterable[KindCount]) -> DigitalRecord:
    """The share over these figures, of one place or many, in the order of the kinds."""
    by_kind: dict[EquipmentKind, list[KindCount]] = defaultdict(list)
    for count in counts:
        by_kind[count.kind].append(count)
    return DigitalRecord(
        kinds=tuple(
            KindCount(
                kind=kind,
                due=sum(one.due for one in by_kind[kind]),
                held=sum(one.held for one in by_kind[kind]),
                complete=sum(one.complete for one in by_kind[kind]),
            )
            for kind in EquipmentKind
            if any(one.due for one in by_kind[kind])
        )
    )
