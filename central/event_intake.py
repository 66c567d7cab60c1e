"""What becomes of a batch of events: verified, linked, stored once, answered.

Answers are returned and leave only after the commit. Not here: threads and the queue (`ingest`), evidence
(`admission_entry`), rosters (`roster_post`).
"""

from typing import assert_never

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from central.admission_entry import AdmissionOffice
from central.errand import Errand
from central.registers import admission_register, box_register, event_log
from central.registers.event_log import NewEvent
from central.registers.quarantine import QuarantineReason
from models.messages import Ack, BatchedEvent, EventBatch
from models.wire.event_chain import (
    ChainEvent,
    ChainEventError,
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

Changed = tuple[str, str]
"""A sitting and a room in which something changed."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch did: the answer for the box, and what changed."""

    ack: Ack
    changed: frozenset[Changed]


class _Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one event. `held`: central has it, so it gets a receipt. `forked`: tell the box our head."""

    held: Head | None = None
    forked: bool = False
    new: ChainEvent | None = None


class EventIntake(msgspec.Struct, frozen=True, kw_only=True):
    """Takes batches in; central's Ed25519 key signs the answers."""

    signing_key: Ed25519PrivateKey
    admissions: AdmissionOffice

    def take_batch(self, errand: Errand, batch: EventBatch) -> Taken:
        """Store what continues the box's chain, keep apart what does not, and say so."""
        fates: list[_Fate] = []
        growing: dict[tuple[int, int], bytes] = {}
        head = errand.head
        for item in batch.events:
            fate = self._judge(errand, head, item, growing)
            fates.append(fate)
            if fate.new is not None and fate.held is not None:
                head = fate.held
                growing[head.epoch, head.seq] = head.hash
        changed = self._store(errand, fates, batch.events)
        box_register.note_word(errand.connection, errand.box.box_id, errand.now, head)
        receipts = [self._receipt(errand, fate.held) for fate in fates if fate.held is not None]
        ack = self._ack(errand, batch.session, receipts, head, forked=any(fate.forked for fate in fates))
        return Taken(ack=ack, changed=changed)

    def greet(self, errand: Errand, session: str) -> Ack:
        """The answer to a hello: central's head with its receipt, so that a lost receipt is made good."""
        head = errand.head
        receipts = [] if head is None else [self._receipt(errand, head)]
        return self._ack(errand, session, receipts, head, forked=False)

    def _judge(
        self, errand: Errand, head: Head | None, item: BatchedEvent, growing: dict[tuple[int, int], bytes]
    ) -> _Fate:
        try:
            event = decode_event(item.body)
        except ChainEventError as error:
            errand.keep_apart(QuarantineReason.UNREADABLE, str(error), msgspec.json.encode(item))
            return _Fate(forked=True)
        if doubt := _doubt(errand, event, item):
            errand.keep_apart(*doubt, msgspec.json.encode(item))
            return _Fate()
        own = head_after(event, item.body)
        link = judge_link(head, event, own.hash, _held_at(errand, head, event, growing))
        match link:
            case Link.ALREADY_HELD:
                return _Fate(held=own)
            case Link.GAP:
                return _Fate()
            case Link.FORK | Link.STALE_EPOCH:
                reason = QuarantineReason.FORK if link is Link.FORK else QuarantineReason.STALE_EPOCH
                sentence = f"Event {event.epoch}/{event.seq} does not continue the chain that we hold: {link}."
                errand.keep_apart(reason, sentence, msgspec.json.encode(item))
                return _Fate(forked=True)
            case Link.CONTINUES | Link.NEW_EPOCH:
                return _Fate(held=own, new=event)
            case _:
                assert_never(link)

    def _store(self, errand: Errand, fates: list[_Fate], items: tuple[BatchedEvent, ...]) -> frozenset[Changed]:
        """Append what is new; enter answers at a desk that are here for the first time."""
        new = [(fate.new, item) for fate, item in zip(fates, items, strict=True) if fate.new is not None]
        first = event_log.append(errand.connection, [_log_row(errand, event, item) for event, item in new])
        entered: dict[bytes, Changed] = {}
        for event, item in new:
            if event.kind not in admission_register.DESK_KINDS or event.uuid not in first or event.uuid in entered:
                continue
            admission = self.admissions.admission_of(errand, event, item)
            if admission is not None:
                admission_register.enter(errand.connection, admission)
                entered[event.uuid] = (event.session, event.room)
        return frozenset(entered.values())

    def _receipt(self, errand: Errand, held: Head) -> SignedReceipt:
        receipt = Receipt(
            box_id=errand.box.box_id,
            epoch=held.epoch,
            seq=held.seq,
            event_hash=held.hash,
            received_at=errand.now,
        )
        return sign_receipt(receipt, self.signing_key)

    def _ack(
        self, errand: Errand, session: str, receipts: list[SignedReceipt], head: Head | None, *, forked: bool
    ) -> Ack:
        statement = HeadStatement(
            box_id=errand.box.box_id, session=session, head=head, forked=forked, stated_at=errand.now
        )
        return Ack(receipts=tuple(receipts), statement=sign_statement(statement, self.signing_key))


def _doubt(errand: Errand, event: ChainEvent, item: BatchedEvent) -> tuple[QuarantineReason, str] | None:
    """Why this event cannot be the sender's, if it cannot."""
    if event.box_id != errand.box.box_id:
        return QuarantineReason.WRONG_IDENTITY, "The event names another box than the topic."
    signed = SignedEvent(body=item.body, signature=item.signature)
    if not verify_signed_event(signed, Ed25519PublicKey.from_public_bytes(errand.box.chain_key)):
        return QuarantineReason.SIGNATURE_INVALID, "The registered chain key did not sign this event."
    return None


def _held_at(
    errand: Errand, head: Head | None, event: ChainEvent, growing: dict[tuple[int, int], bytes]
) -> bytes | None:
    """The hash in the event's place: in this batch, or in the log, which holds nothing beyond the head."""
    if head is None or (event.epoch, event.seq) > (head.epoch, head.seq):
        return None
    known = growing.get((event.epoch, event.seq))
    return known or event_log.hash_at(errand.connection, errand.box.box_id, event.epoch, event.seq)


def _log_row(errand: Errand, event: ChainEvent, item: BatchedEvent) -> NewEvent:
    return NewEvent(
        box_id=errand.box.box_id,
        epoch=event.epoch,
        seq=event.seq,
        hash=event_hash(item.body),
        uuid=event.uuid,
        kind=event.kind,
        event=item.body,
        signature=item.signature,
        received_at=errand.now,
        sealed=item.evidence,
    )
