"""Which baud a line is opened at: the planned one, else the remembered or usual one, else one pass over the others.

The pass begins only when bytes come and none of them makes sense, at most once, and never during a lesson or exam.
Not here: remembering (`baud_memory`).
"""

from typing import Final

USUAL_SPEEDS: Final = (9600, 115200, 57600, 38400, 19200, 4800, 230400, 460800, 1_000_000)
LISTEN_SECONDS: Final = 3.0
FEWEST_BYTES: Final = 32


class SpeedSearch:
    """The speeds of one line; `planned` 0 is unknown, `first` what to begin with. Each is listened to for a while."""

    def __init__(self, planned: int, first: int, listen_seconds: float = LISTEN_SECONDS) -> None:
        self._listen_seconds = listen_seconds
        self._first = planned or first
        self._left = [] if planned or not first else [*(speed for speed in USUAL_SPEEDS if speed != first), first]
        self.baud = self._first

    def is_wrong(self, heard_bytes: int, seconds: float) -> bool:
        """Whether so many bytes without one good frame, in so many seconds, speak for another speed."""
        return bool(self._left) and heard_bytes >= FEWEST_BYTES and seconds >= self._listen_seconds

    def go_on(self) -> None:
        """The next speed, and after the last one the first again, for good."""
        self.baud = self._left.pop(0) if self._left else self._first

    def found(self) -> None:
        """This one is right."""
        self._first = self.baud
        self._left = []
