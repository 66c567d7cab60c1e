"""A board at the end of a line, that answers each request as it is told: no chip, no time."""

import os
import socket
from collections.abc import Callable

from firmware_bridge.board_link import LineGoneError

Answer = Callable[[bytes], bytes]
"""What is written to the board in one go, to what it says."""


class ScriptedBoard:
    """A `BoardWithReset`. `happened` lists resets and openings in order."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self.happened: list[str] = []

    @property
    def where(self) -> str:
        """A port that is nowhere."""
        return "/dev/scripted"

    def identity(self) -> None:
        """Cannot be told."""

    def open(self) -> None:
        """Noted."""
        self.happened.append("open")

    def fileno(self) -> int:
        """One end of a pair of sockets."""
        return self._ours.fileno()

    def read(self) -> bytes:
        """What the board said."""
        try:
            return os.read(self._ours.fileno(), 4096)
        except BlockingIOError:
            return b""

    def write(self, content: bytes) -> None:
        """The board hears it, and answers at once."""
        try:
            self._theirs.sendall(self._answer(content))
        except OSError:
            raise LineGoneError("the line is gone") from None

    def reset_board(self) -> None:
        """Noted."""
        self.happened.append("reset")

    def close(self) -> None:
        """Noted; the line can be opened again."""
        self.happened.append("close")

    def end(self) -> None:
        """Lets the sockets go."""
        self._ours.close()
        self._theirs.close()
