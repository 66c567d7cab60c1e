"""How long to wait before a line is opened again: half a second, then twice as long each time up to thirty, spread."""

import random
from typing import Final

SHORTEST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 30.0
GOOD_SECONDS: Final = 10.0
"""After so long of good frames the next failure begins at the shortest wait again."""


class BackOff:
    """The waits of one line. `random` gives a number from 0 to 1."""

    def __init__(self, random_share: random.Random | None = None) -> None:
        self._random = random_share or random.Random()
        self._next = SHORTEST_SECONDS

    def next(self) -> float:
        """Seconds: between half of the step and the step."""
        step, self._next = self._next, min(LONGEST_SECONDS, self._next * 2)
        return step * (0.5 + self._random.random() / 2)

    def reset(self) -> None:
        """The line has been good for long enough."""
        self._next = SHORTEST_SECONDS
