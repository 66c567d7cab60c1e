"""What travels over the central broker between a box and central, as JSON; unknown fields are ignored.

Bytes are base64 inside the JSON and otherwise unchanged: signed events, sealed evidence, receipts and rosters are never
written anew. Not here: topics and sessions (`models.wire`), and the messages of a room's own devices.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, TypeVar

import msgspec

from models.clock import TimeQuality
from models.errors import BadInputError
from models.room_plan import SignedPlan
from models.wire.commands import SignedCommand
from models.wire.event_chain import Count, Head, Word
from models.wire.receipts import SignedReceipt, SignedStatement
from models.wire.signed_bundle import SignedBundle

LARGEST_UP_BYTES: Final = 256 * 1024
"""A message of a box. Batches aim at 64 KB; one event with very large evidence may be bigger."""

LARGEST_DOWN_BYTES: Final = 4 * 1024 * 1024
"""A message of central: a roster with photos."""

LARGEST_BATCH_BYTES: Final = 64 * 1024
LARGEST_BATCH_EVENTS: Final = 50


class MessageTooLargeError(BadInputError):
    """A message is larger than its kind may be. It is counted, dropped, and the sender is named to IT."""


class MessageShapeError(BadInputError):
    """A message is not JSON of its kind. Central keeps it apart for IT; a box drops and counts it."""


class BatchedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A signed event with its sealed evidence, or None when it has none."""

    body: bytes
    signature: bytes
    evidence: bytes | None


class EventBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one box, oldest first. `session` is that of the last hello, `base` the seq of the first one in `epoch`.

    A batch never crosses from one epoch into the next.
    """

    session: Word
    epoch: Count
    base: Count
    events: Annotated[tuple[BatchedEvent, ...], msgspec.Meta(max_length=LARGEST_BATCH_EVENTS)]


class Vitals(msgspec.Struct, frozen=True, kw_only=True):
    """How the box's machine is. What cannot be found out is None; every word is the box's own and decides nothing.

    `machine` is the SHA-256 (hex) of what names the board: a change without a new enrolment is a clone's sign.
    `weights` and `profiles` name what is installed; `below_floor`: the wall clock stands below the box's floor.
    """

    machine: Word
    uptime_seconds: Count
    temperature_celsius: float | None = None
    load_percent: float | None = None
    disk_free_megabytes: Count | None = None
    memory_free_megabytes: Count | None = None
    clock_off_seconds: float | None = None
    below_floor: bool = False
    certificate_good_until: datetime | None = None
    certificate_is_for_exam: bool = False
    trust_list_version: Count | None = None
    weights: Word = ""
    profiles: tuple[Word, ...] = ()
    anchors: Count = 0


class TelemetryHead(msgspec.Struct, frozen=True, kw_only=True):
    """The newest row of the box's telemetry: its epoch and number (0: none yet). Central answers with its mark."""

    epoch: Count
    last: Count


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """First word of a box on every connection, and again every minute. Central answers with an Ack.

    `session` is new for each connection. `rosters` maps session ids to the roster version held. `readers` and `camera`
    are health words of the box ("ok", "absent", ...). `rehearsal` says that the box plays school.
    """

    session: Word
    software: Word
    head: Head | None
    rosters: dict[Word, int]
    time_quality: TimeQuality
    sent_at: datetime
    waiting: Count
    reader: Word
    camera: Word
    rehearsal: bool = False
    vitals: Vitals | None = None
    room_plan: Count | None = None
    """The version of the room's plan that the box holds, None without one."""
    telemetry: TelemetryHead | None = None
    challenges: Count | None = None
    """How many of central's challenges for chips wait on the box, None where it reads no cards."""


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """The last will: this session has ended. Ignore it when a newer hello was heard."""

    session: Word


class Ack(msgspec.Struct, frozen=True, kw_only=True):
    """Central's answer to a hello or a batch, after its commit.

    To a hello it holds the receipt of central's head, if any, so that lost receipts are made good.
    """

    receipts: tuple[SignedReceipt, ...]
    statement: SignedStatement


class RosterMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A roster for the box."""

    bundle: SignedBundle


class PlanMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The room's plan for the box."""

    plan: SignedPlan


class CommandMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A person's order to the box, signed by central."""

    command: SignedCommand


class CommandOutcome(StrEnum):
    """What became of a command at the box."""

    DONE = "done"
    SENT = "sent"
    """A device took the order, and nothing shows yet that it followed."""
    REFUSED = "refused"
    """Not now: for example no restart while a sitting is open."""
    EXPIRED = "expired"
    FAILED = "failed"


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """The box's answer to one command, sent once it is done; sent again when the same command comes again.

    `sentence` is for IT staff (English). `attachment` is the support bundle (gzip of text, nothing personal) or None.
    """

    command_id: Word
    outcome: CommandOutcome
    sentence: Annotated[str, msgspec.Meta(max_length=600)]
    finished_at: datetime
    attachment: Annotated[bytes, msgspec.Meta(max_length=128 * 1024)] | None = None


class ChallengeMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Challenges for the chips that this box reads next, 8 bytes each, used once (ICAO Doc 9303-11 section 6.1).

    Not signed: central knows again what it handed out, and finds what anybody else slipped in.
    """

    challenges: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=256)]


class News(msgspec.Struct, frozen=True, kw_only=True):
    """Something new waits at the authority; the box's caretaker asks for its orders soon. Losing it costs only time."""

    about: Word


Message = (
    EventBatch
    | Hello
    | Gone
    | Ack
    | RosterMessage
    | PlanMessage
    | CommandMessage
    | CommandResult
    | ChallengeMessage
    | News
)
M = TypeVar(
    "M",
    EventBatch,
    Hello,
    Gone,
    Ack,
    RosterMessage,
    PlanMessage,
    CommandMessage,
    CommandResult,
    ChallengeMessage,
    News,
)


def encode(message: Message) -> bytes:
    """The message's JSON. Raises MessageTooLargeError."""
    payload = msgspec.json.encode(message)
    _check_size(payload, type(message))
    return payload


def decode(payload: bytes, kind: type[M]) -> M:
    """The message of this kind. Raises MessageTooLargeError or MessageShapeError; neither repeats a value."""
    _check_size(payload, kind)
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MessageShapeError(f"Not a {kind.__name__} message: {error}") from None


def _check_size(payload: bytes, kind: type[Message]) -> None:
    limit = LARGEST_DOWN_BYTES if kind in (Ack, RosterMessage, PlanMessage, CommandMessage, News) else LARGEST_UP_BYTES
    if len(payload) > limit:
        raise MessageTooLargeError(f"A {kind.__name__} message has at most {limit} bytes, this one {len(payload)}.")
