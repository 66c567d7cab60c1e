"""A TCP connection as a `BoardLink`: displays and projectors, and serial servers (`socket://host:port`).

Keepalive finds a peer that is gone within about a minute. Not here: opening again after a long silence (`supervisor`).
"""

import select
import socket
import time
from contextlib import suppress
from typing import Final

from firmware_bridge.board_link import READ_BYTES, WRITE_SECONDS, LineBusyError, LineGoneError, LineStuckError

CONNECT_SECONDS: Final = 5.0
_KEEPALIVE: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
)


class TcpBoardLink:
    """One connection to `host`:`port`."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None

    @property
    def where(self) -> str:
        """`host:port`."""
        return f"{self._host}:{self._port}"

    def identity(self) -> None:
        """Cannot be told."""

    def open(self) -> None:
        """Connects within five seconds. Raises LineGoneError, or LineBusyError when nobody accepts there."""
        try:
            self._socket = socket.create_connection((self._host, self._port), CONNECT_SECONDS)
            for level, option, value in _KEEPALIVE:
                self._socket.setsockopt(level, option, value)
            self._socket.setblocking(False)
        except ConnectionRefusedError:
            self.close()
            raise LineBusyError(
                f"{self.where} accepts no connection: wrong port, network control is off, or another controller has it."
            ) from None
        except (OSError, UnicodeError) as error:
            self.close()
            raise LineGoneError(f"{self.where} cannot be reached ({type(error).__name__}).") from None

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._opened().fileno()

    def read(self) -> bytes:
        """What has arrived. Raises LineGoneError when the other side has closed."""
        try:
            content = self._opened().recv(READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._gone(error) from None
        if not content:
            raise LineGoneError(f"{self.where} closed the connection.")
        return content

    def write(self, content: bytes) -> None:
        """Writes all of it. Raises LineStuckError or LineGoneError."""
        link, rest = self._opened(), memoryview(content)
        end = time.monotonic() + WRITE_SECONDS
        while rest:
            try:
                rest = rest[link.send(rest) :]
            except BlockingIOError:
                ready = select.poll()
                ready.register(link, select.POLLOUT)
                if not ready.poll(max(0.0, end - time.monotonic()) * 1000):
                    raise LineStuckError(f"{self.where} takes no bytes.") from None
            except OSError as error:
                raise self._gone(error) from None

    def close(self) -> None:
        """Ends the connection."""
        link, self._socket = self._socket, None
        if link is not None:
            with suppress(OSError):
                link.close()

    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise LineGoneError(f"{self.where} is not connected.")
        return self._socket

    def _gone(self, error: OSError) -> LineGoneError:
        return LineGoneError(f"The connection to {self.where} broke ({type(error).__name__}).")
