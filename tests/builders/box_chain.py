"""A room box's chain for tests of the centre: real signatures, sealed evidence, and any mistake a test asks for."""

import uuid
from collections.abc import Iterable
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from models.admission import Light, ReasonCode
from models.clock import TimeQuality, to_unix_ms
from models.evidence import AdmissionEvidence, CardTrouble
from models.exams import Assurance, RosterBundle
from models.identifiers import BoxId, CandidateNumber, CitizenId
from models.messages import BatchedEvent, EventBatch, Hello
from models.wire.event_chain import (
    ChainEvent,
    EventKind,
    Head,
    encode_event,
    first_prev,
    head_after,
    sign_event,
)
from models.wire.evidence_seal import SealedEvidence, seal_evidence


class BoxChain:
    """Grows event by event; `batch` packs them as the box sends them."""

    def __init__(self, box_id: str, room: str, exam: str, session: str, at: datetime) -> None:
        self.box_id = BoxId(box_id)
        self.key = Ed25519PrivateKey.generate()
        self.head: Head | None = None
        self.room, self.exam, self.session = room, exam, session
        self.at = at
        self._epoch = 0
        self._parent: Head | None = None

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def event(  # what a test varies
        self,
        kind: EventKind = EventKind.BOX_STARTED,
        sealed: SealedEvidence | None = None,
        happening: bytes | None = None,
        reason: str = "",
    ) -> BatchedEvent:
        """The next link."""
        same_epoch = self.head is not None and self.head.epoch == self._epoch
        event = ChainEvent(
            box_id=self.box_id,
            epoch=self._epoch,
            seq=self.head.seq + 1 if self.head is not None and same_epoch else 0,
            prev=self.head.hash if self.head is not None and same_epoch else first_prev(self._epoch, self._parent),
            uuid=happening or uuid.uuid4().bytes,
            exam=self.exam,
            session=self.session,
            room=self.room,
            kind=kind,
            decision="automatic",
            wall_time_ms=to_unix_ms(self.at),
            boot=1,
            monotonic_ms=1,
            time_quality=TimeQuality.CENTRAL,
            commitment=sealed.commitment if sealed else None,
            evidence_hash=sealed.evidence_hash if sealed else None,
            actor="automatic",
            reason=reason,
            utc_offset_minutes=420,
        )
        return self.signed(event, sealed)

    def signed(self, event: ChainEvent, sealed: SealedEvidence | None = None) -> BatchedEvent:
        """Signs any event and takes it for the new head."""
        signed = sign_event(encode_event(event), self.key)
        self.head = head_after(event, signed.body)
        return BatchedEvent(body=signed.body, signature=signed.signature, evidence=sealed.sealed if sealed else None)

    def go_back_to(self, head: Head | None) -> None:
        """A card that forgot: the chain continues from an older link."""
        self.head = head

    def new_epoch(self, number: int, parent: Head | None) -> None:
        """The next event starts this epoch, grown from `parent`."""
        self._epoch, self._parent = number, parent

    def batch(self, events: Iterable[BatchedEvent], session: str = "s1") -> EventBatch:
        return EventBatch(session=session, epoch=self._epoch, base=0, events=tuple(events))

    def hello(self, session: str = "s1", rosters: dict[str, int] | None = None, room_plan: int | None = None) -> Hello:
        return Hello(
            session=session,
            software="0.1.0",
            head=self.head,
            rosters=rosters or {},
            time_quality=TimeQuality.CENTRAL,
            sent_at=self.at,
            waiting=0,
            reader="ok",
            camera="ok",
            room_plan=room_plan,
        )


def evidence_of(  # what a test varies
    number: str | None,
    citizen_id: str | None,
    seat: str | None,
    at: datetime,
    light: Light = Light.AMBER,
    reasons: tuple[ReasonCode, ...] = (ReasonCode.CARD_REMOVED,),
    trouble: CardTrouble | None = CardTrouble.REMOVED,
) -> AdmissionEvidence:
    """Evidence without a chip: unless a test says otherwise the card was pulled out and a person decided."""
    return AdmissionEvidence(
        salt=bytes(range(32)),
        candidate_number=CandidateNumber(number) if number else None,
        citizen_id=CitizenId(citizen_id) if citizen_id else None,
        seat=seat,
        card=None,
        trouble=trouble,
        face=None,
        seated_before=False,
        light=light,
        reasons=tuple(reasons),
        assurance=Assurance.MANUAL,
        profile="test-rules@1",
        decided_at=at,
    )


def sealed_for(bundle: RosterBundle | bytes, evidence: AdmissionEvidence) -> SealedEvidence:
    """Sealed to the centre, whose key the roster names."""
    key = bundle if isinstance(bundle, bytes) else bundle.evidence_key
    return seal_evidence(evidence, X25519PublicKey.from_public_bytes(key))


def altered(item: BatchedEvent, **changes: bytes | None) -> BatchedEvent:
    """The same packed event with other bytes in it."""
    return msgspec.structs.replace(item, **changes)
