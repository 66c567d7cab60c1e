"""A headset's USB cable through the kernel's own door to USB devices (usbfs), with bulk transfers.

Source: Linux `include/uapi/linux/usbdevice_fs.h`. Not tried on a real headset yet. Not here: which devices there are
(`usb_headsets`), ADB (`adb_headset_link`).
"""

import ctypes
import errno
import fcntl
import os
import struct
from contextlib import suppress
from typing import Final

from firmware_bridge.cart.headset_link import HeadsetBusyError, HeadsetGoneError, HeadsetLinkError, HeadsetSilentError
from firmware_bridge.cart.usb_headsets import UsbPlace

_BULK_FORM: Final = "IIIxxxxQ"
"""`struct usbdevfs_bulktransfer` on a 64-bit machine: endpoint, length, milliseconds, address of the bytes."""
_READS_AND_WRITES: Final = 3 << 30
_READS: Final = 2 << 30
_USB: Final = ord("U") << 8
BULK: Final = _READS_AND_WRITES | struct.calcsize(_BULK_FORM) << 16 | _USB | 2
CLAIM: Final = _READS | 4 << 16 | _USB | 15
RELEASE: Final = _READS | 4 << 16 | _USB | 16
_LEFT_OVER_SECONDS: Final = 0.03
_MOST_LEFT_OVER: Final = 64


class UsbCable:
    """One conversation over a device's bulk endpoints."""

    def __init__(self, place: UsbPlace) -> None:
        self._place = place
        self._descriptor: int | None = None

    def open(self) -> None:
        """Takes the interface, and throws away what an earlier conversation left in the headset.

        Raises HeadsetGoneError or HeadsetBusyError.
        """
        try:
            self._descriptor = os.open(self._place.node, os.O_RDWR | os.O_CLOEXEC)
            fcntl.ioctl(self._descriptor, CLAIM, struct.pack("I", self._place.interface))
        except OSError as error:
            self.close()
            raise _refusal(error) from None
        with suppress(HeadsetSilentError):
            for _ in range(_MOST_LEFT_OVER):
                self._transfer(self._place.read_from, ctypes.create_string_buffer(16 * 1024), _LEFT_OVER_SECONDS)

    def read(self, most: int, seconds: float) -> bytes:
        """Raises HeadsetSilentError or HeadsetGoneError."""
        room = ctypes.create_string_buffer(most)
        return room.raw[: self._transfer(self._place.read_from, room, seconds)]

    def write(self, content: bytes, seconds: float) -> None:
        """What fills its last packet is ended by an empty one. Raises HeadsetSilentError or HeadsetGoneError."""
        sent = 0
        while sent < len(content):
            piece = content[sent : sent + 16 * 1024]
            sent += self._transfer(self._place.write_to, ctypes.create_string_buffer(piece, len(piece)), seconds)
        if len(content) % self._place.packet_bytes == 0:
            self._transfer(self._place.write_to, ctypes.create_string_buffer(0), seconds)

    def close(self) -> None:
        """Gives the interface back."""
        if self._descriptor is None:
            return
        with suppress(OSError):
            fcntl.ioctl(self._descriptor, RELEASE, struct.pack("I", self._place.interface))
        with suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = None

    def _transfer(self, endpoint: int, room: "ctypes.Array[ctypes.c_char]", seconds: float) -> int:
        if self._descriptor is None:
            raise HeadsetGoneError("The headset was let go.")
        milliseconds = max(1, int(seconds * 1000))
        wanted = struct.pack(_BULK_FORM, endpoint, len(room), milliseconds, ctypes.addressof(room))
        try:
            return int(fcntl.ioctl(self._descriptor, BULK, bytearray(wanted)))
        except OSError as error:
            raise _refusal(error) from None


def _refusal(error: OSError) -> HeadsetLinkError:
    match error.errno:
        case errno.ETIMEDOUT:
            return HeadsetSilentError("The headset does not answer.")
        case errno.EBUSY:
            return HeadsetBusyError("Another program uses the headset (an adb server?). End it on the box.")
        case errno.EACCES | errno.EPERM:
            return HeadsetBusyError("This box may not use the headset. Install the box's udev rules again.")
        case _:
            return HeadsetGoneError(f"The headset's cable broke off ({error.strerror}).")
