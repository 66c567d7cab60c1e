"""The topics of the central broker, built and parsed in one place.

A box writes below `up/<shard>/<box>/` and reads below `down/<box>/`; the broker's rights are patterns over exactly
these. Not here: the topics of a room's own broker.
"""

import hashlib
import re
from enum import StrEnum
from typing import Final

import msgspec

from models.errors import BadInputError
from models.identifiers import BoxId, parse_box_id

EVERY_UP: Final = "up/#"
"""What central subscribes to when it has one ingester."""

_SHARD = re.compile(r"[0-9]{1,4}")


class TopicError(BadInputError):
    """A topic is none of ours. The message is counted and dropped."""


class UpLane(StrEnum):
    """What a box sends."""

    EVENTS = "ev"
    TELEMETRY = "tm"
    HELLO = "hello"
    GONE = "gone"
    """The last will."""
    RESULT = "res"


class DownLane(StrEnum):
    """What central sends to one box."""

    ACK = "ack"
    ROSTER = "roster"
    COMMAND = "cmd"
    NEWS = "news"
    PLAN = "plan"
    """The room's plan (`models.room_plan`)."""
    CHALLENGES = "aa"
    """Challenges for the chips that are read next."""
    MARK = "mark"
    """How far central holds the box's telemetry (`models.telemetry`)."""


class UpTopic(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed topic of a box."""

    shard: int
    box_id: BoxId
    lane: UpLane


def shard_of(box_id: BoxId, shards: int) -> int:
    """The shard of a box among `shards`: the same on every machine, for any broker without shared subscriptions."""
    if not 1 <= shards <= 9999:
        raise TopicError("The number of shards lies between 1 and 9999. Correct the setting.")
    return int.from_bytes(hashlib.sha256(box_id.encode("ascii")).digest()[:8]) % shards


def up_topic(shard: int, box_id: BoxId, lane: UpLane) -> str:
    """The topic on which a box sends. Raises BadInputError on a name that is no topic level."""
    return f"up/{shard}/{parse_box_id(box_id)}/{lane}"


def every_box(lane: UpLane) -> str:
    """The filter of one lane of every box: a program at central hears the lanes that it reads, and no other."""
    return f"up/+/+/{lane}"


def down_topic(box_id: BoxId, lane: DownLane) -> str:
    """The topic on which central speaks to one box. Raises BadInputError on a name that is no topic level."""
    return f"down/{parse_box_id(box_id)}/{lane}"


def everything_for(box_id: BoxId) -> str:
    """The filter to which a box subscribes."""
    return f"down/{parse_box_id(box_id)}/#"


def parse_up_topic(topic: str) -> UpTopic:
    """Shard, box and lane of a topic below `up/`. Raises TopicError."""
    levels = topic.split("/")
    if len(levels) != 4 or levels[0] != "up" or not _SHARD.fullmatch(levels[1]):
        raise TopicError("A box sends on up/<shard>/<box>/<lane>.")
    try:
        return UpTopic(shard=int(levels[1]), box_id=parse_box_id(levels[2]), lane=UpLane(levels[3]))
    except (BadInputError, ValueError):
        raise TopicError("A box sends on up/<shard>/<box>/<lane>.") from None


def parse_down_topic(topic: str) -> tuple[BoxId, DownLane]:
    """Box and lane of a topic below `down/`. Raises TopicError."""
    levels = topic.split("/")
    if len(levels) != 3 or levels[0] != "down":
        raise TopicError("Central speaks on down/<box>/<lane>.")
    try:
        return parse_box_id(levels[1]), DownLane(levels[2])
    except (BadInputError, ValueError):
        raise TopicError("Central speaks on down/<box>/<lane>.") from None
