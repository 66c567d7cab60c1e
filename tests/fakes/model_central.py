"""A small centre for tests of the box: keeps chains by the rules, answers with receipts, and can fall over or forget.

The real one is `central.ingest`; this one has no database, so that thousands of days can be played.
"""

from datetime import UTC, datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from models.identifiers import BoxId
from models.messages import Ack, BatchedEvent, EventBatch, Hello, decode, encode
from models.wire.event_chain import (
    ChainEvent,
    Head,
    Link,
    SignedEvent,
    decode_event,
    event_hash,
    head_after,
    judge_link,
    verify_signed_event,
)
from models.wire.receipts import HeadStatement, Receipt, SignedReceipt, sign_receipt, sign_statement
from models.wire.topics import DownLane, UpLane, down_topic, parse_up_topic

Letter = tuple[str, bytes]
NOON = datetime(2026, 6, 11, 5, 0, tzinfo=UTC)


class Record(msgspec.Struct):
    """What the centre has committed about one box."""

    head: Head | None = None
    events: dict[tuple[int, int], tuple[bytes, ChainEvent]] = {}
    evidence: dict[bytes, bytes] = {}
    counted: list[bytes] = []
    kept_apart: list[tuple[Link, bytes]] = []


class ModelCentral:
    """Judges, commits, then answers. `hear` returns what it would publish."""

    def __init__(self, signing_key: Ed25519PrivateKey, box_keys: dict[BoxId, Ed25519PublicKey]) -> None:
        self.records = {box: Record() for box in box_keys}
        self._signing_key = signing_key
        self._box_keys = box_keys

    def hear(self, topic: str, payload: bytes) -> list[Letter]:
        parsed = parse_up_topic(topic)
        match parsed.lane:
            case UpLane.HELLO:
                return self._greet(parsed.box_id, decode(payload, Hello).session)
            case UpLane.EVENTS:
                return self._take(parsed.box_id, decode(payload, EventBatch))
            case _:
                return []

    def backup(self, box: BoxId) -> Record:
        record = self.records[box]
        return Record(
            head=record.head,
            events=dict(record.events),
            evidence=dict(record.evidence),
            counted=list(record.counted),
            kept_apart=list(record.kept_apart),
        )

    def restore(self, box: BoxId, record: Record) -> None:
        self.records[box] = record

    def _greet(self, box: BoxId, session: str) -> list[Letter]:
        head = self.records[box].head
        return [self._ack(box, session, [head] if head else [], forked=False)]

    def _take(self, box: BoxId, batch: EventBatch) -> list[Letter]:
        places: list[Head] = []
        forked = False
        for item in batch.events:
            place, link = self._take_one(box, item)
            if place is not None:
                places.append(place)
            forked = forked or link in (Link.FORK, Link.STALE_EPOCH)
            if place is None:
                break
        return [self._ack(box, batch.session, places, forked=forked)]

    def _take_one(self, box: BoxId, item: BatchedEvent) -> tuple[Head | None, Link]:
        assert verify_signed_event(SignedEvent(body=item.body, signature=item.signature), self._box_keys[box])
        record, event = self.records[box], decode_event(item.body)
        held = record.events.get((event.epoch, event.seq))
        link = judge_link(record.head, event, event_hash(item.body), event_hash(held[0]) if held else None)
        if link is Link.ALREADY_HELD:
            return head_after(event, item.body), link
        if link not in (Link.CONTINUES, Link.NEW_EPOCH):
            record.kept_apart.append((link, item.body))
            return None, link
        record.head = head_after(event, item.body)
        record.events[event.epoch, event.seq] = (item.body, event)
        if event.uuid not in record.counted:
            record.counted.append(event.uuid)
        if item.evidence is not None:
            record.evidence[event.uuid] = item.evidence
        return record.head, link

    def _ack(self, box: BoxId, session: str, places: list[Head], *, forked: bool) -> Letter:
        receipts = tuple(self._receipt(box, place) for place in places)
        statement = HeadStatement(
            box_id=box, session=session, head=self.records[box].head, forked=forked, stated_at=NOON
        )
        ack = Ack(receipts=receipts, statement=sign_statement(statement, self._signing_key))
        return down_topic(box, DownLane.ACK), encode(ack)

    def _receipt(self, box: BoxId, place: Head) -> SignedReceipt:
        receipt = Receipt(box_id=box, epoch=place.epoch, seq=place.seq, event_hash=place.hash, received_at=NOON)
        return sign_receipt(receipt, self._signing_key)
