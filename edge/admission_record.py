"""From what the desk decided to what the outbox stores: the event's words and the sealed evidence behind it."""

import secrets
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from edge.effects import Store
from edge.happenings import Happening, SeatTaken
from models.clock import TimeQuality
from models.evidence import AdmissionEvidence
from models.exams import RosterBundle
from models.wire.event_chain import EventKind
from models.wire.evidence_seal import EvidenceSealError, SealedEvidence, seal_evidence


def happening_of(store: Store, bundle: RosterBundle, decided_at: datetime, time_quality: TimeQuality) -> Happening:
    """The happening to commit for a decision at `decided_at` (UTC).

    Personal fields are only in the evidence, sealed to central's key in the roster. Raises EvidenceSealError when that
    key cannot be used.
    """
    candidate = store.judgement.candidate
    session = bundle.session
    evidence = AdmissionEvidence(
        salt=secrets.token_bytes(32),
        candidate_number=candidate.candidate_number if candidate else None,
        citizen_id=candidate.citizen_id if candidate else None,
        seat=candidate.seat if candidate else None,
        card=store.card,
        trouble=store.trouble,
        face=store.face,
        seated_before=store.seated_before,
        light=store.judgement.light,
        reasons=tuple(store.judgement.reasons),
        assurance=store.judgement.assurance,
        profile=bundle.profile.name,
        decided_at=decided_at,
    )
    seating = None
    if candidate is not None and store.kind is EventKind.ADMITTED:
        seating = SeatTaken(candidate_number=candidate.candidate_number, seat=candidate.seat)
    return Happening(
        kind=store.kind,
        time_quality=time_quality,
        exam=session.exam_id,
        session=session.session_id,
        room=session.room_id,
        decision=store.decision,
        actor="proctor" if store.decision in {"confirmed", "declined"} else "automatic",
        reason=store.judgement.reasons[0],
        evidence=_sealed(evidence, X25519PublicKey.from_public_bytes(bundle.evidence_key)),
        seating=seating,
    )


def _sealed(evidence: AdmissionEvidence, key: X25519PublicKey) -> SealedEvidence:
    """A chip with monstrous files must not keep its own refusal out of the log: then only the files stay out."""
    try:
        return seal_evidence(evidence, key)
    except EvidenceSealError:
        return seal_evidence(msgspec.structs.replace(evidence, card=None), key)
