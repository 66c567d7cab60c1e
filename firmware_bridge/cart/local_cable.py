"""A headset in software at a TCP port of this machine, for tests and the rehearsal. No other machine can be named."""

import socket

from firmware_bridge.cart.headset_link import HeadsetGoneError, HeadsetSilentError

_CONNECT_SECONDS = 5.0


class LocalCable:
    """One connection to 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Raises HeadsetGoneError."""
        try:
            self._socket = socket.create_connection(("127.0.0.1", self._port), _CONNECT_SECONDS)
        except OSError:
            raise HeadsetGoneError(f"No headset in software is at port {self._port}.") from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, most: int, seconds: float) -> bytes:
        """Raises HeadsetSilentError or HeadsetGoneError."""
        if self._socket is None:
            raise HeadsetGoneError("The headset was let go.")
        self._socket.settimeout(seconds)
        try:
            heard = self._socket.recv(most)
        except TimeoutError:
            raise HeadsetSilentError("The headset does not answer.") from None
        except OSError:
            heard = b""
        if not heard:
            raise HeadsetGoneError("The headset ended the conversation.")
        return heard

    def write(self, content: bytes, seconds: float) -> None:
        """Raises HeadsetSilentError or HeadsetGoneError."""
        if self._socket is None:
            raise HeadsetGoneError("The headset was let go.")
        self._socket.settimeout(seconds)
        try:
            self._socket.sendall(content)
        except TimeoutError:
            raise HeadsetSilentError("The headset takes no bytes.") from None
        except OSError:
            raise HeadsetGoneError("The headset ended the conversation.") from None

    def close(self) -> None:
        """Ends the connection."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
