"""May this candidate sit here? One function answers, on the box at once and at central again.

The answer is a colour, the reasons as codes, and what is known of the candidate. Sentences for people stand in
`edge.exam_desk.announcements`; whether the answer is safely stored is the desk's business. Nothing in here refuses
because of a face: a doubtful or different face asks a person (AMBER).
"""

import unicodedata
from enum import StrEnum

import msgspec

from models.chip.verdict import ChipJudgement, ChipVerdict
from models.evidence import CardHolder, CardTrouble, FaceDecision, FaceEvidence, QualityCode
from models.exams import AfterExpiry, Assurance, Candidate, FaceMode, Place, RosterBundle, elsewhere_digest


class Light(StrEnum):
    """The colour of an answer; shown with a shape and a word, never alone."""

    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"


class ReasonCode(StrEnum):
    """Why a light has its colour. The names are a contract: stored, exported, translated, never renamed."""

    ADMITTED = "ADMITTED"

    NO_ANCHOR_INSTALLED = "NO_ANCHOR_INSTALLED"
    CHIP_NOT_PROVEN = "CHIP_NOT_PROVEN"
    REVOCATION_UNKNOWN = "REVOCATION_UNKNOWN"
    CARD_EXPIRED = "CARD_EXPIRED"
    NAME_DIFFERS = "NAME_DIFFERS"
    BIRTH_DATE_DIFFERS = "BIRTH_DATE_DIFFERS"
    FACE_UNSURE = "FACE_UNSURE"
    FACE_DIFFERENT = "FACE_DIFFERENT"
    NO_FACE = "NO_FACE"
    SEVERAL_FACES = "SEVERAL_FACES"
    FACE_NOT_CLEAR = "FACE_NOT_CLEAR"
    PERSON_MUST_COMPARE = "PERSON_MUST_COMPARE"
    NO_SECOND_COPY = "NO_SECOND_COPY"
    CARD_REMOVED = "CARD_REMOVED"
    CHIP_UNREADABLE = "CHIP_UNREADABLE"
    WRONG_ACCESS_NUMBER = "WRONG_ACCESS_NUMBER"
    READER_FAULT = "READER_FAULT"

    WRONG_ROOM = "WRONG_ROOM"
    NOT_ON_LIST = "NOT_ON_LIST"
    ALREADY_SEATED = "ALREADY_SEATED"
    CHIP_ALTERED = "CHIP_ALTERED"
    ISSUER_UNKNOWN = "ISSUER_UNKNOWN"
    SIGNER_EXPIRED = "SIGNER_EXPIRED"
    SIGNER_REVOKED = "SIGNER_REVOKED"
    CHIP_CLONE_SUSPECTED = "CHIP_CLONE_SUSPECTED"
    CHIP_INCONSISTENT = "CHIP_INCONSISTENT"
    CHANNEL_BROKEN = "CHANNEL_BROKEN"
    EXPIRED_CARD_REFUSED = "EXPIRED_CARD_REFUSED"
    NOT_STORED = "NOT_STORED"


_RED = frozenset(
    {
        ReasonCode.WRONG_ROOM,
        ReasonCode.NOT_ON_LIST,
        ReasonCode.ALREADY_SEATED,
        ReasonCode.CHIP_ALTERED,
        ReasonCode.ISSUER_UNKNOWN,
        ReasonCode.SIGNER_EXPIRED,
        ReasonCode.SIGNER_REVOKED,
        ReasonCode.CHIP_CLONE_SUSPECTED,
        ReasonCode.CHIP_INCONSISTENT,
        ReasonCode.CHANNEL_BROKEN,
        ReasonCode.EXPIRED_CARD_REFUSED,
        ReasonCode.NOT_STORED,
    }
)

_OF_VERDICT = {
    ChipVerdict.NO_ANCHOR_INSTALLED: ReasonCode.NO_ANCHOR_INSTALLED,
    ChipVerdict.UNTRUSTED_ISSUER: ReasonCode.ISSUER_UNKNOWN,
    ChipVerdict.SIGNATURE_INVALID: ReasonCode.CHIP_ALTERED,
    ChipVerdict.HASH_MISMATCH: ReasonCode.CHIP_ALTERED,
    ChipVerdict.SIGNER_NOT_FOR_DOCUMENTS: ReasonCode.ISSUER_UNKNOWN,
    ChipVerdict.SIGNER_REVOKED: ReasonCode.SIGNER_REVOKED,
    ChipVerdict.SIGNER_EXPIRED: ReasonCode.SIGNER_EXPIRED,
    ChipVerdict.REVOCATION_UNKNOWN: ReasonCode.REVOCATION_UNKNOWN,
    ChipVerdict.CHIP_NOT_PROVEN: ReasonCode.CHIP_NOT_PROVEN,
    ChipVerdict.INCONSISTENT: ReasonCode.CHIP_INCONSISTENT,
    ChipVerdict.DOWNGRADE: ReasonCode.CHANNEL_BROKEN,
    ChipVerdict.CLONE_SUSPECT: ReasonCode.CHIP_CLONE_SUSPECTED,
    ChipVerdict.PARSE_ERROR: ReasonCode.CHIP_UNREADABLE,
}

_OF_TROUBLE = {
    CardTrouble.REMOVED: ReasonCode.CARD_REMOVED,
    CardTrouble.UNREADABLE: ReasonCode.CHIP_UNREADABLE,
    CardTrouble.WRONG_KEY: ReasonCode.WRONG_ACCESS_NUMBER,
    CardTrouble.READER_HUNG: ReasonCode.READER_FAULT,
    CardTrouble.READER_LOST: ReasonCode.READER_FAULT,
    CardTrouble.REFUSED_CHANNEL: ReasonCode.CHANNEL_BROKEN,
}

_OF_OBSTACLE = {
    QualityCode.NO_FACE: ReasonCode.NO_FACE,
    QualityCode.SEVERAL_FACES: ReasonCode.SEVERAL_FACES,
}


class CardAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the chip gave: a judgement and the holder it names (None when its data could not be parsed)."""

    judgement: ChipJudgement
    holder: CardHolder | None


class AdmissionQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known when the answer is due.

    `face` is None when the exam does not compare faces, or when the rest of the question already refused.
    """

    bundle: RosterBundle
    card: CardAnswer | CardTrouble
    face: FaceEvidence | None
    seated_before: bool


class AdmissionJudgement(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `reasons` is never empty, the gravest first; `right_place` only with WRONG_ROOM."""

    light: Light
    reasons: tuple[ReasonCode, ...]
    candidate: Candidate | None
    right_place: Place | None
    assurance: Assurance


def light_of(reason: ReasonCode) -> Light:
    """The colour that a reason alone gives."""
    if reason is ReasonCode.ADMITTED:
        return Light.GREEN
    return Light.RED if reason in _RED else Light.AMBER


def judge_admission(question: AdmissionQuestion) -> AdmissionJudgement:
    """The answer to one question; the same question always has the same answer.

    A chip that is not proven gives no assurance beyond what a person sees, so assurance is `manual` unless the chip is
    genuine and the light is green.
    """
    card = question.card
    if isinstance(card, CardTrouble):
        return _answer([_OF_TROUBLE[card]], None, None)
    if card.holder is None:
        return _answer([*_chip_reasons(card, question), ReasonCode.CHIP_UNREADABLE], None, None)
    candidate, right_place = _find(card.holder, question.bundle)
    reasons = _chip_reasons(card, question)
    if candidate is not None:
        reasons += _candidate_reasons(card.holder, candidate)
        if question.seated_before:
            reasons.append(ReasonCode.ALREADY_SEATED)
    else:
        reasons.append(ReasonCode.WRONG_ROOM if right_place else ReasonCode.NOT_ON_LIST)
    if question.face is not None or not any(light_of(reason) is Light.RED for reason in reasons):
        reasons += _face_reasons(question.face, question.bundle.profile.face_mode)
    return _answer(reasons, candidate, right_place)


def _answer(reasons: list[ReasonCode], candidate: Candidate | None, right_place: Place | None) -> AdmissionJudgement:
    gravest_first = sorted(dict.fromkeys(reasons), key=lambda reason: light_of(reason) is not Light.RED)
    if not gravest_first:
        return AdmissionJudgement(
            light=Light.GREEN,
            reasons=(ReasonCode.ADMITTED,),
            candidate=candidate,
            right_place=None,
            assurance=Assurance.L_OFFLINE,
        )
    return AdmissionJudgement(
        light=light_of(gravest_first[0]),
        reasons=tuple(gravest_first),
        candidate=candidate,
        right_place=right_place,
        assurance=Assurance.MANUAL,
    )


def _chip_reasons(card: CardAnswer, question: AdmissionQuestion) -> list[ReasonCode]:
    """The gravest verdict's reason, and that the card has expired, which no other verdict may hide."""
    gravest = card.judgement.verdict
    reasons = [] if gravest in {ChipVerdict.GENUINE, ChipVerdict.EXPIRED} else [_OF_VERDICT[gravest]]
    if ChipVerdict.EXPIRED in {gravest, *card.judgement.verdicts}:
        refuse = question.bundle.profile.expired_card is AfterExpiry.REFUSE
        reasons.append(ReasonCode.EXPIRED_CARD_REFUSED if refuse else ReasonCode.CARD_EXPIRED)
    return reasons


def _find(holder: CardHolder, bundle: RosterBundle) -> tuple[Candidate | None, Place | None]:
    if holder.citizen_id is None:
        return None, None
    for candidate in bundle.session.candidates:
        if candidate.citizen_id == holder.citizen_id:
            return candidate, None
    return None, bundle.elsewhere.get(elsewhere_digest(bundle.elsewhere_key, holder.citizen_id))


def _candidate_reasons(holder: CardHolder, candidate: Candidate) -> list[ReasonCode]:
    reasons = []
    if not _same_name(holder.name, candidate.full_name):
        reasons.append(ReasonCode.NAME_DIFFERS)
    if holder.birth_date is not None and holder.birth_date != candidate.birth_date:
        reasons.append(ReasonCode.BIRTH_DATE_DIFFERS)
    return reasons


def _face_reasons(face: FaceEvidence | None, mode: FaceMode) -> list[ReasonCode]:
    if mode is FaceMode.OFF:
        return []
    if mode is FaceMode.REQUIRE_MANUAL or face is None:
        return [ReasonCode.PERSON_MUST_COMPARE]
    match face.decision:
        case FaceDecision.MATCH:
            return []
        case FaceDecision.LOOK:
            return [ReasonCode.FACE_UNSURE]
        case FaceDecision.NO_MATCH:
            return [ReasonCode.FACE_DIFFERENT]
        case FaceDecision.NOT_COMPARED:
            obstacle = face.obstacles[0] if face.obstacles else None
            return [_OF_OBSTACLE.get(obstacle, ReasonCode.FACE_NOT_CLEAR) if obstacle else ReasonCode.FACE_NOT_CLEAR]


def latin_name(name: str) -> str:
    """A name as a machine readable zone writes it: A-Z, no marks, single spaces (ICAO Doc 9303-3 section 6)."""
    decomposed = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d"))
    letters = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return " ".join(letters.upper().replace("-", " ").replace("'", "").split())


def _same_name(machine_readable: str, full_name: str) -> bool:
    """Whether two names agree as far as a zone of thirty letters can tell: it may cut the end of a long name."""
    zone, whole = latin_name(machine_readable), latin_name(full_name)
    return zone == whole or (len(zone) >= 27 and whole.startswith(zone))
