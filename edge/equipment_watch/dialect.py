"""The port to the ways in which devices of a room speak MQTT: topics and payloads in, words out, and orders back.

A dialect knows one plan; a new plan makes new dialects and a new connection, so that what is retained is heard again.
Not here: whether a message was retained (the listener says so with `as_kept`), what the words mean (`watch`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec

from edge.equipment_watch.words import (
    AboutHeard,
    Heard,
    OnlineHeard,
    Outgoing,
    ReadingsHeard,
    ResultHeard,
    SessionEnded,
    StateHeard,
    StrangerHeard,
    Unreadable,
)
from models.room_messages import DeviceCommand
from models.room_plan import RoomPlan

OLDEST_BELIEVED: Final = timedelta(hours=1)
NEWEST_BELIEVED: Final = timedelta(seconds=30)
"""So far before and after its arrival a device's own time is believed."""


class Dialect(Protocol):
    """One way of speaking, for the devices of one plan. One thread; nothing blocks."""

    def filters(self) -> tuple[str, ...]:
        """What must be subscribed: as narrow as possible, for the planned devices and for what announces itself."""

    def hear(self, topic: str, payload: bytes, arrived_at: datetime) -> tuple[Heard, ...]:
        """What a message says; nothing for a topic that is not of this dialect. Never raises on what a device sends.

        A planned device of this dialect that sends what is not readable gives `Unreadable`.
        """

    def say(self, device_id: str, command: DeviceCommand) -> tuple[Outgoing, ...]:
        """The command as the device understands it; nothing when it is not of this dialect or cannot do it."""

    def answers(self, device_id: str) -> bool:
        """Whether the device answers a command with a `ResultHeard`; else its next state must show it."""


MakeDialect = Callable[[RoomPlan], Dialect]


def reading_instant(base_ms: int | None, offset_ms: int, arrived_at: datetime) -> datetime:
    """When a reading was taken (UTC): Unix milliseconds `base_ms` and `offset_ms` after it, where that can be believed.

    A base that is missing or out of bounds is replaced by the arrival; so is what still lies out of bounds then.
    """
    arrived_ms = arrived_at.timestamp() * 1000
    earliest = arrived_ms - OLDEST_BELIEVED.total_seconds() * 1000
    latest = arrived_ms + NEWEST_BELIEVED.total_seconds() * 1000
    if base_ms is not None and earliest <= base_ms + offset_ms <= latest:
        return datetime.fromtimestamp((base_ms + offset_ms) / 1000, arrived_at.tzinfo)
    if earliest <= arrived_ms + offset_ms <= latest:
        return arrived_at + timedelta(milliseconds=offset_ms)
    return arrived_at


def as_kept(word: Heard) -> Heard | None:
    """The word of a message that the broker had kept: knowledge of before, not a word now. None: worth nothing then."""
    match word:
        case ReadingsHeard(device_id=device_id, at=at, values=values):
            return StateHeard(device_id=device_id, at=at, values=values, own_word=False, whole=False)
        case StateHeard() | OnlineHeard():
            return msgspec.structs.replace(word, own_word=False)
        case AboutHeard() | SessionEnded() | StrangerHeard() | Unreadable():
            return word
        case ResultHeard():
            return None
