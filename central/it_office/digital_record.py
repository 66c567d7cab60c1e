"""The share of equipment under digital record: how much of what a room should hold is fully written down.

The rule. For each room and kind of device, due is the room's own list (a smart classroom begins with that of
`models.equipment.SMART_CLASSROOM`) or what stands there if that is more. Recorded is every device, not retired, whose
five facts are known: a serial or inventory number, model, owner, place, warranty. The share is recorded / due, over
all rooms and kinds. The plans ask for 80 % (Hạ Long, Lào Cai, Quảng Trị) and 100 % (Tân Bình).
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from central.registers.device_search import KindCount
from models.equipment import EquipmentKind

TARGETS: Final = (80, 100)


class KindShare(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of device: due, held (not retired) and fully recorded."""

    kind: EquipmentKind
    due: int
    held: int
    complete: int

    @property
    def absent(self) -> int:
        """Due but not in the register at all."""
        return self.due - self.held

    @property
    def unfinished(self) -> int:
        """In the register, but something is not known of it."""
        return self.held - self.complete


class DigitalRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The share of a room, a school or the province."""

    kinds: tuple[KindShare, ...]

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
    def missing(self) -> tuple[KindShare, ...]:
        """Kinds that lack something, the greatest lack first."""
        short = [kind for kind in self.kinds if kind.complete < kind.due]
        return tuple(sorted(short, key=lambda kind: kind.complete - kind.due))


def digital_record(counts: Iterable[KindCount]) -> DigitalRecord:
    """The share over these rooms and kinds."""
    due: Counter[EquipmentKind] = Counter()
    held: Counter[EquipmentKind] = Counter()
    complete: Counter[EquipmentKind] = Counter()
    for count in counts:
        due[count.kind] += count.due
        held[count.kind] += count.held
        complete[count.kind] += count.complete
    return DigitalRecord(
        kinds=tuple(
            KindShare(kind=kind, due=due[kind], held=held[kind], complete=complete[kind])
            for kind in EquipmentKind
            if due[kind]
        )
    )
