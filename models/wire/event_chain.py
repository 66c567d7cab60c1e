"""The chain of a box: what happened, one signed link after the other, and the rule whether a link continues a head.

An event is a deterministic CBOR array, signed once; the bytes that were signed travel and are stored unchanged. Not
here: storing (edge.outbox, central.ingest), receipts (`receipts`), the evidence behind an event (`evidence_seal`).
"""

import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from models.clock import TimeQuality
from models.errors import BadInputError
from models.identifiers import parse_box_id
from models.wire import codec

DOMAIN: Final = b"smart-classroom chain event v1\n"
"""Signed in front of the event's bytes, so that no other signature of the key can be taken for one."""

EPOCH_DOMAIN: Final = b"smart-classroom epoch v1\n"

GENESIS: Final = bytes(32)
"""`prev` of the first event of epoch 0."""

LARGEST_EVENT_BYTES: Final = 4096


class ChainEventError(BadInputError):
    """Bytes are not an event of the chain. They are kept apart for IT and change nothing."""


class EventKind(StrEnum):
    """What can happen to a box. Faults and refusals are events too: absence must mean something."""

    BOX_STARTED = "box started"
    SESSION_OPENED = "session opened"
    """`decision` names the exam's profile with its version."""
    ADMITTED = "admitted"
    REFUSED = "refused"
    """The rules refused; a person may still look."""
    TURNED_AWAY = "turned away"
    """A person decided no."""
    LEFT_UNDECIDED = "left undecided"
    """A question to the proctor was still open when the next candidate's code came; nobody was seated."""
    READING_FAILED = "reading failed"
    CLOCK_STEPPED = "clock stepped"
    """Somebody set the wall clock: `reason` says by how much."""
    READER_FAULT = "reader fault"
    CAMERA_FAULT = "camera fault"
    STORE_FAULT = "store fault"
    DOOR_OPENED = "door opened"
    EPOCH_STARTED = "epoch started"
    """First event of every later epoch: the chain grows anew from central's head."""
    SEALED = "sealed"
    OVERRIDE = "override"
    ANNULLED = "annulled"
    """An earlier admission no longer counts."""
    COMMAND_CARRIED_OUT = "command carried out"
    """A person at central ordered it: `decision` is the outcome, `reason` the order. Also when it was refused."""
    DELETED = "deleted"
    """Personal fields were erased; the commitment stays."""


Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Digest = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Word = Annotated[str, msgspec.Meta(max_length=200, pattern=r"\A[^\x00-\x1f\x7f]*\Z")]
"""A short text without control characters: every database can hold it and every log shows it on one line."""


class ChainEvent(msgspec.Struct, frozen=True, kw_only=True, array_like=True, forbid_unknown_fields=True):
    """One link. The order of the fields is the order on the wire and never changes within `v`.

    `seq` counts from 0 in each epoch and is never reused. `prev` is the hash of seq-1; of seq 0 see `first_prev`.
    `uuid` (16 bytes) names the happening: a link carried over into a new epoch keeps it, and it is counted once.
    Texts that do not apply are empty. `wall_time_ms` is UTC since 1970; `monotonic_ms` orders events within one `boot`.
    `commitment` and `evidence_hash` stand for personal fields that are not in here. `actor` is a pseudonym.
    """

    v: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    box_id: Word
    epoch: Count
    seq: Count
    prev: Digest
    uuid: Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
    exam: Word
    session: Word
    room: Word
    kind: EventKind
    decision: Word
    wall_time_ms: Count
    boot: Count
    monotonic_ms: Count
    time_quality: TimeQuality
    commitment: Digest | None
    evidence_hash: Digest | None
    actor: Word
    reason: Word
    utc_offset_minutes: Annotated[int, msgspec.Meta(ge=-720, le=840)]


class SignedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event's bytes and the box's Ed25519 signature (64 bytes) over `DOMAIN` and these bytes."""

    body: bytes
    signature: bytes


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The last link of a chain: its place and its hash."""

    epoch: Count
    seq: Count
    hash: Digest


def encode_event(event: ChainEvent) -> bytes:
    """The event's one encoding. Raises ChainEventError when a field is out of its bounds: that is never signed."""
    body = codec.encode(event)
    decode_event(body)
    return body


def decode_event(body: bytes) -> ChainEvent:
    """The event that these bytes are. Raises ChainEventError unless they are the one encoding of a valid event."""
    if len(body) > LARGEST_EVENT_BYTES:
        raise ChainEventError(f"An event has at most {LARGEST_EVENT_BYTES} bytes. Keep the bytes for IT.")
    try:
        event = codec.decode(body, ChainEvent)
        parse_box_id(event.box_id)
    except BadInputError as error:
        raise ChainEventError(f"Not an event of a box's chain: {error}") from None
    return event


def event_hash(body: bytes) -> bytes:
    """The hash that the next link names: SHA-256(0x00 || bytes), the leaf hash of RFC 9162 section 2.1.1."""
    return hashlib.sha256(b"\x00" + body).digest()


def sign_event(body: bytes, key: Ed25519PrivateKey) -> SignedEvent:
    """The event's bytes with the box's signature."""
    return SignedEvent(body=body, signature=key.sign(DOMAIN + body))


def verify_signed_event(signed: SignedEvent, key: Ed25519PublicKey) -> bool:
    """Whether the holder of this box's key signed exactly these bytes as an event."""
    try:
        key.verify(signed.signature, DOMAIN + signed.body)
    except InvalidSignature:
        return False
    return True


def first_prev(new_epoch: int, parent_head: Head | None) -> bytes:
    """`prev` of an epoch's first link: zeros for epoch 0, else a hash over the number and central's head.

    `parent_head` is None when central holds nothing of the box.
    """
    if new_epoch == 0 and parent_head is None:
        return GENESIS
    parent = None if parent_head is None else [parent_head.seq, parent_head.hash]
    return hashlib.sha256(EPOCH_DOMAIN + codec.encode([new_epoch, parent])).digest()


def head_after(event: ChainEvent, body: bytes) -> Head:
    """The head of a chain that ends with this event."""
    return Head(epoch=event.epoch, seq=event.seq, hash=event_hash(body))


class Link(StrEnum):
    """How an event stands to a record of the same box."""

    CONTINUES = "continues"
    NEW_EPOCH = "new epoch"
    """Seq 0 of a later epoch, grown from exactly our head."""
    ALREADY_HELD = "already held"
    """The same bytes stand in the record: answer with a receipt for itself (rule d)."""
    GAP = "gap"
    """Links in between are missing: take nothing, answer with our head, the box sends again from there."""
    FORK = "fork"
    """Another link stands, or should stand, in its place (rule b): keep as evidence, answer with our head."""
    STALE_EPOCH = "stale epoch"
    """A link of an epoch that has ended: keep as evidence."""


def judge_link(head: Head | None, event: ChainEvent, body_hash: bytes, held: bytes | None) -> Link:
    """Whether an event continues a record that ends at `head` (None: the record is empty).

    `body_hash` is the event's own hash, `held` the hash that the record has at the event's (epoch, seq), or None. The
    signature, the box's name and the UUID are judged elsewhere.
    """
    if held is not None:
        return Link.ALREADY_HELD if held == body_hash else Link.FORK
    if head is not None and event.epoch < head.epoch:
        return Link.STALE_EPOCH
    same_epoch = head is not None and event.epoch == head.epoch
    due = head.seq + 1 if head is not None and same_epoch else 0
    prev = head.hash if head is not None and same_epoch else first_prev(event.epoch, head)
    if event.seq > due:
        return Link.GAP
    if event.seq < due or event.prev != prev:
        return Link.FORK
    return Link.CONTINUES if same_epoch or head is None else Link.NEW_EPOCH


def commitment(salt: bytes, fields: Mapping[str, str | None]) -> bytes:
    """HMAC-SHA-256 over the deterministic CBOR map of the personal fields, keyed by the record's 32-byte salt.

    Once the salt is erased the commitment says nothing about anybody.
    """
    if len(salt) != 32:
        raise ChainEventError("The salt of a commitment has 32 bytes.")
    return hmac.new(salt, codec.encode(dict(fields)), hashlib.sha256).digest()
