"""The province's utilisation, kept for two minutes: it adds up every room's days of a month, and many people ask it.

The page says its own instant, so what is kept is never taken for newer than it is. Not here: what is added up
(`utilisation`).
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from central.principal.periods import Period
from central.principal.utilisation import Utilisation

FRESH_FOR: Final = timedelta(minutes=2)
_MOST_MONTHS: Final = 30


class ProvinceUse:
    """By month the page that was put together last. Threads may ask at once: at worst two put the same one together."""

    def __init__(self) -> None:
        self._kept: dict[date, Utilisation] = {}

    def of(self, period: Period, now: datetime, make: Callable[[], Utilisation]) -> Utilisation:
        """The month's page: the kept one while it is fresh, else what `make` puts together."""
        kept = self._kept.get(period.first)
        if kept is not None and kept.period == period and timedelta(0) <= now - kept.as_of < FRESH_FOR:
            return kept
        made = make()
        if len(self._kept) >= _MOST_MONTHS:
            self._kept = {}
        self._kept[period.first] = made
        return made
