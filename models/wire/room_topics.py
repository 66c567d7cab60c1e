"""The topics of a room's own broker: `dev/<device>/...`, and Home Assistant's discovery beside them.

`<device>` is the name under which the register knows the device, and its user name on the broker. Not here: the central
broker's topics (`topics`), the rights over these (`provisioning.brokers`).
"""

from enum import StrEnum
from typing import Final

import msgspec

from models.errors import BadInputError
from models.identifiers import parse_device_id

EVERY_DEVICE: Final = "dev/#"
DISCOVERY: Final = "homeassistant"
"""The first level of Home Assistant's discovery (its default prefix)."""

BRIDGE_FOUND: Final = "bridge/found"
"""Retained JSON list of `models.telemetry.Found`: what the bridge saw on ports that no plan names."""

BRIDGE_ONLINE: Final = "bridge/online"
"""Retained `Online`, the bridge's last will. `on` false ends the presence of every device whose `online` has the same
session: a connection has one will only, and the bridge speaks for many devices."""


class RoomTopicError(BadInputError):
    """A topic is none of ours. The message is counted and dropped."""


class RoomLane(StrEnum):
    """What stands below `dev/<device>/`. STATE, ONLINE and ABOUT are retained; ONLINE is also the last will."""

    TELEMETRY = "tm"
    STATE = "state"
    ONLINE = "online"
    ABOUT = "about"
    COMMAND = "cmd"
    RESULT = "cmd/res"


class RoomTopic(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed topic below `dev/`."""

    device_id: str
    lane: RoomLane


def room_topic(device_id: str, lane: RoomLane) -> str:
    """The topic of a device. Raises BadInputError on a name that is no topic level."""
    return f"dev/{parse_device_id(device_id)}/{lane}"


def parse_room_topic(topic: str) -> RoomTopic:
    """Device and lane of a topic below `dev/`. Raises RoomTopicError."""
    first, _, rest = topic.partition("/")
    device, _, lane = rest.partition("/")
    try:
        if first == "dev":
            return RoomTopic(device_id=parse_device_id(device), lane=RoomLane(lane))
    except (BadInputError, ValueError):
        pass
    raise RoomTopicError("A device speaks on dev/<device>/<lane>.")
