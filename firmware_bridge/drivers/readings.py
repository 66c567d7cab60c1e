"""Readings become batches that fit the room's broker: at most 500 entries and well below 16 kB. No bytes here."""

from collections.abc import Sequence
from typing import Final

from firmware_bridge.drivers.driver import Said
from models.room_messages import Batch, Entry, Integrity

_ENTRY_BYTES: Final = 62
"""JSON of an entry without its name and unit: a float in full, a time of seven digits, and the signs between."""
_BATCH_BYTES: Final = 15_000
_MOST_ENTRIES: Final = 500


def batches(device_id: str, entries: Sequence[Entry], integrity: Integrity) -> list[Said]:
    """The entries, in order, as few words as will pass. Their times stay relative to the arrival of the last."""
    if not entries:
        return []
    name = max(map(_json_bytes, {entry.n for entry in entries}))
    unit = max(map(_json_bytes, {entry.u for entry in entries}))
    step = min(_MOST_ENTRIES, _BATCH_BYTES // (name + unit + _ENTRY_BYTES))
    return [
        Said(device_id=device_id, batch=Batch(bn=device_id, integrity=integrity, e=tuple(entries[at : at + step])))
        for at in range(0, len(entries), step)
    ]


def _json_bytes(text: str) -> int:
    return len(text.encode()) + text.count('"') + text.count("\\")
