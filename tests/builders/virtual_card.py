"""A card of our own on a slot of pcscd's virtual reader: it answers by a function, and hangs or goes when told.

Frames both ways: two bytes of length, then the payload. One byte from the reader is control: 0 off, 1 on, 2 reset,
4 asks for the ATR. Without TCP_QUICKACK each exchange would take 40 ms more, which is TCP and not the reader.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable

ATR = bytes.fromhex("3B80800101")


class VirtualCard:
    """Lies on the slot from `lay` to `take`, and answers as `respond` says, which may be changed meanwhile."""

    def __init__(self, port: int, respond: Callable[[bytes], bytes], reset: Callable[[], None] = lambda: None) -> None:
        self._port = port
        self.respond = respond
        self._reset = reset
        self._line: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def lay(self) -> None:
        """Connect to the slot, which may not listen yet."""
        give_up_at = time.monotonic() + 30
        while True:
            try:
                self._line = socket.create_connection(("127.0.0.1", self._port), timeout=30)
                break
            except ConnectionRefusedError:
                if time.monotonic() > give_up_at:
                    raise
                threading.Event().wait(0.02)
        self._line.settimeout(None)
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._thread = threading.Thread(target=self._serve, args=(self._line,), daemon=True)
        self._thread.start()

    def take(self) -> None:
        """Leave the slot, also from within `respond`."""
        if self._line is not None:
            with contextlib.suppress(OSError):  # the reader may have gone before
                self._line.shutdown(socket.SHUT_RDWR)

    def _serve(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):  # the card was taken or the reader went
            while payload := _receive(line):
                if len(payload) > 1:
                    answer = self.respond(payload)
                    line.sendall(len(answer).to_bytes(2) + answer)
                elif payload == b"\x04":
                    line.sendall(len(ATR).to_bytes(2) + ATR)
                else:
                    self._reset()


def _receive(line: socket.socket) -> bytes:
    return _exactly(line, int.from_bytes(_exactly(line, 2)))


def _exactly(line: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = line.recv(count - len(received))
        if not part:
            return b""
        received += part
    return received
