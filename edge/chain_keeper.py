"""Grows the box's chain: the next link, and the rules a and b when central's record and ours disagree.

Not here: durability and threads (`outbox`), the rows (`outbox_tables`). Callers hold the transaction.
"""

import logging
from datetime import datetime
from enum import StrEnum

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.happenings import Happening
from edge.outbox_tables import OutboxTables, StoredEvent
from models.clock import SCHOOL_ZONE, Clock, TimeQuality, to_unix_ms
from models.identifiers import BoxId
from models.wire.event_chain import (
    ChainEvent,
    EventKind,
    Head,
    Link,
    decode_event,
    encode_event,
    first_prev,
    judge_link,
    sign_event,
)

_log = logging.getLogger(__name__)


class Meeting(StrEnum):
    """What central's head meant for this box."""

    IN_STEP = "in step"
    SENDING_AGAIN = "sending again"
    """Central no longer holds events that it had acknowledged: they wait again. An alarm."""
    NEW_EPOCH = "new epoch"
    """Central holds another branch (rules a and b): the chain grew anew from its head. An alarm."""


class ChainKeeper:
    """Writes links in the name of one box."""

    def __init__(self, box_id: BoxId, key: Ed25519PrivateKey, clock: Clock) -> None:
        self._box_id = box_id
        self._key = key
        self._clock = clock

    def add(self, happening: Happening, tables: OutboxTables, now: datetime) -> StoredEvent:
        """Stores the happening as the next link. `now` is UTC. Raises ChainEventError on a field out of its bounds."""
        head = tables.head()
        place = (head.epoch, head.seq + 1, head.hash) if head else (0, 0, first_prev(0, None))
        return self._place(self._event(happening, tables.boot(), now), place, happening, tables)

    def meet(self, central_head: Head | None, tables: OutboxTables) -> Meeting:
        """Puts the box in step with central's own head of it (None: central holds nothing).

        If our chain continues that head, whatever follows it waits to be sent. Else a new epoch grows from it.
        """
        if central_head is None and tables.head() is None:
            return Meeting.IN_STEP
        held = tables.at(central_head.epoch, central_head.seq) if central_head else None
        if central_head and held and held.hash == central_head.hash:
            successor = tables.next_after(held.position)
            if successor is None:
                return Meeting.IN_STEP
            heirs = [successor]
        else:
            held = None
            heirs = tables.first_links()
        for heir in heirs:
            judged = judge_link(central_head, decode_event(heir.body), heir.hash, None)
            if judged in (Link.CONTINUES, Link.NEW_EPOCH):
                return Meeting.SENDING_AGAIN if tables.wait_from(heir.position) else Meeting.IN_STEP
        if held is not None:
            tables.wait_from(held.position + 1)
        self._grow_from(central_head, tables)
        return Meeting.NEW_EPOCH

    def _grow_from(self, central_head: Head | None, tables: OutboxTables) -> None:
        """Starts a new epoch: an `epoch started` link on central's head, then all that waits, with the same UUIDs.

        The old links are kept as superseded (rule e: the UUID counts once).
        """
        own = tables.head()
        epoch = max((head.epoch for head in (own, central_head) if head), default=-1) + 1
        survivors = tables.waiting(limit=-1, after=0)
        for old in survivors:
            tables.supersede(old)
        reason = "fork" if own else "empty card"
        opening = Happening(kind=EventKind.EPOCH_STARTED, time_quality=TimeQuality.NONE, reason=reason)
        first = self._event(opening, tables.boot(), self._clock.now())
        last = self._place(first, (epoch, 0, first_prev(epoch, central_head)), opening, tables)
        for old in survivors:
            last = self._carry_over(old, last, tables)
        _log.warning("The chain grew anew as epoch %d (%s); %d events carried over.", epoch, reason, len(survivors))

    def _carry_over(self, old: StoredEvent, last: StoredEvent, tables: OutboxTables) -> StoredEvent:
        event = msgspec.structs.replace(decode_event(old.body), epoch=last.epoch, seq=last.seq + 1, prev=last.hash)
        return tables.append(event, sign_event(encode_event(event), self._key), old.evidence, again=True)

    def _place(
        self, event: ChainEvent, place: tuple[int, int, bytes], happening: Happening, tables: OutboxTables
    ) -> StoredEvent:
        epoch, seq, prev = place
        event = msgspec.structs.replace(event, epoch=epoch, seq=seq, prev=prev)
        evidence = happening.evidence.sealed if happening.evidence else None
        return tables.append(event, sign_event(encode_event(event), self._key), evidence, again=False)

    def _event(self, happening: Happening, boot: int, now: datetime) -> ChainEvent:
        offset = now.astimezone(SCHOOL_ZONE).utcoffset()
        return ChainEvent(
            box_id=self._box_id,
            epoch=0,
            seq=0,
            prev=first_prev(0, None),
            uuid=happening.uuid,
            exam=happening.exam,
            session=happening.session,
            room=happening.room,
            kind=happening.kind,
            decision=happening.decision,
            wall_time_ms=to_unix_ms(now),
            boot=boot,
            monotonic_ms=self._clock.monotonic_ms(),
            time_quality=happening.time_quality,
            commitment=happening.evidence.commitment if happening.evidence else None,
            evidence_hash=happening.evidence.evidence_hash if happening.evidence else None,
            actor=happening.actor,
            reason=happening.reason,
            utc_offset_minutes=int(offset.total_seconds()) // 60 if offset else 0,
        )
