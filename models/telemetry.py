"""The telemetry lane between a box and central: rows in batches, answered by a mark after the commit.

No signature and no chain: the session's certificate says whose rows they are, and (epoch, seq) that none is lost or
taken twice. Central takes what continues its mark and says how far it holds; the box deletes up to there and goes back
to the mark when nothing moves. Not here: exam events (`models.messages`), storing them (`edge.telemetry_store`,
`central.measuring`).
"""

import zlib
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from models.measurements import Value
from models.messages import MessageShapeError, MessageTooLargeError
from models.room_messages import DeviceCommandName, DeviceOutcome, Integrity, Reach, Short
from models.wire.event_chain import Count, Word

MOST_ROWS: Final = 500
LARGEST_BATCH_BYTES: Final = 64 * 1024
"""Before zlib."""

PACKED_ABOVE_BYTES: Final = 512
MOST_RAW_VALUES: Final = 10
"""Of one device in one row, and so in one second."""
LONGEST_LINK: Final = 600
MOST_FAULTS: Final = 17
"""The sixteen of a device's `State`, and the one that the box adds: nobody believes it."""

_PACKED: Final = b"\x78"
"""The first byte of a zlib stream; JSON begins with `{`."""


class DeviceWord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="word"):
    """How a device is: sent on change and every five minutes. `heard_at` is the device's last own word (UTC).

    `values` holds the newest value of each of its metrics; `in_use` whether it counts as used (on, worn, away).
    """

    device: Word
    at: datetime
    heard_at: datetime | None = None
    online: bool
    reach: Reach = Reach.OK
    in_use: bool = False
    faults: Annotated[tuple[Short, ...], msgspec.Meta(max_length=MOST_FAULTS)] = ()
    firmware: Short = ""
    values: dict[str, Value] = {}


class MinuteValues(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="minute"):
    """One metric of one device over the minute, or the metric's `span_minutes`, that begins at `minute` (UTC)."""

    device: Word
    metric: Word
    minute: datetime
    count: Count
    lowest: float
    highest: float
    mean: float
    last: float
    unit: Annotated[str, msgspec.Meta(max_length=16)] = ""
    integrity: Integrity = Integrity.NONE
    doubtful: Count = 0
    """Values of this minute that were not believed (range, step); they are in no other figure."""


class RawValue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One number as the device told it and the box believed it; `at` (UTC) is the reading's own instant."""

    metric: Word
    at: datetime
    value: float
    unit: Annotated[str, msgspec.Meta(max_length=16)] = ""


class RawValues(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="raw"):
    """Readings of one device as they are, because a person asked (`TELL_READINGS`): at most one row a second.

    `left_out` counts believed numbers that were more than that, since the row before.
    """

    device: Word
    values: Annotated[tuple[RawValue, ...], msgspec.Meta(min_length=1, max_length=MOST_RAW_VALUES)]
    left_out: Count = 0


class AlertKind(StrEnum):
    """What staff are told of."""

    SILENT = "silent"
    UNREACHABLE = "unreachable"
    HOT = "hot"
    FAULT = "fault"
    LAMP_HOURS = "lamp hours"
    BATTERY_LOW = "battery low"
    DOOR_OPEN = "door open"
    BOARD_RESET = "board reset"
    """A sensor board's watchdog or its supply reset it."""
    ROWS_LOST = "rows lost"


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="alert"):
    """An alert began, or (with `ended_at`) ended: one at a time for each (device, kind), one `alert_id` for both."""

    alert_id: Word
    device: Word
    kind: AlertKind
    began_at: datetime
    ended_at: datetime | None = None
    value: float | None = None
    sentence: Short = ""


class AskedBy(StrEnum):
    """Who wanted a command."""

    PERSON = "person"
    RULE = "rule"


class CommandRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="command"):
    """The audit row of one command to one device: who asked (`by`: a rule's id or a command's id at central)."""

    command_id: Word
    device: Word
    name: DeviceCommandName
    argument: Short = ""
    asked: AskedBy
    by: Word
    asked_at: datetime
    outcome: DeviceOutcome
    finished_at: datetime
    sentence: Short = ""


class Found(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="found"):
    """Something in the room that the plan does not know: IT staff may make a device of it. `link` is JSON."""

    where: Short
    what: Short
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    maker: Short = ""
    model: Short = ""
    serial: Short = ""
    firmware: Short = ""
    link: Annotated[str, msgspec.Meta(max_length=LONGEST_LINK)] = ""
    at: datetime


def cut_found(found: Found) -> Found:
    """What strangers say of themselves, at the lengths that `Found` allows; a link that is too long is none."""
    return Found(
        where=found.where[:120],
        what=found.what[:120],
        confidence=min(1.0, max(0.0, found.confidence)),
        maker=found.maker[:120],
        model=found.model[:120],
        serial=found.serial[:120],
        firmware=found.firmware[:120],
        link=found.link if len(found.link) <= LONGEST_LINK else "",
        at=found.at,
    )


class Gap(msgspec.Struct, frozen=True, kw_only=True, tag="gap"):
    """`count` rows were dropped at the box because space ran out; they told of the time between these instants."""

    count: Count
    since: datetime
    until: datetime


Row = DeviceWord | MinuteValues | RawValues | Alert | CommandRow | Found | Gap


class TelemetryBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Rows `base`, `base + 1`, ... of `epoch`, oldest first. `session` is that of the last hello.

    An epoch is one life of the box's telemetry file; a new file begins a higher one (Unix milliseconds of its making).
    """

    session: Word
    epoch: Count
    base: Count
    rows: Annotated[tuple[msgspec.Raw, ...], msgspec.Meta(max_length=MOST_ROWS)]
    """Each the JSON of a `Row`, so that one that central cannot read holds up no other."""


class TelemetryMark(msgspec.Struct, frozen=True, kw_only=True):
    """Central holds every row of `epoch` up to and with `held` (0: none), committed. An answer to a batch or hello."""

    session: Word
    epoch: Count
    held: Count


def pack_batch(batch: TelemetryBatch) -> bytes:
    """The batch as it travels: JSON, by zlib when that is longer than 512 bytes. Raises MessageTooLargeError."""
    plain = msgspec.json.encode(batch)
    if len(plain) > 2 * LARGEST_BATCH_BYTES:
        raise MessageTooLargeError(f"A telemetry batch has at most {2 * LARGEST_BATCH_BYTES} bytes.")
    return zlib.compress(plain, 6) if len(plain) > PACKED_ABOVE_BYTES else plain


def unpack_batch(payload: bytes) -> TelemetryBatch:
    """The batch. Raises MessageTooLargeError (also for what would grow beyond the limit) or MessageShapeError."""
    if payload[:1] == _PACKED:
        stream = zlib.decompressobj()
        try:
            plain = stream.decompress(payload, 2 * LARGEST_BATCH_BYTES)
        except zlib.error:
            raise MessageShapeError("Not a TelemetryBatch message: broken zlib stream") from None
        if stream.unconsumed_tail or not stream.eof:
            raise MessageTooLargeError(f"A telemetry batch has at most {2 * LARGEST_BATCH_BYTES} bytes.")
    else:
        plain = payload
    if len(plain) > 2 * LARGEST_BATCH_BYTES:
        raise MessageTooLargeError(f"A telemetry batch has at most {2 * LARGEST_BATCH_BYTES} bytes.")
    try:
        return msgspec.json.decode(plain, type=TelemetryBatch)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        where = str(error).partition(" - at ")[2] or "its top"
        raise MessageShapeError(f"Not a TelemetryBatch message, at {where}") from None


def decode_row(raw: msgspec.Raw) -> Row:
    """One row. Raises MessageShapeError, which repeats no value."""
    try:
        return _ROW.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        where = str(error).partition(" - at ")[2] or "its top"
        raise MessageShapeError(f"Not a telemetry row, at {where}") from None


_ROW: Final[msgspec.json.Decoder[Row]] = msgspec.json.Decoder(Row)
