"""What the commands for firmware and the running bridge say to each other about ports: one line of JSON each way.

The connection is the loan: while it stands the bridge leaves the port alone, and when it ends, however it ends, the
port is the bridge's again. Not here: the bridge's end (`port_desk`), the commands' end (`updating.borrowed_port`).
"""

import socket
from typing import Final

import msgspec

SOCKET: Final = "ports.sock"
"""In the bridge's folder `state`, for the box's own account alone."""

MOST_BYTES: Final = 65_536
ANSWER_SECONDS: Final = 20.0
"""So long an answer may take: the line's thread ends its talk within five."""


class WhichBoards(msgspec.Struct, frozen=True, kw_only=True, tag="which boards"):
    """Asks what stands at the serial ports of the plan."""


class Lend(msgspec.Struct, frozen=True, kw_only=True, tag="lend"):
    """Let this port go until I hang up."""

    port: str


Question = WhichBoards | Lend


class BoardAtPort(msgspec.Struct, frozen=True, kw_only=True):
    """What a board said of itself when it was last asked."""

    port: str
    board: str
    firmware: str


class Boards(msgspec.Struct, frozen=True, kw_only=True, tag="boards"):
    """Those that have said what they are."""

    boards: tuple[BoardAtPort, ...]


class Lent(msgspec.Struct, frozen=True, kw_only=True, tag="lent"):
    """The port is closed on the bridge's side."""


class NotMine(msgspec.Struct, frozen=True, kw_only=True, tag="not mine"):
    """No line of the plan is at this port."""


class Kept(msgspec.Struct, frozen=True, kw_only=True, tag="kept"):
    """The bridge does not let it go; the sentence says why."""

    sentence: str


Answer = Boards | Lent | NotMine | Kept
ANSWERS: Final = msgspec.json.Decoder(Answer)
QUESTIONS: Final = msgspec.json.Decoder(Question)


def read_line(connection: socket.socket) -> bytes:
    """Up to the end of the line or of the connection. Raises OSError (TimeoutError too)."""
    heard = b""
    while b"\n" not in heard and len(heard) <= MOST_BYTES:
        piece = connection.recv(4096)
        if not piece:
            break
        heard += piece
    return heard


def write_line(connection: socket.socket, word: Question | Answer) -> None:
    """Raises OSError."""
    connection.sendall(msgspec.json.encode(word) + b"\n")
