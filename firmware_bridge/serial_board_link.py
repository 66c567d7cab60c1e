"""A serial port as a `BoardLink`: the only door to pyserial in this program.

pyserial opens, locks and sets the port; reading and writing go over its descriptor, because its own reads of one byte
cost ten times the processor. Closing leaves DTR as it is (no HUPCL), so that opening again does not reboot a board.
Not here: serial servers in the network (`tcp_board_link`).
"""

import errno
import os
import select
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import serial

from firmware_bridge.board_link import (
    READ_BYTES,
    WRITE_SECONDS,
    BoardLinkError,
    LineBusyError,
    LineGoneError,
    LineStuckError,
    LineUnusableError,
)

_GONE: Final = frozenset({errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EIO, errno.ENOTDIR})
_BUSY: Final = frozenset({errno.EAGAIN, errno.EBUSY})
_RESET_SECONDS: Final = 0.25


class SerialBoardLink:
    """`path` is below /dev/serial/by-id or by-path (a name ttyUSBn means another device after the next start)."""

    def __init__(self, path: str, baud: int) -> None:
        self._path = path
        self._baud = baud
        self._port: serial.Serial | None = None

    @property
    def where(self) -> str:
        """The port's path."""
        return self._path

    def identity(self) -> tuple[int, ...] | None:
        """The device node at the path, and since when it is what it is (udev grants rights a moment later)."""
        try:
            found = Path(self._path).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_rdev, found.st_ctime_ns

    def open(self) -> None:
        """Opens and locks the port, 8N1. Raises BoardLinkError."""
        try:
            self._port = serial.Serial(self._path, self._baud, timeout=0, exclusive=True)
            _never_empty(self._port.fileno())
        except (serial.SerialException, OSError, ValueError, termios.error) as error:
            self.close()
            raise self._why(error) from None

    def fileno(self) -> int:
        """The port's descriptor."""
        return int(self._opened().fileno())

    def read(self) -> bytes:
        """What has arrived. Raises LineGoneError: an error or an empty read means that the adapter was pulled out."""
        try:
            content = os.read(self.fileno(), READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._why(error) from None
        if not content:
            raise LineGoneError(f"{self._path} was pulled out.")
        return content

    def write(self, content: bytes) -> None:
        """Writes all of it. Raises BoardLinkError."""
        descriptor, rest = self.fileno(), memoryview(content)
        ready = select.poll()
        ready.register(descriptor, select.POLLOUT)
        end = time.monotonic() + WRITE_SECONDS
        while rest:
            try:
                rest = rest[os.write(descriptor, rest) :]
            except BlockingIOError:
                if not ready.poll(max(0.0, end - time.monotonic()) * 1000):
                    raise LineStuckError(f"{self._path} takes no bytes. Look at cable and device.") from None
            except OSError as error:
                raise self._why(error) from None

    def reset_board(self) -> None:
        """Pulls DTR and RTS for a moment: Arduino boards begin anew, in their bootloader. Raises BoardLinkError."""
        port = self._opened()
        try:
            port.dtr = port.rts = False
            time.sleep(_RESET_SECONDS)
            port.dtr = port.rts = True
        except OSError as error:
            if error.errno not in (errno.ENOTTY, errno.EINVAL):  # a pseudo terminal has no such lines
                raise self._why(error) from None

    def close(self) -> None:
        """Lets the port go."""
        port, self._port = self._port, None
        if port is not None:
            with suppress(OSError, termios.error):
                port.close()

    def _opened(self) -> serial.Serial:
        if self._port is None:
            raise LineGoneError(f"{self._path} is not open.")
        return self._port

    def _why(self, error: BaseException) -> BoardLinkError:
        number = getattr(error, "errno", None) or (error.args[0] if error.args else None)
        if number in _GONE:
            return LineGoneError(f"{self._path} is not there.")
        if number in _BUSY:
            return LineBusyError(f"{self._path} is held by another program.")
        if number in (errno.EACCES, errno.EPERM):
            return LineUnusableError(f"{self._path} may not be opened. Is this account in the group dialout?")
        return LineUnusableError(f"{self._path} cannot be used at {self._baud} baud ({type(error).__name__}).")


def _never_empty(descriptor: int) -> None:
    """With VMIN 1 a port without bytes says EAGAIN, and an empty read can only mean that it is gone."""
    settings = termios.tcgetattr(descriptor)
    settings[2] &= ~termios.HUPCL
    settings[6][termios.VMIN] = 1
    settings[6][termios.VTIME] = 0
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)
