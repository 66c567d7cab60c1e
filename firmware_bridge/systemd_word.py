"""sd_notify(3) in the few words that the bridge needs. Not here: the socket's name (`settings`)."""

import socket
from contextlib import suppress


class SystemdWord:
    """`address` is NOTIFY_SOCKET; empty: nobody listens."""

    def __init__(self, address: str) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    def ready(self) -> None:
        """The program runs."""
        self._send(b"READY=1")

    def alive(self, status: str) -> None:
        """Every line made progress; `status` is shown by `systemctl status`."""
        self._send(f"WATCHDOG=1\nSTATUS={status}".encode())

    def stopping(self) -> None:
        """The program ends in good order."""
        self._send(b"STOPPING=1")

    def _send(self, words: bytes) -> None:
        if self._address:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as talk:
                talk.setblocking(False)  # a full queue must not stop the bridge
                talk.sendto(words, self._address)
