"""A TLS 1.3 connection that is read in large pieces: one system call for many records.

A broker sends every message as a record of its own; Python's TLS socket asks the kernel twice for each. Not blocking
after `open_line`; used by one thread. Not here: whom we believe (`server_trust`), what is said (`mqtt_reader`).
"""

import socket
import ssl
from typing import Final

from models.wire.server_trust import ServerContext, judge_role

PIECE_BYTES: Final = 262_144


class TlsLine:
    """One connection. Its methods raise OSError (also SSLError) when it is broken or closed by the other side."""

    def __init__(self, link: socket.socket, context: ServerContext, host: str) -> None:
        self.link = link
        self._context = context
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=context.name or host)
        self._unsent = b""

    def shake_hands(self) -> None:
        """Prove both sides to each other, within the socket's timeout."""
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.link.sendall(self._outgoing.read())
                self._take_in()
        self.link.sendall(self._outgoing.read())
        judge_role(self._tls.getpeercert(binary_form=True), self._context.role)

    def receive(self) -> tuple[bytes, bool]:
        """What has come, decrypted, and whether the kernel may hold more."""
        try:
            more = self._take_in() == PIECE_BYTES
        except (BlockingIOError, InterruptedError):
            return b"", False
        pieces = []
        try:
            while piece := self._tls.read(PIECE_BYTES):
                pieces.append(piece)
            raise ConnectionResetError("closed by the other side")
        except ssl.SSLWantReadError:
            pass
        return b"".join(pieces), more

    def send(self, words: bytes = b"") -> bool:
        """Send this behind what is not sent yet; whether nothing is left."""
        if words:
            self._tls.write(words)
        unsent = self._unsent + self._outgoing.read()
        try:
            while unsent:
                unsent = unsent[self.link.send(unsent) :]
        except (BlockingIOError, InterruptedError):
            pass
        self._unsent = unsent
        return not unsent

    def close(self) -> None:
        """At once, without a word."""
        self.link.close()

    def _take_in(self) -> int:
        fresh = self.link.recv(PIECE_BYTES)
        if not fresh:
            raise ConnectionResetError("closed by the other side")
        self._incoming.write(fresh)
        return len(fresh)


def open_line(host: str, port: int, context: ServerContext, seconds: float) -> TlsLine:
    """Connect and prove both sides, each step within `seconds`. Raises OSError (also SSLError)."""
    link = socket.create_connection((host, port), seconds)
    try:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = TlsLine(link, context, host)
        line.shake_hands()
        link.setblocking(False)
    except OSError:
        link.close()
        raise
    return line
