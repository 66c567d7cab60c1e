"""Central's challenges that wait on this box for the next chips; the box's own when they have run out.

Kept in memory only: after a start central gives new ones. Not here: how they travel (`central_conversation`).
"""

import secrets
import threading
from collections import deque
from typing import Final

from edge.cards.active_authentication import Challenge, own_challenge
from models.chip.active_authentication import CHALLENGE_BYTES
from models.evidence import ChallengeBy

_MOST: Final = 128


class ChallengePool:
    """Each challenge leaves once. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque(maxlen=_MOST)

    @property
    def count(self) -> int:
        """How many of central's wait."""
        return len(self._waiting)

    def take_in(self, challenges: tuple[bytes, ...]) -> None:
        """Central's new ones; those of another length are dropped."""
        with self._lock:
            self._waiting.extend(one for one in challenges if len(one) == CHALLENGE_BYTES)

    def clear(self) -> None:
        """Forget all: central no longer knows them."""
        with self._lock:
            self._waiting.clear()

    def draw(self) -> Challenge:
        """The oldest of central's, or one of the box's own."""
        with self._lock:
            if self._waiting:
                return Challenge(value=self._waiting.popleft(), by=ChallengeBy.CENTRAL)
        return own_challenge(secrets.token_bytes)
