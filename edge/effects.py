"""What the desk asks for. The agent carries these out; the desk itself touches nothing."""

from dataclasses import dataclass

from models.admission import AdmissionJudgement
from models.evidence import CardEvidence, CardTrouble, FaceEvidence
from models.face_profile import FaceProfile
from models.wire.event_chain import EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCard:
    """Read the chip that lies on the reader, opening it with this access number (CAN, six digits).

    `allow_bac` is the exam's word on chips without PACE.
    """

    access_number: str
    allow_bac: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtCamera:
    """Begin to look at the person at the camera while the chip is still being read."""

    profile: FaceProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareFace:
    """Compare the person at the camera with this picture file of data group 2, by the exam's face profile."""

    portrait: bytes
    profile: FaceProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class StopComparing:
    """Whoever is at the camera now is no longer asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Commit what was decided, durably, and answer `Stored` or `NotStored` with the ticket.

    `decision` says who decided: `automatic`, `confirmed`, `declined` or `undecided`.
    """

    ticket: int
    kind: EventKind
    decision: str
    judgement: AdmissionJudgement
    card: CardEvidence | None
    trouble: CardTrouble | None
    face: FaceEvidence | None
    seated_before: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitSecondCopy:
    """Answer `SecondCopyMade` when the event exists elsewhere, `SecondCopyLate` when that takes too long."""

    ticket: int


Effect = ReadCard | LookAtCamera | CompareFace | StopComparing | Store | AwaitSecondCopy
