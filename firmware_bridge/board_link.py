"""The port to one line, serial or TCP: open, read what is there, write, close.

A line is used by one thread. Whoever waits polls `fileno()` and reads when it is ready. Not here: what is said
(`drivers`), who opens it again (`supervisor`).
"""

from collections.abc import Callable, Hashable
from typing import Final, Protocol

from models.errors import ClassroomError

WRITE_SECONDS: Final = 2.0
"""So long a line may take no byte before it counts as stuck."""

READ_BYTES: Final = 65_536


class BoardLinkError(ClassroomError):
    """The line cannot be used now. Close it; try again later."""


class LineGoneError(BoardLinkError):
    """Nothing is there (pulled out, switched off, connection ended)."""


class LineBusyError(BoardLinkError):
    """Another program holds the line. End that program, or take the device out of its settings."""


class LineUnusableError(BoardLinkError):
    """The line is there but may not or cannot be used so (rights, speed)."""


class LineStuckError(BoardLinkError):
    """The line takes no bytes."""


class BoardLink(Protocol):
    """One line. After any error it is closed by its owner and opened again."""

    @property
    def where(self) -> str:
        """The line in words of the plan, for logs: a path or `host:port`."""

    def identity(self) -> Hashable | None:
        """What stands there now, also while it is closed; another answer than before: something was plugged in.

        None: nothing, or it cannot be told (TCP).
        """

    def open(self) -> None:
        """Opens it for this program alone; what waited in it is thrown away. Raises BoardLinkError."""

    def fileno(self) -> int:
        """The descriptor to wait for; valid between `open` and `close`."""

    def read(self) -> bytes:
        """What has arrived; empty when nothing has. Never waits. Raises LineGoneError."""

    def write(self, content: bytes) -> None:
        """Writes all of it, waiting at most two seconds for room. Raises BoardLinkError."""

    def close(self) -> None:
        """Lets the line go. Safe at any time, and never raises."""


MakeLink = Callable[[int], BoardLink]
"""A line at so many baud (TCP: no meaning)."""
