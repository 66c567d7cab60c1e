"""Between the broker's session and the watch: a bounded queue for each device, emptied in turns.

One device that sends thousands of messages a second loses its own, counted; it delays neither another device nor the
exam desk, because what it sends too much is dropped unread. Not here: what messages say.
"""

import threading
from collections import deque
from datetime import datetime
from typing import Final

import msgspec

from edge.equipment_watch.two_brokers import GUESTS
from models.wire.room_topics import DISCOVERY

MOST_WAITING: Final = 100
"""Messages of one sender: what it may leave retained, and a burst."""
PER_TURN: Final = 10
MOST_SENDERS: Final = 1000
MOST_BYTES: Final = 16 * 1024 * 1024


class Arrived(msgspec.Struct, frozen=True):
    """A message of the room; `kept`: the broker had it from before."""

    topic: str
    payload: bytes
    at: datetime
    kept: bool


class FloodGate:
    """`put` on the session's thread, `take` on the watch's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[Arrived]] = {}
        self._bytes = 0
        self._dropped: dict[str, int] = {}

    def put(self, message: Arrived) -> bool:
        """Lets a message in; False when its sender has too many waiting, or the room has."""
        sender = _sender(message.topic)
        with self._lock:
            queue = self._waiting.get(sender)
            full = queue is not None and len(queue) >= MOST_WAITING
            if full or self._bytes + len(message.payload) > MOST_BYTES or len(self._waiting) >= MOST_SENDERS:
                if sender in self._dropped or len(self._dropped) < MOST_SENDERS:
                    self._dropped[sender] = self._dropped.get(sender, 0) + 1
                return False
            if queue is None:
                queue = self._waiting[sender] = deque()
            queue.append(message)
            self._bytes += len(message.payload)
            return True

    def take(self) -> list[Arrived]:
        """A few messages of every sender, each in its order."""
        taken = []
        with self._lock:
            for sender in list(self._waiting):
                queue = self._waiting[sender]
                for _ in range(min(PER_TURN, len(queue))):
                    message = queue.popleft()
                    self._bytes -= len(message.payload)
                    taken.append(message)
                if not queue:
                    del self._waiting[sender]
        return taken

    @property
    def waits(self) -> bool:
        """Whether anything is left to take."""
        return bool(self._waiting)

    def clear(self) -> None:
        """Forgets what waits."""
        with self._lock:
            self._waiting.clear()
            self._bytes = 0

    def dropped(self) -> dict[str, int]:
        """How many messages of each sender were dropped since this was last asked."""
        with self._lock:
            counted, self._dropped = self._dropped, {}
        return counted


def _sender(topic: str) -> str:
    """The first two levels say who speaks, on the guests' broker as in the room; below discovery the first three."""
    levels = topic.removeprefix(GUESTS).split("/", 4)
    return "/".join(levels[: 3 if levels[0] == DISCOVERY else 2])
