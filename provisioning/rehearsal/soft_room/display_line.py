"""Where a display in software can be reached: a TCP port of this machine or a pseudo terminal; and what is wrong there.

Not here: what it says (`soft_pjlink` and its neighbours).
"""

import os
import socket
import threading
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from provisioning.rehearsal.soft_room.soft_display import SoftDisplay, SoftTalk

LATE_SECONDS: Final = 3.0
IDLE_SECONDS: Final = 30.0
_GARBAGE: Final = bytes(range(0x80, 0xA0))


class LineFault(StrEnum):
    """What goes wrong between a display and its controller."""

    NONE = "none"
    SILENCE = "silence"
    GARBAGE = "garbage"
    LATE = "late"
    TRUNCATED = "truncated"
    DUPLICATED = "duplicated"
    REFUSED = "refused"


MakeTalk = Callable[[SoftDisplay], SoftTalk]


class _Line:
    """What both kinds of lines do with an answer. `fault` may be changed at any time."""

    def __init__(self, display: SoftDisplay, make_talk: MakeTalk, fault: LineFault = LineFault.NONE) -> None:
        self.display = display
        self.fault = fault
        self._make_talk = make_talk
        self._asked = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def _answer(self, talk: SoftTalk, data: bytes) -> bytes:
        with self._asked:
            self.display.refuses = self.fault is LineFault.REFUSED
            answers = talk.take(data, time.monotonic())
        match self.fault:
            case LineFault.NONE | LineFault.REFUSED:
                return b"".join(answers)
            case LineFault.SILENCE:
                return b""
            case LineFault.GARBAGE:
                return _GARBAGE if answers else b""
            case LineFault.LATE:
                self._stopping.wait(LATE_SECONDS)
                return b"".join(answers)
            case LineFault.TRUNCATED:
                return b"".join(answer[: len(answer) // 2] for answer in answers)
            case LineFault.DUPLICATED:
                return b"".join(answer * 2 for answer in answers)

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="soft display", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _end(self) -> None:
        for thread in self._threads:
            thread.join(LATE_SECONDS + 1)


class DisplayPort(_Line):
    """A display at a TCP port of this machine (0: any). Connections are closed after 30 s without a word."""

    def start(self, port: int = 0) -> int:
        """Listen; gives the port."""
        self._listening = socket.create_server(("127.0.0.1", port))
        self._talking: set[socket.socket] = set()
        self._begin(self._accept)
        return int(self._listening.getsockname()[1])

    def stop(self) -> None:
        """Close everything."""
        self._stopping.set()
        for line in (self._listening, *self._talking):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._end()
        self._listening.close()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            self._talking.add(line)
            self._begin(partial(self._converse, line))

    def _converse(self, line: socket.socket) -> None:
        talk = self._make_talk(self.display)
        line.settimeout(IDLE_SECONDS)
        with line, suppress(OSError):
            line.sendall(talk.greeting() if self.fault is not LineFault.SILENCE else b"")
            while not talk.ended and (data := line.recv(4096)):
                line.sendall(self._answer(talk, data))
        self._talking.discard(line)


class DisplayTerminal(_Line):
    """A display on a pseudo terminal, as on an RS-232 cable. `path` is a link to it, when it is wanted."""

    def start(self, path: Path | None = None) -> str:
        """Open the terminal; gives its name."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        name = os.ttyname(self._slave)
        self._path = path
        if path is not None:
            path.unlink(missing_ok=True)
            path.symlink_to(name)
        self._begin(self._converse)
        return name

    def stop(self) -> None:
        """Pull the cable."""
        self._stopping.set()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        os.write(self._slave, b"\0")  # wakes the reader
        self._end()
        os.close(self._master)
        os.close(self._slave)

    def _converse(self) -> None:
        talk = self._make_talk(self.display)
        while not self._stopping.is_set():
            data = os.read(self._master, 4096)
            if not self._stopping.is_set():
                os.write(self._master, self._answer(talk, data))
