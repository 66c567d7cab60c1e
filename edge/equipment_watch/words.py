"""What was heard of a device, in one form for all dialects. Instants are UTC.

Dialects (`own_dialect`, `freekiosk`, `home_assistant`) make these of topics and payloads; `watch` judges them.
"""

from datetime import datetime

import msgspec

from models.measurements import Value
from models.room_messages import About, DeviceResult, Integrity, Reach
from models.telemetry import Found


class ReadingsHeard(msgspec.Struct, frozen=True, kw_only=True):
    """Values of one device at one instant; `units` for metrics that our vocabulary does not name.

    `at` is the device's own time when its clock can be believed, else the instant of arrival.
    """

    device_id: str
    at: datetime
    values: dict[str, Value]
    units: dict[str, str] = {}
    integrity: Integrity = Integrity.NONE


class StateHeard(msgspec.Struct, frozen=True, kw_only=True):
    """How a device is. `own_word` False: it was retained at the broker, so it does not count as a word now.

    `whole`: these are all of the device's states; what an earlier one said and this one does not is known no more.
    """

    device_id: str
    at: datetime
    reach: Reach = Reach.OK
    faults: tuple[str, ...] = ()
    values: dict[str, Value] = {}
    own_word: bool = True
    whole: bool = True


class OnlineHeard(msgspec.Struct, frozen=True, kw_only=True):
    """A connection of the device began or ended; an end of an older `session` than the newest beginning is ignored.

    `own_word` as for `StateHeard`.
    """

    device_id: str
    on: bool
    session: str = ""
    own_word: bool = True


class SessionEnded(msgspec.Struct, frozen=True, kw_only=True):
    """The connection of one who speaks for several devices ended: so did the presence of each with this session."""

    session: str


class AboutHeard(msgspec.Struct, frozen=True, kw_only=True):
    """What the device says it is."""

    device_id: str
    about: About


class ResultHeard(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a command."""

    device_id: str
    result: DeviceResult


class StrangerHeard(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the plan does not know announced itself.

    `guest`: who said so on the guests' broker, "" for all whom no right binds to a name; None when it was no guest.
    """

    found: Found
    guest: str | None = None


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is not what it should be; counted for its device (None: nobody's)."""

    device_id: str | None
    why: str


Heard = ReadingsHeard | StateHeard | OnlineHeard | SessionEnded | AboutHeard | ResultHeard | StrangerHeard | Unreadable


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said on the room's broker."""

    topic: str
    payload: bytes
    retained: bool = False
