"""A QR scanner that is not there: a TCP server that sends what a scanner in serial mode sends, text and CR.

The box opens it like a serial port (`socket://127.0.0.1:PORT`). Not here: what a code means.
"""

import socket
import socketserver
import threading
from collections.abc import Callable

from models.errors import ClassroomError


class ScannerPortTakenError(ClassroomError):
    """Something else listens on the scanner's port; give the rehearsal another one."""


class SoftScanner:
    """Listens on the loopback address from `start` to `stop`; port 0 takes a free one."""

    def __init__(self, *, port: int = 0) -> None:
        self._port = port
        self._boxes: set[socket.socket] = set()
        self._boxes_lock = threading.Lock()
        self._server: _Server | None = None

    @property
    def port(self) -> int:
        """The port that boxes connect to; known once started."""
        return self._port

    def start(self) -> None:
        """Begins to listen; raises `ScannerPortTakenError`."""
        try:
            server = _Server(self._port, self._attend)
        except OSError as error:
            raise ScannerPortTakenError(f"Port {self._port} for the virtual QR scanner is taken.") from error
        self._server = server
        self._port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), name="soft scanner", daemon=True).start()

    def stop(self) -> None:
        """Hangs up on every box and closes the port."""
        if self._server is None:
            return
        self._server.shutdown()
        with self._boxes_lock:
            for box in self._boxes:
                box.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._server = None

    def scan(self, text: str) -> int:
        """Sends one scan in UTF-8 to every box that listens, and says how many did."""
        reached = 0
        with self._boxes_lock:
            for box in self._boxes:
                try:
                    box.sendall(text.encode() + b"\r")
                except OSError:
                    continue  # that box just hung up; `_attend` forgets it
                reached += 1
        return reached

    def _attend(self, box: socket.socket) -> None:
        """Keeps the box until it hangs up; what it may say is ignored, as a scanner does."""
        with self._boxes_lock:
            self._boxes.add(box)
        try:
            while box.recv(1024):
                pass
        except OSError:
            pass  # hung up in the middle of a word
        finally:
            with self._boxes_lock:
                self._boxes.discard(box)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, attend: Callable[[socket.socket], None]) -> None:
        super().__init__(("127.0.0.1", port), socketserver.BaseRequestHandler)
        self._attend = attend

    def finish_request(self, request: object, client_address: object) -> None:
        """Called on a thread of its own for each box."""
        del client_address
        if isinstance(request, socket.socket):
            self._attend(request)
