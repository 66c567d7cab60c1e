"""A line that waits: a `BoardLink` read with a time limit.

Not here: what is said over it (`stk500v1`, `board_voice`).
"""

import select
import time
from collections.abc import Callable
from typing import Protocol

from firmware_bridge.board_link import BoardLink, BoardLinkError


class BoardWithReset(BoardLink, Protocol):
    """A line whose board we can make begin anew."""

    def reset_board(self) -> None:
        """Pulses DTR. Does nothing where the line has none. Raises BoardLinkError."""


OpenPort = Callable[[str, int], BoardWithReset]
"""The line (still closed) at this port with so many baud."""


class TimeOverError(BoardLinkError):
    """The board is too slow: the time in which nobody is disturbed is over. `firmware recover` goes on when it may."""


class PatientLine:
    """An open link. The thread that calls waits; every wait has an end.

    Once `time_is_over` nothing reaches the board any more: then `write` and both resets raise TimeOverError.
    """

    def __init__(self, link: BoardWithReset, time_is_over: Callable[[], bool] = lambda: False) -> None:
        self._link = link
        self._time_is_over = time_is_over
        self._held = b""

    @property
    def where(self) -> str:
        """The port, in words of the plan."""
        return self._link.where

    def write(self, content: bytes) -> None:
        """Raises BoardLinkError."""
        self._be_in_time()
        self._link.write(content)

    def more(self, seconds: float) -> bytes:
        """All that is there; if nothing is, waits so long for something. Raises BoardLinkError."""
        held, self._held = self._held, b""
        ready = select.poll()
        ready.register(self._link.fileno(), select.POLLIN)
        while not held and ready.poll(max(0.0, seconds) * 1000):
            held = self._link.read()
            seconds = 0
        return held + (self._link.read() if held else b"")

    def until(self, enough: Callable[[bytes], int | None], seconds: float) -> bytes | None:
        """What came up to where `enough` says (a count of bytes), the rest is kept; None when time is up.

        Raises BoardLinkError.
        """
        end, heard = time.monotonic() + seconds, b""
        while True:
            count = enough(heard)
            if count is not None:
                self._held = heard[count:] + self._held
                return heard[:count]
            left = end - time.monotonic()
            if left <= 0:
                return None
            heard += self.more(left)

    def forget(self) -> None:
        """Throws away what has arrived. Raises BoardLinkError."""
        while self.more(0):
            pass

    def reset_board(self) -> None:
        """Makes the board begin anew; what it said before is gone. Raises BoardLinkError."""
        self._be_in_time()
        self._link.reset_board()
        self.forget()

    def open_anew(self) -> None:
        """The other way to a reset: an adapter without a DTR line of its own pulses it when it is opened."""
        self._be_in_time()
        self._link.close()
        self._link.open()
        self._held = b""

    def close(self) -> None:
        """Lets the line go."""
        self._link.close()

    def _be_in_time(self) -> None:
        if self._time_is_over():
            raise TimeOverError(f"{self.where}: the board is too slow; a lesson or exam may begin now.")
