"""What runs where: versions of software, weights, trust lists and profiles over all boxes, and which boxes lag behind.

Words are the boxes' own, as last told to the authority or to central. Not here: changing it (roll-outs), and the page.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from models.fleet import BoxRecord
from models.identifiers import BoxId
from models.messages import Hello

SILENT: Final = ""
"""The value of a box that has not said."""

_NUMBER: Final = re.compile(r"\d+")


class RunningBox(msgspec.Struct, frozen=True, kw_only=True):
    """A box by the authority's record, and its last greeting at central if there was one."""

    record: BoxRecord
    hello: Hello | None


class RunningValue(msgspec.Struct, frozen=True, kw_only=True):
    """A version and who runs it. `is_wanted`: the newest (or, where no order is known, the most common) one."""

    value: str
    boxes: tuple[BoxId, ...]
    is_wanted: bool


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing: `software`, `weights`, `trust list` or `profiles`. Most common value first, silence last."""

    kind: str
    values: tuple[RunningValue, ...]

    @property
    def behind(self) -> tuple[BoxId, ...]:
        """The boxes that run something other than the wanted value, or have not said."""
        return tuple(box for value in self.values if not value.is_wanted for box in value.boxes)


def what_runs(boxes: Sequence[RunningBox]) -> tuple[Spread, ...]:
    """The four spreads. Trust lists are counted by school: a box is behind when its school has a newer one."""
    return (
        _spread("software", boxes, _software, _newest_version),
        _spread("weights", boxes, _weights, _most_common),
        _trust_lists(boxes),
        _spread("profiles", boxes, _profiles, _most_common),
    )


def _spread(
    kind: str,
    boxes: Sequence[RunningBox],
    value_of: Callable[[RunningBox], str],
    wanted_of: Callable[[Counter[str]], str],
) -> Spread:
    by_value: dict[str, list[BoxId]] = defaultdict(list)
    for box in boxes:
        by_value[value_of(box)].append(box.record.box_id)
    said = Counter({value: len(found) for value, found in by_value.items() if value != SILENT})
    wanted = wanted_of(said) if said else None
    values = [
        RunningValue(value=value, boxes=tuple(sorted(found)), is_wanted=value == wanted)
        for value, found in by_value.items()
    ]
    return Spread(kind=kind, values=tuple(sorted(values, key=_silence_last_then_common)))


def _trust_lists(boxes: Sequence[RunningBox]) -> Spread:
    newest: dict[str, int] = {}
    for box in boxes:
        version = box.record.trust_list_version
        if version is not None:
            newest[box.record.school_id] = max(version, newest.get(box.record.school_id, version))
    current: list[BoxId] = []
    older: list[BoxId] = []
    silent: list[BoxId] = []
    for box in boxes:
        version = box.record.trust_list_version
        place = silent if version is None else current if version == newest[box.record.school_id] else older
        place.append(box.record.box_id)
    found = (("newest of the school", current, True), ("older", older, False), (SILENT, silent, False))
    return Spread(
        kind="trust list",
        values=tuple(
            RunningValue(value=value, boxes=tuple(sorted(names)), is_wanted=is_wanted)
            for value, names, is_wanted in found
            if names
        ),
    )


def _software(box: RunningBox) -> str:
    return (box.hello.software if box.hello else box.record.software) or SILENT


def _weights(box: RunningBox) -> str:
    said = box.hello.vitals.weights if box.hello and box.hello.vitals else None
    return said or box.record.weights or SILENT


def _profiles(box: RunningBox) -> str:
    said: Iterable[str] = box.hello.vitals.profiles if box.hello and box.hello.vitals else ()
    return ", ".join(sorted(said)) or SILENT


def _newest_version(said: Counter[str]) -> str:
    return max(said, key=lambda value: ([int(part) for part in _NUMBER.findall(value)], value))


def _most_common(said: Counter[str]) -> str:
    return max(said, key=lambda value: (said[value], value))


def _silence_last_then_common(value: RunningValue) -> tuple[bool, int, str]:
    return value.value == SILENT, -len(value.boxes), value.value
