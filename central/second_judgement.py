"""The same evidence, judged again at the centre with the same functions as at the desk.

Nothing is corrected here: the box has decided, central says whether it would have answered the same. Not here: opening
evidence and storing the answer (`event_intake`).
"""

from typing import Final

import msgspec

from models.admission import AdmissionQuestion, CardAnswer, Light, ReasonCode, judge_admission
from models.chip.data_groups import read_holder
from models.chip.passive_authentication import judge_chip
from models.chip.tlv import ParseError
from models.chip.trust_store import TrustStore
from models.chip.verdict import ChipVerdict
from models.evidence import AdmissionEvidence, CardEvidence, CardHolder, CardTrouble, FaceEvidence
from models.exams import RosterBundle
from models.face_profile import FaceProfile, assess_similarity

ONLY_THE_BOX_KNOWS: Final = frozenset({ReasonCode.NO_SECOND_COPY, ReasonCode.NOT_STORED})
"""Reasons of storing at the box; evidence cannot show them."""


class SecondJudgement(msgspec.Struct, frozen=True, kw_only=True):
    """Central's answer. `chip` is None when no chip was read; `agrees` compares light and reasons with the box's."""

    light: Light
    reasons: tuple[ReasonCode, ...]
    chip: ChipVerdict | None
    agrees: bool


def judge_again(evidence: AdmissionEvidence, bundle: RosterBundle, trust: TrustStore) -> SecondJudgement:
    """Central's answer to the question that the desk had, at the instant when the desk decided."""
    answer: CardAnswer | CardTrouble
    if evidence.card is not None:
        judgement = judge_chip(evidence.card, trust, evidence.decided_at)
        answer = CardAnswer(judgement=judgement, holder=_holder(evidence.card))
        chip = judgement.verdict
    else:
        answer = evidence.trouble or CardTrouble.UNREADABLE
        chip = None
    judged = judge_admission(
        AdmissionQuestion(
            bundle=bundle,
            card=answer,
            face=_assessed_again(evidence.face, bundle.profile.faces),
            seated_before=evidence.seated_before,
        )
    )
    theirs = {reason for reason in evidence.reasons if reason not in ONLY_THE_BOX_KNOWS}
    same_person = evidence.candidate_number == (judged.candidate.candidate_number if judged.candidate else None)
    agrees = judged.light == evidence.light and set(judged.reasons) == theirs and same_person
    return SecondJudgement(light=judged.light, reasons=judged.reasons, chip=chip, agrees=agrees)


def _holder(card: CardEvidence) -> CardHolder | None:
    try:
        return read_holder(card.data_groups[1])
    except (KeyError, ParseError):
        return None


def _assessed_again(face: FaceEvidence | None, profile: FaceProfile) -> FaceEvidence | None:
    """The face evidence with the decision that the exam's profile gives to its similarity."""
    if face is None or face.similarity is None:
        return face
    decision, minus_log10_fmr = assess_similarity(face.similarity, profile)
    return msgspec.structs.replace(face, decision=decision, minus_log10_fmr=minus_log10_fmr)
