"""Having a serial port to oneself while the bridge runs: it is asked to let the port go, and gets it back afterwards.

Not here: the bridge's end (`firmware_bridge.port_desk`).
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from firmware_bridge.board_link import BoardLinkError
from firmware_bridge.loan_words import (
    ANSWER_SECONDS,
    ANSWERS,
    Answer,
    BoardAtPort,
    Boards,
    Kept,
    Lend,
    Question,
    WhichBoards,
    read_line,
    write_line,
)


class PortKeptError(BoardLinkError):
    """The bridge does not let the port go, or does not answer."""


class PortBorrower:
    """`path` is the socket of the running bridge; where there is none, there is nobody to ask."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def boards(self) -> tuple[BoardAtPort, ...] | None:
        """What stands at the bridge's serial ports; None while it does not run. Raises PortKeptError."""
        with self._call() as line:
            if line is None:
                return None
            answer = _ask(line, WhichBoards())
        if not isinstance(answer, Boards):
            raise PortKeptError("The bridge's answer cannot be read. Restart it.")
        return answer.boards

    @contextmanager
    def port(self, port: str) -> Iterator[None]:
        """While this lasts the bridge leaves the port alone. Raises PortKeptError."""
        with self._call() as line:
            answer = None if line is None else _ask(line, Lend(port=port))
            if isinstance(answer, Kept):
                raise PortKeptError(f"The bridge keeps {port}: {answer.sentence}")
            yield

    @contextmanager
    def _call(self) -> Iterator[socket.socket | None]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(ANSWER_SECONDS)
            try:
                line.connect(str(self._path))
            except (FileNotFoundError, ConnectionRefusedError):
                runs = False
            except OSError as error:
                raise PortKeptError(f"The bridge cannot be asked for its ports ({error.strerror or error}).") from None
            else:
                runs = True
            yield line if runs else None


def _ask(line: socket.socket, question: Question) -> Answer:
    try:
        write_line(line, question)
        answer: Answer = ANSWERS.decode(read_line(line))
    except OSError:
        raise PortKeptError("The bridge does not answer. Look at its log, then try again.") from None
    except msgspec.DecodeError:
        raise PortKeptError("The bridge's answer cannot be read. Restart it.") from None
    return answer
