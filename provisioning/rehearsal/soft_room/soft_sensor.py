"""What any sensor in software has: readings that move slowly, and the port between what it says and its line.

Not here: protocols (`soft_link_board`, `soft_text_board`, `soft_modbus_bus`, `soft_firmata_board`), lines
(`sensor_line`).
"""

import math
from collections.abc import Callable
from typing import Protocol

Readings = Callable[[float], dict[str, float]]
"""What is measured at an instant of the line's clock: metric to value."""


def classroom(now: float) -> dict[str, float]:
    """A classroom at rest: nothing jumps."""
    return {
        "temperature": round(26.0 + 2.0 * math.sin(now / 300), 1),
        "humidity": round(65.0 + 5.0 * math.sin(now / 400), 1),
        "light": round(420 + 80 * math.sin(now / 200)),
        "co2": round(800 + 200 * math.sin(now / 500)),
    }


class SoftSensor(Protocol):
    """A board or a bus of sensors: bytes in, bytes out. `now` is a monotonic clock in seconds."""

    def opened(self, now: float) -> bytes:
        """The line was opened; what it says to that (boards are reset by it)."""

    def take(self, data: bytes, now: float) -> bytes:
        """The answer to what came, b"" while there is none."""

    def tick(self, now: float) -> bytes:
        """What it says by itself now."""
