"""What devices of a room say on the room's broker, and what they are told: JSON, unknown fields ignored.

Names of pupils, SSIDs and addresses of pages have no field here. Not here: topics (`models.wire.room_topics`), foreign
dialects (`edge.equipment_watch` turns FreeKiosk's and Home Assistant's words into these).
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final, TypeVar

import msgspec

from models.errors import BadInputError
from models.measurements import Value

LARGEST_BYTES: Final = 16 * 1024
"""The room broker's largest packet. It ends the connection of whoever sends a larger one."""

LARGEST_PAYLOAD_BYTES: Final = LARGEST_BYTES - 256
"""What we say in a room: a topic and a header stand before it in the packet."""

MOST_METRICS: Final = 64
IMPLAUSIBLE: Final = "implausible"
"""The fault of a device of which a metric is sent and not believed: without it a broken sensor would just be quiet."""

FAULT_WORDS: Final = frozenset(
    {"fan", "lamp", "temperature", "cover", "filter", "signal", "battery", "other", IMPLAUSIBLE}
)
"""Faults as our own drivers and the box call them; a device that speaks for itself may have words of its own."""

NO_DEFECT: Final = frozenset({"signal"})
"""Words among a device's faults that say how it is used (no signal: nothing is plugged in), not that it is broken."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Short = Annotated[str, msgspec.Meta(max_length=120)]
Milliseconds = Annotated[int, msgspec.Meta(ge=-(1 << 50), le=1 << 50)]


class RoomMessageError(BadInputError):
    """A message in the room is too large or not of its kind. It is counted and dropped; the device is named to IT."""


class Integrity(StrEnum):
    """What guards a reading on its way from the sensor to us."""

    CRC = "crc"
    NONE = "none"
    """Range and step checks only; never used for marks or exam evidence."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One value: metric `n`, SenML unit `u`, `t` milliseconds relative to the batch's `bt`, value `x`.

    It cannot be part of a cycle, so the collector need not look at thousands of them.
    """

    n: Name
    x: Value
    u: Annotated[str, msgspec.Meta(max_length=16)] = ""
    t: Milliseconds = 0


class Batch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`tm`: readings. `bn` is the device, `bt` Unix milliseconds (None: now, on arrival), `q` the clock's quality.

    `q` is a `TimeQuality`, or "rx" when `bt` is missing.
    """

    v: int = 1
    bn: Name
    bt: Milliseconds | None = None
    q: Short = "rx"
    integrity: Integrity = Integrity.NONE
    e: Annotated[tuple[Entry, ...], msgspec.Meta(max_length=500)]


class MetricAbout(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a device says of one metric: its unit, and a title for people."""

    unit: Annotated[str, msgspec.Meta(max_length=16)] = ""
    title: Short = ""


class About(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`about`, retained: what the device says it is. The register's word counts, not this one."""

    v: int = 1
    kind: Short = ""
    maker: Short = ""
    model: Short = ""
    serial: Short = ""
    firmware: Short = ""
    via: Short = ""
    """By which protocol it is read, and over what: "pjlink", "link v1 over usb-1a86-if00"."""
    metrics: dict[Name, MetricAbout] = {}
    commands: tuple[Name, ...] = ()


class Reach(StrEnum):
    """Whether the device can be spoken to."""

    OK = "ok"
    UNREACHABLE = "unreachable"
    """It does not answer; whether it is off or gone nobody knows."""
    FAULT = "fault"
    """It answers and says that something is wrong."""


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`state`, retained: the newest value of every metric that is a state, and how the device is reached.

    `at` is Unix milliseconds of the word; `faults` are words of the device's protocol ("lamp", "temperature", "fan").
    """

    v: int = 1
    at: Milliseconds
    reach: Reach = Reach.OK
    faults: Annotated[tuple[Short, ...], msgspec.Meta(max_length=16)] = ()
    values: dict[Name, Value] = {}
    sentence: Short = ""


class Online(msgspec.Struct, frozen=True, kw_only=True):
    """`online`, retained and last will: a connection began (`on`) or ended. A will of an older `session` is ignored."""

    on: bool
    session: Name


class DeviceCommandName(StrEnum):
    """Everything that may be asked of a device. The allow-list: nothing else is sent to any device."""

    POWER_ON = "power on"
    POWER_OFF = "power off"
    SELECT_SOURCE = "select source"
    """`argument` is the source's word: "hdmi1", "hdmi2", "ops", "pc", "dp"."""
    SET_VOLUME = "set volume"
    MUTE = "mute"
    UNMUTE = "unmute"
    BLANK = "blank"
    UNBLANK = "unblank"
    SCREEN_OFF = "screen off"
    SCREEN_ON = "screen on"
    SWITCH_ON = "switch on"
    SWITCH_OFF = "switch off"
    SET_PERIOD = "set period"
    """Of a sensor board, milliseconds."""
    TELL_READINGS = "tell readings"
    """Never said to a device and in no plan: the box itself tells central the device's readings as they are, for
    `argument` minutes."""


class DeviceCommand(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`cmd`: carried out at most once for each `id`, not after `expires_at` (Unix milliseconds).

    `by_rule`: no person asked at this moment, a rule did; then it is not carried out in a lesson either.
    """

    v: int = 1
    id: Name
    name: DeviceCommandName
    argument: Short = ""
    expires_at: Milliseconds
    by_rule: bool = False


class DeviceOutcome(StrEnum):
    """What became of a command at a device."""

    DONE = "done"
    """The device confirmed it, or the new state was read back."""
    SENT = "sent"
    """The device took it and its protocol knows no answer; the next state shows."""
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"


class DeviceResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`cmd/res`: the answer to the command of this `id`; `sentence` is for IT staff (English)."""

    v: int = 1
    id: Name
    outcome: DeviceOutcome
    sentence: Short = ""
    at: Milliseconds


def defects(faults: Iterable[str]) -> tuple[str, ...]:
    """Those of a device's faults with which something is broken."""
    return tuple(word for word in faults if word not in NO_DEFECT)


RoomMessage = Batch | About | State | Online | DeviceCommand | DeviceResult
M = TypeVar("M", Batch, About, State, Online, DeviceCommand, DeviceResult)


def encode_room(message: RoomMessage) -> bytes:
    """The message's JSON. Raises RoomMessageError when it is too large for the room's broker."""
    payload = msgspec.json.encode(message)
    if len(payload) > LARGEST_PAYLOAD_BYTES:
        raise RoomMessageError(f"A message in a room has at most {LARGEST_PAYLOAD_BYTES} bytes, not {len(payload)}.")
    return payload


def decode_room(payload: bytes, kind: type[M]) -> M:
    """The message of this kind. Raises RoomMessageError, which repeats no value."""
    if len(payload) > LARGEST_BYTES:
        raise RoomMessageError(f"A message in a room has at most {LARGEST_BYTES} bytes, this one {len(payload)}.")
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        where = str(error).partition(" - at ")[2] or "its top"
        raise RoomMessageError(f"Not a {kind.__name__} message, at {where}.") from None
