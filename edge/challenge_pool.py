"""Central's challenges that wait on this box for the next chips; the box's own when they have run out.

Kept in memory only: after a start central gives new ones. Not here: how they travel (`central_conversation`).
"""

import secrets
import threading
from collections import deque
from datetime import timedelta
from typing import Final

from edge.cards.active_authentication import Challenge, own_challenge
from models.chip.active_authentication import CHALLENGE_BYTES
from models.clock import Clock
from models.evidence import ChallengeBy

_MOST: Final = 128
_FRESH_MS: Final = int(timedelta(hours=23).total_seconds() * 1000)
"""Central takes a challenge for a day after it was handed out; an hour is left for the way and for deciding."""


class ChallengePool:
    """Each challenge leaves once. May be used from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[tuple[int, bytes]] = deque(maxlen=_MOST)

    @property
    def count(self) -> int:
        """How many of central's wait and are fresh."""
        with self._lock:
            self._drop_stale()
            return len(self._waiting)

    def take_in(self, challenges: tuple[bytes, ...]) -> None:
        """Central's new ones; those of another length are dropped."""
        now = self._clock.monotonic_ms()
        with self._lock:
            self._waiting.extend((now, one) for one in challenges if len(one) == CHALLENGE_BYTES)

    def clear(self) -> None:
        """Forget all: central no longer knows them."""
        with self._lock:
            self._waiting.clear()

    def draw(self) -> Challenge:
        """The oldest fresh one of central's, or one of the box's own."""
        with self._lock:
            self._drop_stale()
            if self._waiting:
                return Challenge(value=self._waiting.popleft()[1], by=ChallengeBy.CENTRAL)
        return own_challenge(secrets.token_bytes)

    def _drop_stale(self) -> None:
        oldest = self._clock.monotonic_ms() - _FRESH_MS
        while self._waiting and self._waiting[0][0] < oldest:
            self._waiting.popleft()
