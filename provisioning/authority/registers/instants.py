"""How registers write an instant that may be missing."""

from datetime import datetime

from models.clock import from_unix_ms


def instant(milliseconds: int | None) -> datetime | None:
    """The UTC instant, None when the column is empty."""
    return None if milliseconds is None else from_unix_ms(milliseconds)
