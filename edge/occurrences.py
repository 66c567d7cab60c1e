"""What can happen to a box, as the agent's inbox receives it.

Everything that the desk learns comes as one of these; workers turn their library's words into them. Pictures travel as
bytes in memory and are never stored.
"""

from dataclasses import dataclass, field
from datetime import datetime

from models.chip.verdict import ChipJudgement
from models.evidence import CardEvidence, CardHolder, CardTrouble, FaceEvidence, QualityCode
from models.exams import RosterBundle
from models.identifiers import CandidateNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened:
    """A roster is there. `seated` maps the numbers of those already admitted, for instance before a power cut."""

    bundle: RosterBundle
    seated: dict[CandidateNumber, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosed:
    """No roster that the box holds may be worked from any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGiven:
    """Six digits that open a card: scanned, typed, or known from the roster row that the proctor called."""

    access_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLaid:
    """A card lies on the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTaken:
    """The reader is empty again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingAdvanced:
    """How far the reading of the chip has come: `share` from 0 to 1."""

    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRead:
    """The chip gave everything. `portrait` is the picture file of data group 2, `portrait_jpeg` the same for a page.

    `transport_ms` is how long reader and card were waited for.
    """

    evidence: CardEvidence
    judgement: ChipJudgement
    holder: CardHolder | None
    portrait: bytes = field(repr=False)
    portrait_jpeg: bytes | None = field(repr=False)
    transport_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNotRead:
    """The chip could not be read to the end; nothing of it is kept."""

    trouble: CardTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceObstructed:
    """The camera is looking but cannot use what it sees; None when it is fine again."""

    obstacle: QualityCode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceMeasured:
    """The comparison ended, with or without a score. `snapshot_jpeg` is the best live picture, for the screen only."""

    evidence: FaceEvidence
    snapshot_jpeg: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The proctor's one key: seat this candidate. `question` is what the page showed, None what is asked now."""

    question: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """The proctor does not seat this candidate; `question` as in `Confirmed`."""

    question: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The event of this number was durably committed on the box at that instant (UTC)."""

    ticket: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotStored:
    """The event of this number could not be committed; no light may turn green."""

    ticket: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondCopyMade:
    """The event of this number exists outside this box."""

    ticket: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondCopyLate:
    """The time to wait for a second copy is over."""

    ticket: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreReopened:
    """The box's store was reopened and found whole after a failure."""


Occurrence = (
    SessionOpened
    | SessionClosed
    | CodeGiven
    | CardLaid
    | CardTaken
    | ReadingAdvanced
    | CardRead
    | CardNotRead
    | FaceObstructed
    | FaceMeasured
    | Confirmed
    | Declined
    | Stored
    | NotStored
    | SecondCopyMade
    | SecondCopyLate
    | StoreReopened
)
