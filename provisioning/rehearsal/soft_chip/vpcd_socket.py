"""A soft chip on the socket of pcscd's virtual reader (vsmartcard-vpcd): laid on it, taken from it.

Both ways a frame is two octets of length, big-endian, and that many octets. One octet from the reader is control:
0 power off, 1 power on, 2 reset, 4 asks for the ATR. Anything else is a command.
"""

import contextlib
import socket
import threading
import time

from models.errors import ClassroomError
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.soft_chip.chip import CardGoneError, CardHangsError, SoftChip

VPCD_PORT = 35_963
"""The first slot of Debian's virtual reader."""

_ATR_WANTED = b"\x04"


class VirtualReaderAbsentError(ClassroomError):
    """No virtual reader listens; install vsmartcard-vpcd and start pcscd."""


class SoftChipSocket:
    """One slot of a virtual reader; at most one card lies on it. Not to be shared between threads without a lock.

    Between two cards the reader stays empty for `absence_seconds`: pcscd looks each 0.4 s and would miss less.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = VPCD_PORT, absence_seconds: float = 1.0) -> None:
        self._host = host
        self._port = port
        self._absence_seconds = absence_seconds
        self._taken_at = float("-inf")
        self._line: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @property
    def lying(self) -> bool:
        """Whether a card lies on the reader. A card that pulls itself out lies no more."""
        return self._thread is not None and self._thread.is_alive()

    def lay(self, card: Card) -> None:
        """Lays `card`, after taking away what lies there; raises `VirtualReaderAbsentError`."""
        self.take()
        self.wait_until_noticed()
        try:
            line = socket.create_connection((self._host, self._port), timeout=5)
        except OSError as error:
            raise VirtualReaderAbsentError(
                f"No virtual reader listens on port {self._port}; install vsmartcard-vpcd and start pcscd."
            ) from error
        line.settimeout(None)
        self._line = line
        self._thread = threading.Thread(target=_serve, args=(line, SoftChip(card)), name="soft chip", daemon=True)
        self._thread.start()

    def take(self) -> None:
        """Takes the card away, also in the middle of a command. Without a card nothing happens."""
        line, thread = self._line, self._thread
        self._line = self._thread = None
        if line is None or thread is None:
            return
        with contextlib.suppress(OSError):  # the reader, or the card itself, was faster
            line.shutdown(socket.SHUT_RDWR)
        thread.join()
        self._taken_at = time.monotonic()

    def wait_until_noticed(self) -> None:
        """Returns once whoever polls the reader must have seen that the last card is gone."""
        time.sleep(max(0.0, self._taken_at + self._absence_seconds - time.monotonic()))

    def wait_until_gone(self, timeout_seconds: float) -> bool:
        """Whether no card lies there any more, at the latest after `timeout_seconds`."""
        if self._thread is not None:
            self._thread.join(timeout_seconds)
        return not self.lying


def _serve(line: socket.socket, chip: SoftChip) -> None:
    with line:
        try:
            while (frame := _read_frame(line)) is not None:
                answer = _answer(chip, frame)
                if answer is not None:
                    line.sendall(len(answer).to_bytes(2, "big") + answer)
        except (CardGoneError, OSError):
            return  # the card was pulled out, or the reader went: either way it no longer lies there


def _answer(chip: SoftChip, frame: bytes) -> bytes | None:
    if frame == _ATR_WANTED:
        return chip.atr
    if len(frame) == 1:
        chip.reset()
        return None
    try:
        return chip.respond(frame)
    except CardHangsError:
        return None  # the reader waits, and the card stays where it is


def _read_frame(line: socket.socket) -> bytes | None:
    length = _read(line, 2)
    return None if length is None else _read(line, int.from_bytes(length, "big"))


def _read(line: socket.socket, octets: int) -> bytes | None:
    """Exactly so many octets, or None when the other end has closed."""
    content = b""
    while len(content) < octets:
        # vpcd sends length and body apart; without this the kernel delays its acknowledgement by 40 ms each time.
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        more = line.recv(octets - len(content))
        if not more:
            return None
        content += more
    return content
