"""What the uplink tells the room agent. Not here: the uplink itself."""

from datetime import datetime

import msgspec

from models.exams import RosterBundle
from models.wire.commands import Command
from models.wire.signed_bundle import BundleRefusal


class ConnectionChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Central answers this box, or no longer does: said once when it goes and once when it returns.

    `reason` is for IT; empty when online.
    """

    online: bool
    reason: str = ""


class EventsReceipted(msgspec.Struct, frozen=True, kw_only=True):
    """Central holds these happenings durably: their second copy exists. Each UUID is told once."""

    uuids: tuple[bytes, ...]


class RosterArrived(msgspec.Struct, frozen=True, kw_only=True):
    """A roster was verified and stored."""

    bundle: RosterBundle


class RosterRefused(msgspec.Struct, frozen=True, kw_only=True):
    """A roster came that this box must not work from. An alarm."""

    refusal: BundleRefusal


class CentralTime(msgspec.Struct, frozen=True, kw_only=True):
    """Central's clock said `stated_at` (UTC) shortly before the box's monotonic clock showed `heard_monotonic_ms`."""

    stated_at: datetime
    heard_monotonic_ms: int


class ForkHealed(msgspec.Struct, frozen=True, kw_only=True):
    """Central held another branch of this box's chain; the chain grew anew as `epoch`. An alarm (clone, old card)."""

    epoch: int


class CentralWentBack(msgspec.Struct, frozen=True, kw_only=True):
    """Central lost events that it had receipted; the box sends them again. An alarm."""


class CommandArrived(msgspec.Struct, frozen=True, kw_only=True):
    """Central ordered something of this box; `in_time` is False when the order had run out before it came."""

    command: Command
    in_time: bool


class NewsArrived(msgspec.Struct, frozen=True, kw_only=True):
    """Something new waits at the authority for the box's caretaker."""


class UplinkAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """Something that IT must look at: a refused certificate or topic, a word not signed by central, a full card."""

    reason: str


Notice = (
    ConnectionChanged
    | EventsReceipted
    | RosterArrived
    | RosterRefused
    | CentralTime
    | ForkHealed
    | CentralWentBack
    | CommandArrived
    | NewsArrived
    | UplinkAlarm
)
