"""The port that every protocol family implements: bytes in, words out, no thread, no socket, no clock of its own.

A driver is a conversation over one line (a serial port or one TCP connection) with the devices that share it. The
supervisor opens the line, feeds what arrives, asks what is due, writes what the driver wants written, and closes it
after any error. Not here: lines (`board_link`), supervisors, the room's broker (`room_voice`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from firmware_bridge.drivers.recognition import Recogniser
from models.errors import ClassroomError
from models.room_messages import About, Batch, DeviceCommand, DeviceResult, State
from models.room_plan import PlannedDevice


class DriverError(ClassroomError):
    """The line must be closed and opened again; the sentence says why."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What became known of one device; what is None has not changed."""

    device_id: str
    about: About | None = None
    state: State | None = None
    batch: Batch | None = None


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a command."""

    device_id: str
    result: DeviceResult


class Booted(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor board has begun anew: "power-on", "external", "brown-out", "watchdog", or "unknown"."""

    device_id: str
    cause: str


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """The driver has no need of the line for so long: it is closed and opened again (PJLink)."""

    seconds: float


Word = Said | Done | Booted | Rest


class Counts(msgspec.Struct, kw_only=True):
    """What passed a line since it was opened: `bad` failed check or shape, `lost` are missing by their numbers."""

    good: int = 0
    bad: int = 0
    lost: int = 0
    skipped: int = 0
    """Lines that are no readings: banners, prompts, echoes."""
    last_good_at: float | None = None
    """`now` of the last good frame: the line's liveness."""


class Driver(Protocol):
    """One line's conversation. `now` is always the same monotonic clock in seconds; nothing blocks or sleeps."""

    counts: Counts

    def open(self, now: float) -> None:
        """The line was opened: forget everything of the last one."""

    def take(self, data: bytes, now: float) -> Sequence[Word]:
        """Bytes as they arrived, in any pieces. Never raises on what a device sends."""

    def due(self, now: float) -> Sequence[Word]:
        """Time has passed: ask what is to be asked, give up what was not answered. Called at least every 100 ms.

        Raises DriverError when the line is better opened anew.
        """

    def to_write(self) -> bytes:
        """What is to be written now; each byte is given once."""

    def ask(self, device_id: str, command: DeviceCommand, now: float) -> Sequence[Word]:
        """Begin a command; its `Done` comes here or from a later call, exactly one for each."""

    def withdraw(self, device_id: str, result: DeviceResult, now: float) -> Sequence[Word]:
        """The command of `result.id` may not be written any more.

        It ends with this result if nothing of it was written; if it was, it is not written again, and ends by itself.
        """

    def farewell(self) -> bytes:
        """What to write before the line is closed in good order (stop reports), or nothing."""


MakeDriver = Callable[[Sequence[PlannedDevice]], Driver]
"""For the devices that share a line. Raises SettingsError naming a wrong map, unit or option."""


class DriverRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the catalogue. `usual_baud` 0: no serial form; `usual_port` 0: no TCP form.

    `documents` says how far the protocol is proved, in words for IT staff.
    """

    make: MakeDriver
    usual_baud: int = 0
    usual_port: int = 0
    bauds: Mapping[str, int] = {}
    """The usual baud of models that differ, by the model's name in a link's `map`."""
    resets_on_open: bool = False
    """Opening the serial port reboots the board: wait two seconds or for its boot frame before judging."""
    documents: str = ""
    recognise: Recogniser | None = None
    """How the family is found on an unknown port; None: only by a person's word."""

    def baud_of(self, words: str) -> int:
        """The usual baud of a device whose link has this `map`."""
        return next(
            (self.bauds[word] for word in map(str.strip, words.split(";")) if word in self.bauds), self.usual_baud
        )


Catalogue = Mapping[str, DriverRow]
