"""Who may hold a connection to the box, and for how long without asking anything.

Another machine gets few connections and little patience; this machine's own screen is never turned away.
Not here: what a request must pass (`gatekeeper`).
"""

import asyncio
import socket
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS: Final = 5.0
MOST_OF_ONE_ADDRESS: Final = 16
"""Two browsers; each opens six."""
MOST_OF_OTHERS: Final = 64


class Doorway(socket.socket):
    """A listening socket that drops connections of other machines beyond `MOST_OF_ONE_ADDRESS` and `MOST_OF_OTHERS`."""

    def __init__(self, family: socket.AddressFamily) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self._others: list[tuple[str, socket.socket]] = []

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        """The next connection. Raises `ConnectionAbortedError`, which asyncio passes over, when there are too many."""
        connection, peer = super().accept()
        address: str = peer[0]
        if address == connection.getsockname()[0]:  # both ends bear one address: this machine, whatever it is called
            return connection, peer
        self._others = [(other, held) for other, held in self._others if held.fileno() >= 0]
        of_this = sum(other == address for other, _ in self._others)
        if of_this >= MOST_OF_ONE_ADDRESS or len(self._others) >= MOST_OF_OTHERS:
            connection.close()
            raise ConnectionAbortedError
        self._others.append((address, connection))
        return connection, peer


# The authority cuts in the same way (`provisioning.authority.http`): what both may import knows no uvicorn.
class PromptRequests(H11Protocol):
    """HTTP/1.1 that cuts a connection whose request is not complete `REQUEST_SECONDS` after it could have begun."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in H11Protocol
        """Begin to count."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no longer."""
        super().connection_lost(exc)
        self._forget()

    def handle_events(self) -> None:
        """Bytes came or an answer went out: a complete request ends the count, the beginning of one starts it."""
        super().handle_events()
        self._watch()

    def _watch(self) -> None:
        if self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete:
            self._forget()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
