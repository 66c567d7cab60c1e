"""Between the broker's session and the watch: a bounded queue for each sender, emptied in turns.

One device that sends thousands of messages a second loses its own, counted; it delays neither another device nor the
exam desk. Guests choose their topics, and so how many senders they seem to be: all of them together have bounds of
their own, and what they send too much costs the room nothing. Of a sender's topic that waits, the newest message stays.
Not here: what messages say.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from edge.equipment_watch.two_brokers import GUESTS
from models.wire.room_topics import DISCOVERY

MOST_WAITING: Final = 100
"""Messages of one sender: what it may leave retained, and a burst."""
MOST_WAITING_BYTES: Final = 160 * 1024
"""Of one sender of the room: twice what it may leave retained."""
PER_TURN: Final = 10
MOST_SENDERS: Final = 1000
MOST_BYTES: Final = 32 * 1024 * 1024
MOST_GUESTS: Final = 2000
MOST_GUEST_BYTES: Final = 16 * 1024 * 1024
"""Of all guests together: as much as their broker queues for us."""


class Arrived(msgspec.Struct, frozen=True):
    """A message of the room; `kept`: the broker had it from before."""

    topic: str
    payload: bytes
    at: datetime
    kept: bool


class _Side:
    """The senders of one broker. The caller holds the lock."""

    def __init__(self, most_senders: int, most_bytes: int, most_of_one: int) -> None:
        self._most_senders = most_senders
        self._most_bytes = most_bytes
        self._most_of_one = most_of_one
        self._bytes = 0
        self._of_one: Counter[str] = Counter()
        self.waiting: dict[str, list[Arrived]] = {}
        self.lost_a_topic = False

    def put(self, sender: str, message: Arrived) -> bool:
        """False when this message, or another in its place, is dropped."""
        queue = self.waiting.get(sender)
        if queue is None and len(self.waiting) >= self._most_senders:
            self.lost_a_topic = True
            return False
        queue = queue or []
        replaced = 0
        while self._is_too_much(sender, queue, message):
            place = self._superfluous(queue, message.topic)
            if place is None:
                self.lost_a_topic = True
                return False
            self._count(sender, -len(queue.pop(place).payload))
            replaced += 1
        queue.append(message)
        self.waiting[sender] = queue
        self._count(sender, len(message.payload))
        return not replaced

    def _is_too_much(self, sender: str, queue: list[Arrived], message: Arrived) -> bool:
        size = len(message.payload)
        return (
            len(queue) >= MOST_WAITING
            or self._of_one[sender] + size > self._most_of_one
            or self._bytes + size > self._most_bytes
        )

    def _superfluous(self, queue: list[Arrived], topic: str) -> int | None:
        """The place of a message that may go: the last of the same topic, else of the topic that has most waiting."""
        topics = [one.topic for one in queue]
        if topic not in topics:
            topic, count = next(iter(Counter(topics).most_common(1)), ("", 0))
            if count <= 1:
                return None
        return len(topics) - 1 - topics[::-1].index(topic)

    def pop(self, sender: str) -> Arrived | None:
        """The sender's oldest message; it stands behind all others then."""
        queue = self.waiting.pop(sender, None)
        if not queue:
            return None
        message = queue.pop(0)
        self._count(sender, -len(message.payload))
        if queue:
            self.waiting[sender] = queue
        else:
            del self._of_one[sender]
        return message

    def clear(self) -> None:
        """Forgets what waits."""
        self.waiting.clear()
        self._of_one.clear()
        self._bytes = 0
        self.lost_a_topic = False

    def _count(self, sender: str, size: int) -> None:
        self._bytes += size
        self._of_one[sender] += size


class FloodGate:
    """`put` on the session's thread, `take` on the watch's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._room = _Side(MOST_SENDERS, MOST_BYTES, MOST_WAITING_BYTES)
        self._guests = _Side(MOST_GUESTS, MOST_GUEST_BYTES, MOST_GUEST_BYTES)
        self._dropped: dict[str, int] = {}

    def put(self, message: Arrived) -> bool:
        """Lets a message in; False when it or another of its sender, who has too many waiting, was dropped for it."""
        sender = _sender(message.topic)
        side = self._guests if message.topic.startswith(GUESTS) else self._room
        with self._lock:
            if side.put(sender, message):
                return True
            if sender in self._dropped or len(self._dropped) < MOST_SENDERS:
                self._dropped[sender] = self._dropped.get(sender, 0) + 1
            return False

    def take(self) -> Iterator[Arrived]:
        """A few messages of every sender, each in its order, the room's before the guests'.

        Whoever stops asking leaves the rest inside; next time it is the turn of those who waited.
        """
        for side in (self._room, self._guests):
            with self._lock:
                senders = list(side.waiting)
            for sender in senders:
                for _ in range(PER_TURN):
                    with self._lock:
                        message = side.pop(sender)
                    if message is None:
                        break
                    yield message

    @property
    def waits(self) -> bool:
        """Whether anything is left to take."""
        return bool(self._room.waiting or self._guests.waiting)

    def clear(self) -> None:
        """Forgets what waits."""
        with self._lock:
            self._room.clear()
            self._guests.clear()

    def lost_a_guests_topic(self) -> bool:
        """Whether since this was last asked a guest said something of which nothing is left: it may be retained."""
        with self._lock:
            lost, self._guests.lost_a_topic = self._guests.lost_a_topic, False
        return lost

    def dropped(self) -> dict[str, int]:
        """How many messages of each sender were dropped since this was last asked."""
        with self._lock:
            counted, self._dropped = self._dropped, {}
        return counted


def _sender(topic: str) -> str:
    """The first two levels say who speaks, on the guests' broker as in the room; below discovery the first three."""
    levels = topic.removeprefix(GUESTS).split("/", 4)
    return "/".join(levels[: 3 if levels[0] == DISCOVERY else 2])
