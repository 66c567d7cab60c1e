"""How the box itself fares: network, reader, camera, storage, clock. Pure; the banners and the hello message show it.

Not here: the candidate at the desk (`exam_desk`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from models.clock import TimeQuality
from models.messages import CommandResult
from models.wire.commands import Command

CLOCK_DOUBT = timedelta(seconds=30)
"""A larger difference from central's clock is shown to the proctor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something about the box, not about a candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionChanged(Notice):
    """The way to central opened or closed."""

    online: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralSpoke(Notice):
    """Central answered; `central_time` (UTC) is what its clock showed."""

    central_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondCopiesMade(Notice):
    """These events, named by UUID, exist outside this box too.

    Whoever keeps a copy says it with this word: central by its receipt; later a neighbour box or a stick.
    """

    uuids: frozenset[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterArrived(Notice):
    """A verified roster was put on the shelf."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderChanged(Notice):
    """The reader in use, or None when there is none."""

    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraChanged(Notice):
    """Whether the camera gives pictures."""

    working: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageChanged(Notice):
    """Whether the durable store can be trusted."""

    working: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJudged(Notice):
    """Whether nothing speaks against the wall clock (`clock_watch`)."""

    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSourceTold(Notice):
    """Whether chrony follows an authenticated source (`time_sources`)."""

    nts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCame(Notice):
    """An order of central to this box; `in_time` is False when it ran out before it came."""

    command: Command
    in_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceOrderEnded(Notice):
    """What came of an order for a device of the room."""

    result: CommandResult


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxCondition:
    """What is known of the box. Instants are UTC; `offline_since` is None while online.

    `identifying` is the box's name while its screen is to show it large.
    """

    rehearsal: bool
    offline_since: datetime | None
    central_word_at: datetime | None = None
    clock_off_by: timedelta = timedelta()
    reader: str | None = None
    camera_works: bool = True
    storage_works: bool = True
    clock_is_right: bool = True
    nts: bool = False
    identifying: str | None = None

    @property
    def online(self) -> bool:
        """Whether central can be reached."""
        return self.offline_since is None

    @property
    def clock_is_doubtful(self) -> bool:
        """Whether the wall clock differs from central's by more than `CLOCK_DOUBT`."""
        return abs(self.clock_off_by) > CLOCK_DOUBT

    @property
    def time_quality(self) -> TimeQuality:
        """Who vouches for the clock: an authenticated time service, else central's word, else nobody."""
        if self.clock_is_doubtful or not self.clock_is_right:
            return TimeQuality.NONE
        if self.nts:
            return TimeQuality.NTS
        return TimeQuality.NONE if self.central_word_at is None else TimeQuality.CENTRAL


def note(condition: BoxCondition, notice: Notice, now: datetime) -> BoxCondition:  # noqa: PLR0911 - one line a notice
    """The condition after a notice that came at `now` (UTC)."""
    match notice:
        case ConnectionChanged(online=True):
            return replace(condition, offline_since=None)
        case ConnectionChanged():
            return replace(condition, offline_since=condition.offline_since or now)
        case CentralSpoke(central_time=central_time):
            return replace(condition, central_word_at=now, clock_off_by=now - central_time)
        case ReaderChanged(name=name):
            return replace(condition, reader=name)
        case CameraChanged(working=working):
            return replace(condition, camera_works=working)
        case StorageChanged(working=working):
            return replace(condition, storage_works=working)
        case ClockJudged(right=right):
            return replace(condition, clock_is_right=right)
        case TimeSourceTold(nts=nts):
            return replace(condition, nts=nts)
        case _:
            return condition
