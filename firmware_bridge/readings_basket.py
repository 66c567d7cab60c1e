"""Readings of one device, collected and sent a few times a second: never one message for each reading.

What came without a time of its own gets one relative to the moment of sending. Not here: sending (`room_voice`).
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from models.room_messages import Batch, Entry, Integrity, RoomMessageError, encode_room

MOST_HELD: Final = 20_000
"""Entries that wait while the room's broker is away; then the oldest are dropped."""

MOST_IN_ONE: Final = 450


class ReadingsBasket:
    """One device's; used under its owner's lock."""

    def __init__(self) -> None:
        self._pieces: deque[tuple[int, Batch]] = deque()
        self._held = 0
        self.dropped = 0

    def __len__(self) -> int:
        return self._held

    def put(self, batch: Batch, now_ms: int) -> None:
        """`now_ms` is the monotonic clock."""
        self._pieces.append((now_ms, batch))
        self._held += len(batch.e)
        self._make_room()

    def put_back(self, batches: Sequence[Batch], now_ms: int) -> None:
        """What could not be sent at `now_ms`, before everything that came since."""
        self._pieces.extendleft((now_ms, batch) for batch in reversed(batches))
        self._held += sum(len(batch.e) for batch in batches)
        self._make_room()

    def _make_room(self) -> None:
        while self._held > MOST_HELD:
            gone = len(self._pieces.popleft()[1].e)
            self._held -= gone
            self.dropped += gone

    def empty(self) -> list[tuple[int, Batch]]:
        """Everything, oldest first; the basket is empty then."""
        pieces, self._pieces, self._held = list(self._pieces), deque(), 0
        return pieces


def payloads(pieces: list[tuple[int, Batch]], now_ms: int) -> Iterator[bytes]:
    """The `tm` messages that say all of it, sent at `now_ms`. Pieces with a clock of their own stay as they are."""
    merged: dict[tuple[str, Integrity], list[Entry]] = {}
    for heard_ms, batch in pieces:
        if batch.bt is not None:
            yield from _fitting(batch)
            continue
        shift = heard_ms - now_ms
        merged.setdefault((batch.bn, batch.integrity), []).extend(
            [Entry(n=entry.n, x=entry.x, u=entry.u, t=entry.t + shift) for entry in batch.e] if shift else batch.e
        )
    for (device_id, integrity), entries in merged.items():
        for first in range(0, len(entries), MOST_IN_ONE):
            part = tuple(entries[first : first + MOST_IN_ONE])
            yield from _fitting(Batch(bn=device_id, integrity=integrity, e=part))


def _fitting(batch: Batch) -> Iterator[bytes]:
    try:
        yield encode_room(batch)
    except RoomMessageError:
        middle = len(batch.e) // 2
        if middle:
            for half in (batch.e[:middle], batch.e[middle:]):
                yield from _fitting(Batch(bn=batch.bn, bt=batch.bt, q=batch.q, integrity=batch.integrity, e=half))
