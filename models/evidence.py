"""What was seen at the desk, in a form that someone else can judge again.

The box fills these, the outbox carries them, central judges them anew. There is no picture in here: of the portrait
only its file's digest travels, of the live face only scores.
"""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from models.identifiers import CandidateNumber, CitizenId, Sex


class AccessProtocol(StrEnum):
    """How the chip was opened (ICAO Doc 9303-11 section 4)."""

    PACE_CAN = "PACE-CAN"
    PACE_MRZ = "PACE-MRZ"
    BAC = "BAC"


class ChallengeBy(StrEnum):
    """Who chose the challenge of active authentication."""

    CENTRAL = "central"
    BOX = "box"
    """Central was out of reach. A box that lies could have chosen one whose answer it had."""


class ActiveAuthentication(msgspec.Struct, frozen=True, kw_only=True):
    """One run (ICAO Doc 9303-11 section 6.1). `challenge` has 8 bytes; `response` is b"" when the chip gave none."""

    challenge: bytes
    challenge_by: ChallengeBy
    response: bytes


class ChipAuthentication(msgspec.Struct, frozen=True, kw_only=True):
    """One run of version 1 (ICAO Doc 9303-11 section 6.2), for somebody else to compute again.

    `protocol` is the value of the object identifier, `key_id` the chosen key's (None: the only one), `private_key` our
    ephemeral key as an unsigned big-endian number. `answer` is the first answer under the new keys as it came (objects
    and status word), b"" when the chip gave none. A box that lies could have made it itself; only active
    authentication over central's challenge convinces somebody who does not trust the box.
    """

    protocol: bytes
    key_id: int | None
    private_key: bytes
    answer: bytes


class ChipMapping(msgspec.Struct, frozen=True, kw_only=True):
    """What PACE with chip authentication mapping showed (ICAO Doc 9303-11 section 4.4).

    `parameter_id` names the curve, `mapping_key` is the chip's public key of the mapping (04, x, y), `chip_data` the
    decrypted chip authentication data, b"" when the chip gave none; `ef_card_security` the signed file with its key.
    """

    parameter_id: int
    mapping_key: bytes
    chip_data: bytes
    ef_card_security: bytes


class CardEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """The chip's own words, unchanged: enough to repeat passive authentication.

    `data_groups` maps a data group number to the whole elementary file as read (tag and length included); the
    portrait's file (2) is never among them. `digests` maps the numbers of the files that stayed behind to their digest
    under the algorithm that the security object names. `read_at` is UTC. The three runs are None where they were not
    tried: the chip has no key for them, or one that we cannot compute with.
    """

    access: AccessProtocol
    ef_card_access: bytes
    security_object: bytes
    data_groups: dict[int, bytes]
    digests: dict[int, bytes]
    read_at: datetime
    chip_authentication: ChipAuthentication | None = None
    chip_mapping: ChipMapping | None = None
    active_authentication: ActiveAuthentication | None = None


class CardHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the machine readable zone names.

    Names are upper case Latin without diacritics, one space between words, family name first. `citizen_id` is None
    when the document carries none (a passport); dates are None when the zone leaves them open.
    """

    citizen_id: CitizenId | None
    document_number: str
    issuing_state: str
    name: str
    sex: Sex | None
    birth_date: date | None
    expiry_date: date | None


class CardTrouble(StrEnum):
    """Why a card could not be read to the end."""

    REMOVED = "removed"
    UNREADABLE = "unreadable"
    WRONG_KEY = "wrong key"
    READER_HUNG = "reader hung"
    READER_LOST = "reader lost"
    REFUSED_CHANNEL = "refused channel"
    """The card broke the secure channel: a plain answer, a wrong token, a replay. Never read on."""


class FaceDecision(StrEnum):
    """What the comparison says; none of these admits or refuses anybody by itself."""

    MATCH = "match"
    LOOK = "look"
    NO_MATCH = "no match"
    NOT_COMPARED = "not compared"


class QualityCode(StrEnum):
    """Why a frame was not used, named after ISO/IEC 29794-5 (OFIQ)."""

    NO_FACE = "no face"
    SEVERAL_FACES = "several faces"
    TOO_FAR = "head too small"
    TOO_DARK = "too dark"
    TOO_BRIGHT = "too bright"
    BACKLIT = "backlit"
    UNEVEN_LIGHT = "uneven light"
    TURNED_AWAY = "head turned"
    BLURRED = "not sharp"
    NO_PICTURE = "no picture"
    """The camera gave nothing."""


class Liveness(StrEnum):
    """Presentation attack detection (ISO/IEC 30107). Without its weights it is not checked, and said so."""

    NOT_CHECKED = "not checked"
    LIVE = "live"
    DOUBTFUL = "doubtful"


class FaceEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Scores of one comparison between portrait and camera.

    `similarity` is the cosine between the embeddings (-1 to 1), `minus_log10_fmr` its place on the calibrated curve of
    false match rates; both None when nothing was compared. `obstacles` lists why frames were passed over, the commonest
    first. `weights` maps file names to SHA-256 in hex. `profile` names the face profile and its version.
    """

    decision: FaceDecision
    similarity: float | None
    minus_log10_fmr: float | None
    frames_used: int
    frames_seen: int
    obstacles: tuple[QualityCode, ...]
    liveness: Liveness
    matcher: str
    weights: dict[str, str]
    profile: str


class AdmissionEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that stood behind one decision at the desk, for central to judge again.

    `salt` (32 bytes) keys the event's commitment and leaves with the personal fields when they are erased.
    `seated_before` says whether the box already held this candidate as seated. `reasons` are the codes that the box
    gave, `light` its colour.
    """

    salt: bytes
    candidate_number: CandidateNumber | None
    citizen_id: CitizenId | None
    seat: str | None
    card: CardEvidence | None
    trouble: CardTrouble | None
    face: FaceEvidence | None
    seated_before: bool
    light: str
    reasons: tuple[str, ...]
    assurance: str
    profile: str
    decided_at: datetime
