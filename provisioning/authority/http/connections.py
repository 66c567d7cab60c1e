"""Who may hold a connection to the authority, for how long without asking anything, and who is at its other end.

Not here: what a request must pass (`gatekeeper`), and what the other end may ask (the authority itself).
"""

import asyncio
import ipaddress
import resource
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

PEER: Final = "peer_certificate"
"""Key in the ASGI scope's `state`: the verified client certificate (DER), or None."""

SHARE: Final = 4
"""No network holds more than a quarter of the connections."""

_FILES_FOR_OTHERS: Final = 200
_MOST_LEAVING: Final = 100
"""Connections that are shut down while asyncio still holds their files; they come out of the files for others."""

_CLOSED_AT_ONCE: Final = 200
"""Newcomers turned away in one go, before those inside are heard again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many connections at once, and the seconds that a handshake, a request and a farewell may take."""

    connections: int = 2400
    crowding_seconds: float = 1.0
    """How long a connection is safe from the newcomers of its own crowded network."""
    handshake_seconds: float = 5.0
    request_seconds: float = 10.0
    farewell_seconds: float = 2.0


def network_of(address: str) -> str:
    """The network that an address is counted under: /24 of IPv4, /64 of IPv6; the text itself when it is no address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    found = getattr(found, "ipv4_mapped", None) or found
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 64), strict=False))


def allow_open_files(connections: int) -> int:
    """Asks the system for room for so many connections; how many there is room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _FILES_FOR_OTHERS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return connections if soft == resource.RLIM_INFINITY else min(connections, soft - _FILES_FOR_OTHERS)


class Doorway(socket.socket):
    """A listening socket that no crowd can close to others.

    A network that holds more than its share takes its newcomers in place of its own oldest connection, and only when
    that one had time to speak; else the newcomer is closed at once. When all is taken by many networks, the one with
    most makes room. What was shut down is counted until asyncio has closed it.
    """

    def __init__(self, family: socket.AddressFamily, most: int, patience: float) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self._most = most
        self._share = max(1, most // SHARE)
        self._patience = patience
        self._inside: dict[str, deque[tuple[float, socket.socket]]] = {}
        self._leaving: list[socket.socket] = []

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection. Raises BlockingIOError when nobody else is to be let in now."""
        for _ in range(_CLOSED_AT_ONCE):
            connection, peer = super().accept()
            if self._lets_in(network_of(peer[0]), connection):
                return connection, peer
            connection.close()
        raise BlockingIOError

    def _lets_in(self, network: str, connection: socket.socket) -> bool:
        now = time.monotonic()
        self._forget_gone(network)
        own = self._inside.setdefault(network, deque())
        if len(own) > self._share and (now - own[0][0] < self._patience or not self._shut_oldest(network)):
            return False
        if sum(map(len, self._inside.values())) >= self._most and not self._make_room():
            return False
        self._inside.setdefault(network, deque()).append((now, connection))
        return True

    def _make_room(self) -> bool:
        for network in list(self._inside):
            self._forget_gone(network)
        if sum(map(len, self._inside.values())) < self._most:
            return True
        return self._shut_oldest(max(self._inside, key=lambda network: len(self._inside[network])))

    def _shut_oldest(self, network: str) -> bool:
        self._leaving = [one for one in self._leaving if one.fileno() >= 0]
        if len(self._leaving) >= _MOST_LEAVING:
            return False
        _, oldest = self._inside[network].popleft()
        self._leaving.append(oldest)
        with suppress(OSError):  # already gone
            oldest.shutdown(socket.SHUT_RDWR)
        return True

    def _forget_gone(self, network: str) -> None:
        held = deque(one for one in self._inside.pop(network, ()) if one[1].fileno() >= 0)
        if held:
            self._inside[network] = held


# The box's screen cuts in the same way (`edge.station`): what both may import knows no uvicorn.
class IdentifiedRequests(H11Protocol):
    """HTTP/1.1 whose requests carry the peer's certificate, and must be complete within `request_seconds`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        request_seconds: float,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._request_seconds = request_seconds
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in H11Protocol
        """Look who it is and begin to count."""
        line = transport.get_extra_info("ssl_object")
        shown = line.getpeercert(binary_form=True) if isinstance(line, ssl.SSLObject) else None
        self.app_state = {**self.app_state, PEER: shown}
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
            self._deadline = self.loop.call_later(self._request_seconds, self.transport.abort)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def prompt_loop(limits: Limits) -> Callable[[], asyncio.AbstractEventLoop]:
    """Makes event loops that wait only so long for a TLS handshake and its end (asyncio alone: 60 and 30 s)."""

    class PromptLoop(asyncio.SelectorEventLoop):
        async def create_server(self, *words: Any, **options: Any) -> asyncio.Server:
            options["ssl_handshake_timeout"] = limits.handshake_seconds
            options["ssl_shutdown_timeout"] = limits.farewell_seconds
            return await super().create_server(*words, **options)

    return PromptLoop
