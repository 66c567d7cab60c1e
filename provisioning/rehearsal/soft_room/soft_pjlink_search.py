"""The answer of a projector in software to the search of PJLink class 2, on a UDP port of this machine."""

import socket
import threading
from contextlib import suppress

from provisioning.rehearsal.soft_room.soft_pjlink import HARDWARE_ADDRESS, SEARCH


class PjlinkSearchAnswer:
    """Answers every search until it is stopped."""

    def __init__(self, hardware_address: str = HARDWARE_ADDRESS) -> None:
        self._answer = f"%2ACKN={hardware_address}\r".encode()

    def start(self, port: int = 0) -> int:
        """Listen; gives the port."""
        self._line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._line.bind(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._listen, name="soft projector search", daemon=True)
        self._thread.start()
        return int(self._line.getsockname()[1])

    def stop(self) -> None:
        """Close the port."""
        with suppress(OSError):  # an unconnected socket says so, and wakes all the same
            self._line.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._line.close()

    def _listen(self) -> None:
        while True:
            asked, who = self._line.recvfrom(256)
            if not asked:
                return
            if asked == SEARCH:
                self._line.sendto(self._answer, who)
