"""What happened at the box, before it has a place in its chain.

Not here: the chain's own words (`models.wire.event_chain`) and storing (`outbox`).
"""

import uuid

import msgspec

from models.clock import TimeQuality
from models.identifiers import CandidateNumber
from models.wire.event_chain import EventKind
from models.wire.evidence_seal import SealedEvidence


class SeatTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate is seated by this happening."""

    candidate_number: CandidateNumber
    seat: str


class SeatFreed(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier admission no longer counts."""

    candidate_number: CandidateNumber


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """Something to commit. Texts that do not apply stay empty.

    `uuid` (16 bytes) names it for ever: committing the same happening twice stores it once. `actor` is a pseudonym,
    `reason` a code. `seating` is remembered so that the box knows after a power cut who is seated.
    """

    kind: EventKind
    time_quality: TimeQuality
    uuid: bytes = msgspec.field(default_factory=lambda: uuid.uuid4().bytes)
    exam: str = ""
    session: str = ""
    room: str = ""
    decision: str = ""
    actor: str = ""
    reason: str = ""
    evidence: SealedEvidence | None = None
    seating: SeatTaken | SeatFreed | None = None
