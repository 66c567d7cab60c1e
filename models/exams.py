"""Exams, their rules, and the roster of one room and sitting as the box receives it.

Every rule of an exam is data in a versioned "quy chế" profile; a published version never changes.
"""

import hashlib
import hmac
from datetime import date, datetime
from enum import StrEnum

import msgspec

from models.face_profile import FaceProfile
from models.identifiers import BoxId, CandidateNumber, CitizenId, ExamId, RoomId, SessionId, Sex


class SecondCopyRule(StrEnum):
    """Whether an event must exist outside the box before its light may be green."""

    OFF = "off"
    PREFER = "prefer"
    REQUIRE = "require"


class FaceMode(StrEnum):
    """What the comparison with the camera is worth in this exam."""

    OFF = "off"
    ADVISE = "advise"
    REQUIRE_MANUAL = "require manual"


class Assurance(StrEnum):
    """How sure we are of who sits here; shown, stored and exported with every admission."""

    L_OFFLINE = "L-offline"
    L_ONLINE = "L-online"
    MANUAL = "manual"


class AfterExpiry(StrEnum):
    """What happens to the holder of an expired card."""

    ASK = "ask"
    REFUSE = "refuse"


class ExamProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A "quy chế" profile: the rules of an exam as data.

    `model_label` is free text ("Mô hình 22"); `allow_bac` permits the older chip access when a card has no PACE.
    """

    id: str
    version: str
    title: str
    model_label: str = ""
    candidates_per_room: int = 24
    candidate_number_pattern: str = "[0-9]{8}"
    face_mode: FaceMode = FaceMode.ADVISE
    second_copy: SecondCopyRule = SecondCopyRule.PREFER
    expired_card: AfterExpiry = AfterExpiry.ASK
    allow_bac: bool = False
    roster_hours: int = 24
    faces: FaceProfile

    @property
    def name(self) -> str:
        """Identity and version in one word, as stored with every decision."""
        return f"{self.id}@{self.version}"


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a roster. `photo` is a JPEG of the exam office, or None."""

    candidate_number: CandidateNumber
    full_name: str
    birth_date: date
    citizen_id: CitizenId
    seat: str
    sex: Sex | None = None
    photo: bytes | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody belongs instead."""

    room_name: str
    seat: str


class RoomSession(msgspec.Struct, frozen=True, kw_only=True):
    """One room in one sitting (ca thi). Instants are UTC."""

    exam_id: ExamId
    exam_name: str
    session_id: SessionId
    session_name: str
    room_id: RoomId
    room_name: str
    starts_at: datetime
    ends_at: datetime
    candidates: tuple[Candidate, ...]


class RosterBundle(msgspec.Struct, frozen=True, kw_only=True):
    """What a box needs to run one sitting alone.

    `elsewhere` finds the right room of a candidate who stands before the wrong one: its keys are `elsewhere_key` keyed
    digests of citizen numbers, so that the box does not hold the other rooms' numbers. `door_code_hash` is the Argon2id
    hash of the code with which the room's proctors sign in. `trust_anchors` are CSCA certificates in DER;
    `evidence_key` is central's X25519 public key (32 bytes) to which evidence is sealed. `card_trust` is the signed
    bundle of `models.wire.card_trust`, b"" where none was made; then the plain anchors count.
    """

    version: int
    box_id: BoxId
    issued_at: datetime
    good_until: datetime
    profile: ExamProfile
    session: RoomSession
    elsewhere_key: bytes
    elsewhere: dict[str, Place]
    door_code_hash: str
    trust_anchors: tuple[bytes, ...]
    evidence_key: bytes
    card_trust: bytes = b""


def elsewhere_digest(key: bytes, citizen_id: CitizenId) -> str:
    """The name under which a citizen number stands in `RosterBundle.elsewhere`: HMAC-SHA-256 in hex."""
    return hmac.new(key, citizen_id.encode("ascii"), hashlib.sha256).hexdigest()
