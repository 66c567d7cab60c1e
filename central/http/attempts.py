"""How often somebody may try to sign in: per account, per network, and all together. In memory, of this process."""

import threading
from collections import deque
from typing import Final

from models.clock import Clock

PER_ACCOUNT: Final = 8
PER_NETWORK: Final = 40
ALTOGETHER: Final = 400
WITHIN_MS: Final = 15 * 60 * 1000
_MOST_NAMES: Final = 20_000


class Attempts:
    """Counts failures of the last fifteen minutes. A success clears the account's own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failed: dict[str, deque[int]] = {}
        self._lock = threading.Lock()

    def allowed(self, account: str, network: str) -> bool:
        """Whether one more try is heard now."""
        with self._lock:
            limits = ((f"account {account}", PER_ACCOUNT), (f"network {network}", PER_NETWORK), ("all", ALTOGETHER))
            return all(self._recent(name) < limit for name, limit in limits)

    def failed(self, account: str, network: str) -> None:
        """A try that was wrong."""
        with self._lock:
            if len(self._failed) > _MOST_NAMES:
                for name in [name for name in self._failed if not self._recent(name)]:
                    del self._failed[name]
            for name in (f"account {account}", f"network {network}", "all"):
                self._failed.setdefault(name, deque(maxlen=ALTOGETHER)).append(self._clock.monotonic_ms())

    def succeeded(self, account: str) -> None:
        """The right one."""
        with self._lock:
            self._failed.pop(f"account {account}", None)

    def _recent(self, name: str) -> int:
        failures = self._failed.get(name, deque())
        while failures and failures[0] <= self._clock.monotonic_ms() - WITHIN_MS:
            failures.popleft()
        return len(failures)
