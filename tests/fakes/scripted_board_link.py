"""A line without hardware: the test holds its other end, and decides what opening it does."""

import socket
from collections.abc import Hashable

from firmware_bridge.board_link import BoardLinkError, LineGoneError


class ScriptedBoardLink:
    """`refusals` are raised by the next openings; `speaks_at` says what comes at which baud as soon as it is opened."""

    def __init__(self, speaks_at: dict[int, bytes] | None = None) -> None:
        self.refusals: list[BoardLinkError] = []
        self.speaks_at = speaks_at or {}
        self.bauds: list[int] = []
        self.closed = 0
        self.present: Hashable | None = "here"
        self._ours: socket.socket | None = None
        self._theirs: socket.socket | None = None
        self._baud = 0

    def at(self, baud: int) -> "ScriptedBoardLink":
        self._baud = baud
        return self

    @property
    def where(self) -> str:
        return "the scripted line"

    @property
    def is_open(self) -> bool:
        return self._ours is not None

    def identity(self) -> Hashable | None:
        return self.present

    def open(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.bauds.append(self._baud)
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.settimeout(20)
        self._theirs.sendall(self.speaks_at.get(self._baud, b""))

    def fileno(self) -> int:
        assert self._ours is not None
        return self._ours.fileno()

    def read(self) -> bytes:
        assert self._ours is not None
        try:
            content = self._ours.recv(65_536)
        except BlockingIOError:
            return b""
        if not content:
            raise LineGoneError("The scripted line was pulled out.")
        return content

    def write(self, content: bytes) -> None:
        assert self._ours is not None
        self._ours.sendall(content)

    def close(self) -> None:
        for end in (self._ours, self._theirs):
            if end is not None:
                end.close()
        self.closed += self._ours is not None
        self._ours = self._theirs = None

    def say(self, text: bytes) -> None:
        assert self._theirs is not None
        self._theirs.sendall(text)

    def hear(self) -> bytes:
        assert self._theirs is not None
        return self._theirs.recv(4096)

    def break_off(self) -> None:
        assert self._theirs is not None
        self._theirs.shutdown(socket.SHUT_RDWR)
