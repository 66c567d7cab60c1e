"""The earliest instant that it can be now, steps of the wall clock, and a clock that is never set back.

The floor is the latest of: the day of this software, the newest trust list, central's last word, and the wall clock as
long as nobody has a reason to doubt it. It is kept on the card and moves on with the monotonic clock, so setting the
wall clock back, or a day ahead, neither reopens a window that is over nor closes one that runs. Not here: what the
agent does about it, and correcting the clock (chrony).
"""

import logging
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from models.clock import Clock
from models.durable_files import DurableFileError, write_whole

log = logging.getLogger(__name__)

LARGEST_STEP: Final = timedelta(seconds=30)
"""A smaller difference is the ordinary work of a time service, or a slow network."""

KEEP_EVERY: Final = timedelta(minutes=5)
"""So often at most the floor is written to the card while nothing else happens."""


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    floor: datetime
    opened: tuple[str, ...] = ()


class ClockWatch:
    """A `Clock` whose `now` never lies before the floor. Every method may be called from any thread.

    `built_at` is the instant (UTC) before which this software did not exist.
    """

    def __init__(self, clock: Clock, path: Path, built_at: datetime) -> None:
        self._clock = clock
        self._path = path
        self._lock = threading.RLock()
        self._kept = _Kept(floor=built_at)
        self._fixed = built_at
        self._floor = built_at
        self._floor_mono_ms = clock.monotonic_ms()
        self._seen = (clock.now(), clock.monotonic_ms())
        self._doubted = False

    def start(self, last_event_at: datetime | None = None) -> None:
        """Read what was kept; `last_event_at` (UTC) is the wall time of the last stored event.

        A file that is gone or damaged is begun anew. An event counts unless it lies so far beyond the kept floor that
        its wall clock must have been in doubt: a sound one is kept every few minutes.
        """
        with self._lock:
            kept = self._read()
            self._kept = kept or self._kept
            self._seen = (self._clock.now(), self._clock.monotonic_ms())
            self._raise(self._kept.floor)
            if last_event_at is not None and (kept is None or last_event_at <= kept.floor + 2 * KEEP_EVERY):
                self._raise(last_event_at)

    def now(self) -> datetime:
        """The present instant (UTC) by which windows are decided: the wall clock while nothing speaks against it."""
        with self._lock:
            floor = self.floor()
            return floor if self._doubted else max(self._clock.now(), floor)

    def monotonic_ms(self) -> int:
        """Milliseconds of the machine's monotonic clock."""
        return self._clock.monotonic_ms()

    def floor(self) -> datetime:
        """The earliest instant (UTC) that it can be now."""
        with self._lock:
            return self._floor + timedelta(milliseconds=self._clock.monotonic_ms() - self._floor_mono_ms)

    @property
    def below_floor(self) -> bool:
        """Whether the wall clock shows an instant that is certainly over."""
        return self._clock.now() + LARGEST_STEP < self.floor()

    @property
    def is_right(self) -> bool:
        """Whether nothing speaks against the wall clock; while it is False no new sitting opens."""
        return not self._doubted and not self.below_floor

    def look(self) -> timedelta | None:
        """By how much somebody set the wall clock since the last look, when that is more than `LARGEST_STEP`."""
        with self._lock:
            wall, mono = self._clock.now(), self._clock.monotonic_ms()
            due = self._seen[0] + timedelta(milliseconds=mono - self._seen[1])
            self._seen = (wall, mono)
            if abs(wall - due) > LARGEST_STEP:
                self._raise(due if not self._doubted else self._floor)
                self._doubted = True
                self._keep()
                return wall - due
            if not self._doubted and wall > self.floor():
                self._raise(wall)
                if wall - self._kept.floor >= KEEP_EVERY:
                    self._keep()
            return None

    def hear(self, said: datetime) -> None:
        """Somebody whom we believe says what time it is now (UTC): central in a fresh signed word, or chrony with NTS.

        This alone may lower a floor that a wrong wall clock had raised, but never below software and trust list.
        """
        with self._lock:
            self._floor, self._floor_mono_ms = max(said, self._fixed), self._clock.monotonic_ms()
            self._doubted = abs(self._clock.now() - self._floor) > LARGEST_STEP
            if abs(self.floor() - self._kept.floor) >= KEEP_EVERY:
                self._keep()

    def raise_to(self, instant: datetime) -> None:
        """Something signed by the authority was made at that instant (UTC): it is later now, for good."""
        with self._lock:
            self._fixed = max(self._fixed, instant)
            self._raise(instant)

    def note_opened(self, session_id: str) -> None:
        """A sitting was opened here: after a power cut it opens again also while the clock is wrong."""
        with self._lock:
            if session_id not in self._kept.opened:
                self._kept = msgspec.structs.replace(self._kept, opened=(*self._kept.opened[-9:], session_id))
                self._keep()

    def was_opened(self, session_id: str) -> bool:
        """Whether this sitting was opened on this box before."""
        return session_id in self._kept.opened

    def stop(self) -> None:
        """Keep the floor for the next start."""
        with self._lock:
            self._keep()

    def _read(self) -> _Kept | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError):
            log.warning("The kept floor of the clock cannot be read; it is begun anew")
            return None

    def _raise(self, instant: datetime) -> None:
        if instant > self.floor():
            self._floor, self._floor_mono_ms = instant, self._clock.monotonic_ms()

    def _keep(self) -> None:
        """Written whole or not at all. A card that takes no writing is the outbox's alarm, not ours."""
        self._kept = msgspec.structs.replace(self._kept, floor=self.floor())
        try:
            write_whole(self._path, msgspec.json.encode(self._kept), 0o600)
        except DurableFileError as error:
            log.warning("The floor of the clock could not be kept: %s", error)
