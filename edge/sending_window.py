"""Which waiting events travel next: oldest first, in batches, again from the start when nothing moves (go-back-N).

Nothing is dropped for any answer; only receipts take events out of the outbox. Not here: the conversation around it.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from edge.outbox_tables import StoredEvent
from models.messages import LARGEST_BATCH_BYTES, LARGEST_BATCH_EVENTS

MOST_BATCHES_IN_FLIGHT: Final = 20
STALLED_AFTER_MS: Final = 2000
_JSON_AROUND_EVENT: Final = 80


class SendingWindow:
    """Remembers what was handed to the broker on this connection. One thread uses it."""

    def __init__(self) -> None:
        self.sent_up_to = 0
        self.stalls = 0
        self._in_flight: deque[int] = deque()
        self._allowed = MOST_BATCHES_IN_FLIGHT
        self._moved_at_ms = 0

    @property
    def is_open(self) -> bool:
        """Whether another batch may travel now."""
        return len(self._in_flight) < self._allowed

    def sent(self, batch: list[StoredEvent], now_ms: int) -> None:
        """A batch was handed over."""
        if not self._in_flight:
            self._moved_at_ms = now_ms
        self.sent_up_to = batch[-1].position
        self._in_flight.append(self.sent_up_to)

    def receipted(self, up_to: int, now_ms: int) -> None:
        """Central has everything up to a position: the window moves and opens."""
        while self._in_flight and self._in_flight[0] <= up_to:
            self._in_flight.popleft()
        self._allowed = MOST_BATCHES_IN_FLIGHT
        self.stalls = 0
        self._moved_at_ms = now_ms

    def rewind(self) -> None:
        """Forgets what was sent, so that everything that waits travels again from the oldest on."""
        self.sent_up_to = 0
        self._in_flight.clear()

    def rewind_if_stalled(self, now_ms: int) -> bool:
        """Rewinds when nothing moved for two seconds; until something does, one batch at a time travels."""
        if not self._in_flight or now_ms - self._moved_at_ms < STALLED_AFTER_MS:
            return False
        self.rewind()
        self._allowed = 1
        self.stalls += 1
        return True


def batches(waiting: Iterable[StoredEvent]) -> Iterator[list[StoredEvent]]:
    """Cuts waiting events into batches of at most 50 events and about 64 KB, none across two epochs."""
    batch: list[StoredEvent] = []
    size = 0
    for event in waiting:
        weight = _weight(event)
        full = len(batch) == LARGEST_BATCH_EVENTS or size + weight > LARGEST_BATCH_BYTES
        if batch and (full or event.epoch != batch[0].epoch):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += weight
    if batch:
        yield batch


def _weight(event: StoredEvent) -> int:
    carried = len(event.body) + len(event.signature) + len(event.evidence or b"")
    return carried * 4 // 3 + _JSON_AROUND_EVENT
