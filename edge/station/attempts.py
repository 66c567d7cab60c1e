"""How often somebody may try the door code: per address with growing waits, and over all addresses of the network."""

import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass

from models.clock import Clock

FREE_TRIES = 3
LONGEST_WAIT_MS = 60_000
MOST_ADDRESSES = 256
NETWORK_TRIES = 10
NETWORK_REFILL_MS = 2_000
"""All addresses together: ten tries at once, then one each two seconds. The box's own screen is not counted here, so
that a flood from the network cannot lock it out."""


@dataclass(slots=True)
class _Tries:
    count: int = 0
    free_from_ms: int = 0


class Attempts:
    """The counts, in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._of: OrderedDict[str, _Tries] = OrderedDict()
        self._network_full_ms = 0

    def begin(self, address: str) -> int:
        """Count a try; 0 when it may go on, else the milliseconds to wait (then it was not counted).

        A try counts before its outcome is known, so that many at once gain nothing.
        """
        now, key = self._clock.monotonic_ms(), _key(address)
        with self._lock:
            tries = self._of.setdefault(key, _Tries())
            self._of.move_to_end(key)
            while len(self._of) > MOST_ADDRESSES:
                self._of.popitem(last=False)
            if tries.free_from_ms > now:
                return tries.free_from_ms - now
            if not _is_this_box(address):
                full_ms = max(self._network_full_ms, now) + NETWORK_REFILL_MS
                if full_ms - now > NETWORK_TRIES * NETWORK_REFILL_MS:
                    return full_ms - now - NETWORK_TRIES * NETWORK_REFILL_MS
                self._network_full_ms = full_ms
            tries.count += 1
            if tries.count >= FREE_TRIES:
                tries.free_from_ms = now + min(LONGEST_WAIT_MS, 1000 * 2 ** min(tries.count - FREE_TRIES + 1, 10))
            return 0

    def succeeded(self, address: str) -> None:
        """The right code: the address starts afresh."""
        with self._lock:
            self._of.pop(_key(address), None)


def _is_this_box(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _key(address: str) -> str:
    """An IPv6 host owns its whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))
