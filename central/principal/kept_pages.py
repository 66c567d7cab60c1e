"""Pages of the whole province, kept for a moment: each adds up every room of 612 schools, and many people ask it.

A page says its own instant, so what is kept is never taken for newer than it is. Not here: what is added up.
"""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Final, Generic, Protocol, TypeVar

USE_FOR: Final = timedelta(minutes=2)
MORNING_FOR: Final = timedelta(seconds=15)
_MOST: Final = 30


class Dated(Protocol):
    """A page that says when it was true."""

    @property
    def as_of(self) -> datetime:
        """UTC."""


P = TypeVar("P", bound=Dated)


class KeptPages(Generic[P]):
    """By what was asked for, the page put together last. Threads may ask at once: at worst two make the same one."""

    def __init__(self, fresh_for: timedelta) -> None:
        self._fresh_for = fresh_for
        self._kept: dict[Hashable, P] = {}

    def of(self, asked: Hashable, now: datetime, make: Callable[[], P]) -> P:
        """The kept page while it is fresh, else what `make` puts together."""
        kept = self._kept.get(asked)
        if kept is not None and timedelta(0) <= now - kept.as_of < self._fresh_for:
            return kept
        made = make()
        if len(self._kept) >= _MOST:
            self._kept = {}
        self._kept[asked] = made
        return made
