"""Time as all programs speak of it: UTC instants, a monotonic count, and how far the wall clock can be trusted.

Not here: correcting the clock (chrony does), and showing times to people (pages show Asia/Ho_Chi_Minh).
"""

import time
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

SCHOOL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class TimeQuality(StrEnum):
    """Where the wall clock's trust comes from; carried by every event."""

    NTS = "nts"
    CENTRAL = "central"
    GNSS = "gnss"
    MANUAL = "manual"
    NONE = "none"


class Clock(Protocol):
    """What tells the time. Tests use a clock that only moves when told."""

    def now(self) -> datetime:
        """The present instant, timezone-aware, UTC."""

    def monotonic_ms(self) -> int:
        """Milliseconds since an arbitrary start that never step back while the machine is up."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, timezone-aware, UTC."""
        return datetime.now(UTC)

    def monotonic_ms(self) -> int:
        """Milliseconds of the kernel's monotonic clock."""
        return time.monotonic_ns() // 1_000_000


def to_unix_ms(instant: datetime) -> int:
    """Milliseconds since 1970-01-01 UTC of an aware instant, rounded down."""
    return (instant - _BEGIN) // _MILLISECOND


def from_unix_ms(milliseconds: int) -> datetime:
    """The UTC instant so many milliseconds after 1970-01-01."""
    return _BEGIN + timedelta(milliseconds=milliseconds)
