"""The bootloader's language (stk500v1, as optiboot speaks it): pages in, pages out.

A good answer is 14 ... 10; every request ends in 20. Addresses on the line are words. The bootloader checks nothing of
what it is given: that is `update`'s business.
"""

from collections.abc import Callable
from typing import Final

from firmware_bridge.updating.boards import BoardRow
from firmware_bridge.updating.intel_hex import ERASED
from firmware_bridge.updating.patient_line import PatientLine
from models.errors import ClassroomError

_END: Final = b"\x20"
_IN_SYNC, _OK = b"\x14", b"\x10"
_SYNC: Final = b"\x30" + _END
_SIGNATURE: Final = b"\x75" + _END
_ENTER: Final = b"\x50" + _END
_LEAVE: Final = b"\x51" + _END

_ANSWER_SECONDS: Final = 2.0
_SYNC_SECONDS: Final = 0.12
_SYNCS: Final = 10
_RESETS: Final = 3


class BootloaderError(ClassroomError):
    """The bootloader does not answer, or not as it should. Look at the cable; then try again."""


class WrongChipError(BootloaderError):
    """Another microcontroller than the board's row names."""


class Bootloader:
    """One visit to a board's bootloader: `enter`, pages, `leave`. A pause of a second ends the visit on its side."""

    def __init__(self, line: PatientLine, row: BoardRow) -> None:
        self._line = line
        self._row = row

    def enter(self) -> None:
        """Resets the board and catches its bootloader. Raises BootloaderError, WrongChipError, BoardLinkError."""
        for attempt in range(_RESETS):
            if attempt:
                self._line.open_anew()
            self._line.reset_board()
            if self._in_sync() and self._names_its_chip():
                self._ask(_ENTER, 0)
                return
        raise BootloaderError(f"No bootloader answers at {self._line.where}. Look at the cable and the kind of board.")

    def write(self, image: bytes) -> None:
        """Writes an image from address 0 on. Raises BootloaderError, BoardLinkError."""
        size = self._row.page_bytes
        for at in range(0, len(image), size):
            self._go_to(at)
            page = image[at : at + size].ljust(size, bytes([ERASED]))
            self._ask(b"\x64" + size.to_bytes(2) + b"F" + page + _END, 0)

    def read(self, count: int) -> bytes:
        """The first `count` bytes of the flash. Raises BootloaderError, BoardLinkError."""
        size, flash = self._row.page_bytes, b""
        for at in range(0, count, size):
            self._go_to(at)
            flash += self._ask(b"\x74" + size.to_bytes(2) + b"F" + _END, size)
        return flash[:count]

    def leave(self) -> None:
        """The application starts. Raises BootloaderError, BoardLinkError."""
        self._ask(_LEAVE, 0)

    def _in_sync(self) -> bool:
        """Right after a reset nobody listens yet, so it is asked again and again; late answers are read over later."""
        for _ in range(_SYNCS):
            self._line.write(_SYNC)
            if self._line.until(_past(_IN_SYNC + _OK), _SYNC_SECONDS) is not None:
                return True
        return False

    def _names_its_chip(self) -> bool:
        """Its answer is unlike any late answer to a sync: behind it nothing old can follow. Raises WrongChipError."""
        self._line.write(_SIGNATURE)
        pair = _IN_SYNC + _OK
        while pair == _IN_SYNC + _OK:
            pair = self._line.until(_count(2), _ANSWER_SECONDS) or b""
        rest = self._line.until(_count(3), _ANSWER_SECONDS) if pair[:1] == _IN_SYNC else None
        if rest is None or rest[2:] != _OK:
            return False
        if pair[1:] + rest[:2] != self._row.signature:
            raise WrongChipError(f"The chip at {self._line.where} is another one than this kind of board has.")
        return True

    def _go_to(self, address: int) -> None:
        self._ask(b"\x55" + (address // 2).to_bytes(2, "little") + _END, 0)

    def _ask(self, request: bytes, expected: int) -> bytes:
        self._line.write(request)
        answer = self._line.until(_count(expected + 2), _ANSWER_SECONDS)
        if answer is None:
            raise BootloaderError(f"The bootloader at {self._line.where} fell silent. The board is begun anew.")
        if answer[:1] != _IN_SYNC or answer[-1:] != _OK:
            raise BootloaderError(f"The bootloader at {self._line.where} answered other than agreed. Try again.")
        return answer[1:-1]


def _past(mark: bytes) -> Callable[[bytes], int | None]:
    """How many bytes end with the mark."""

    def end_of(heard: bytes) -> int | None:
        at = heard.find(mark)
        return None if at < 0 else at + len(mark)

    return end_of


def _count(wanted: int) -> Callable[[bytes], int | None]:
    return lambda heard: wanted if len(heard) >= wanted else None
