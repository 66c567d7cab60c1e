"""How often anybody may make the authority remember something new. Not kept over a restart."""

from collections import deque
from datetime import datetime, timedelta


class Pace:
    """At most so many a time span for each name. Callers hold the lock."""

    def __init__(self, most: int, span: timedelta) -> None:
        self._most = most
        self._span = span
        self._at: dict[str, deque[datetime]] = {}

    def allows(self, name: str, now: datetime) -> bool:
        """Whether this one is within the bound; only those that are count."""
        told = self._at.setdefault(name, deque())
        while told and not now - self._span < told[0] <= now:
            told.popleft()
        if len(told) >= self._most:
            return False
        told.append(now)
        return True
