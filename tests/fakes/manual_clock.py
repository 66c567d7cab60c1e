"""A clock that only moves when told."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    """Starts at seven in the morning of an exam day, school time."""

    def __init__(self, now: datetime = datetime(2026, 6, 11, 0, 0, tzinfo=UTC), monotonic_ms: int = 1_000) -> None:
        self._now = now
        self._monotonic_ms = monotonic_ms

    def now(self) -> datetime:
        return self._now

    def monotonic_ms(self) -> int:
        return self._monotonic_ms

    def advance(self, **span: float) -> None:
        """Lets time pass: `advance(seconds=2)`."""
        self._now += timedelta(**span)
        self._monotonic_ms += int(timedelta(**span).total_seconds() * 1000)

    def step_wall_clock(self, **span: float) -> None:
        """Somebody sets the wall clock; the monotonic count does not move."""
        self._now += timedelta(**span)
