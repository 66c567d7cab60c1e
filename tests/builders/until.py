"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable

CEILING_SECONDS = 30.0


def until(holds: Callable[[], object], meanwhile: Callable[[], object] = lambda: None) -> None:
    """Returns as soon as `holds` does; `meanwhile` is done between two looks."""
    end = time.monotonic() + CEILING_SECONDS
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        meanwhile()
        time.sleep(0.005)
