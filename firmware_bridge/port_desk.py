"""Where the running bridge lends a serial port to the commands for firmware, and takes it back.

One caller at a time, on a socket that only the box's own account may open. A loan ends with its connection, so the port
comes back whatever becomes of the borrower; and after four minutes it ends in any case, longer than any write may take.
Not here: closing and opening the line (`supervisor`), whether a lesson forbids it (`bridge`).
"""

import logging
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

import msgspec

from firmware_bridge.loan_words import (
    QUESTIONS,
    Answer,
    BoardAtPort,
    Boards,
    Lend,
    Lent,
    WhichBoards,
    read_line,
    write_line,
)
from firmware_bridge.wake import Wake

log = logging.getLogger(__name__)

LOAN_SECONDS: Final = 240.0
_ASK_SECONDS: Final = 5.0
_LONG: Final = 3600.0
_PAUSE_SECONDS: Final = 0.5


class Lender(Protocol):
    """Whose ports they are."""

    def boards(self) -> tuple[BoardAtPort, ...]:
        """What stands there."""

    def lend(self, port: str) -> Answer:
        """Lets go of the port; after `Lent` it stays closed until `take_back`."""

    def take_back(self) -> None:
        """What was lent is opened again."""


class PortDesk:
    """`path` is the socket's. Started once and stopped once."""

    def __init__(self, path: Path, loan_seconds: float = LOAN_SECONDS) -> None:
        self._path = path
        self._loan_seconds = loan_seconds
        self._stopping = threading.Event()
        self._wake: Wake | None = None
        self._thread: threading.Thread | None = None
        self._cannot_accept = False

    def start(self, lender: Lender) -> None:
        """Begins to listen; without a usable socket nothing is lent, and it is logged."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.unlink(missing_ok=True)
            listener.bind(str(self._path))
            self._path.chmod(0o600)  # nobody can connect before `listen`
            listener.listen(4)
        except OSError as error:
            listener.close()
            log.warning("No port can be lent to the commands for firmware: %s", error)
            return
        self._wake = Wake()
        words = (lender, listener, self._wake)
        self._thread = threading.Thread(target=self._run, args=words, name="port desk", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends a loan that is under way, and listens no more."""
        self._stopping.set()
        if self._thread is None or self._wake is None:
            return
        self._wake.call()
        self._thread.join()
        self._wake.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _run(self, lender: Lender, listener: socket.socket, wake: Wake) -> None:
        with listener:
            while not self._stopping.is_set():
                _, ready = wake.wait_beside(listener.fileno(), _LONG)
                if not ready:
                    continue
                caller = self._accept(listener, wake)
                if caller is None:
                    continue
                try:
                    with caller:
                        self._attend(caller, lender, wake)
                except OSError as error:
                    log.warning("Whoever asked for a port broke off: %s", error)
                except Exception:
                    log.exception("A port could not be lent")

    def _accept(self, listener: socket.socket, wake: Wake) -> socket.socket | None:
        """None when there is nobody, or no descriptor left for it: the caller keeps waiting, and so do we."""
        try:
            caller = listener.accept()[0]
        except OSError as error:
            if not self._cannot_accept:
                log.warning("Nobody can be lent a port for now: %s", error)
            self._cannot_accept = True
            wake.wait(_PAUSE_SECONDS)
            return None
        self._cannot_accept = False
        return caller

    def _attend(self, caller: socket.socket, lender: Lender, wake: Wake) -> None:
        caller.settimeout(_ASK_SECONDS)
        try:
            question = QUESTIONS.decode(read_line(caller))
        except msgspec.DecodeError:
            return
        match question:
            case WhichBoards():
                write_line(caller, Boards(boards=lender.boards()))
            case Lend(port=port):
                if _has_hung_up(caller):  # it may have waited for long behind another
                    return
                try:
                    answer = lender.lend(port)
                    write_line(caller, answer)
                    if isinstance(answer, Lent):
                        self._until_returned(caller, port, wake)
                finally:
                    lender.take_back()

    def _until_returned(self, caller: socket.socket, port: str, wake: Wake) -> None:
        log.info("%s is lent to a firmware command", port)
        end = time.monotonic() + self._loan_seconds
        while not self._stopping.is_set() and (left := end - time.monotonic()) > 0:
            _, moved = wake.wait_beside(caller.fileno(), left)
            if moved and not caller.recv(1, socket.MSG_DONTWAIT):
                return
        if not self._stopping.is_set():
            log.warning("%s was lent for too long and is taken back", port)


def _has_hung_up(caller: socket.socket) -> bool:
    """Raises OSError when the connection broke."""
    caller.setblocking(False)  # with a time limit `recv` waits for it, whatever its flags
    try:
        return not caller.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    finally:
        caller.settimeout(_ASK_SECONDS)
