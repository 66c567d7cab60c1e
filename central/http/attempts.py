"""How often somebody may try to sign in: per account and network, per account, per network, and all together.

A stranger's failures must not lock the owner out, so few are counted against an account from one network and many from
everywhere. A one-time code names no account; it has 80 random bits, and its network is limited. In memory, of this
process.
"""

import threading
from collections import deque
from typing import Final

from models.clock import Clock

PER_ACCOUNT_AND_NETWORK: Final = 8
PER_NETWORK: Final = 40
PER_ACCOUNT: Final = 200
ALTOGETHER: Final = 400
WITHIN_MS: Final = 15 * 60 * 1000
_MOST_NAMES: Final = 20_000


class Attempts:
    """Counts failures of the last fifteen minutes. `account` is None for a one-time code."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failed: dict[str, deque[int]] = {}
        self._lock = threading.Lock()

    def allowed(self, account: str | None, network: str) -> bool:
        """Whether one more try is heard now."""
        with self._lock:
            return all(self._recent(name) < limit for name, limit in _limits(account, network).items())

    def failed(self, account: str | None, network: str) -> None:
        """A try that was wrong."""
        with self._lock:
            if len(self._failed) > _MOST_NAMES:
                for name in [name for name in self._failed if not self._recent(name)]:
                    del self._failed[name]
            for name in _limits(account, network):
                self._failed.setdefault(name, deque(maxlen=ALTOGETHER)).append(self._clock.monotonic_ms())

    def succeeded(self, account: str, network: str) -> None:
        """The right one: what this network failed on this account is forgotten."""
        with self._lock:
            self._failed.pop(_pair(account, network), None)

    def _recent(self, name: str) -> int:
        failures = self._failed.get(name, deque())
        while failures and failures[0] <= self._clock.monotonic_ms() - WITHIN_MS:
            failures.popleft()
        return len(failures)


def _limits(account: str | None, network: str) -> dict[str, int]:
    """What a try counts for, and how many failures of each are borne."""
    limits = {"all": ALTOGETHER, f"network {network}": PER_NETWORK}
    if account is not None:
        limits |= {f"account {account}": PER_ACCOUNT, _pair(account, network): PER_ACCOUNT_AND_NETWORK}
    return limits


def _pair(account: str, network: str) -> str:
    return f"pair {network} {account}"
