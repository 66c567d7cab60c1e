"""From a desk's event to a row of the admission register: open the evidence, judge it again, say what differs."""

import logging
import re
import traceback
from datetime import datetime
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy.exc import DBAPIError

from central.errand import Errand
from central.registers import card_challenges
from central.registers.admission_register import Admission, JudgedAgain
from central.registers.card_challenges import ChallengeUse, Reading
from central.registers.quarantine import QuarantineReason
from central.roster_shelf import RosterShelf
from central.second_judgement import judge_again
from models.chip.trust_store import TrustStore
from models.clock import from_unix_ms
from models.evidence import AdmissionEvidence, ChallengeBy
from models.messages import BatchedEvent
from models.wire.event_chain import ChainEvent
from models.wire.evidence_seal import EvidenceSealError, commitment_of, open_evidence

log = logging.getLogger(__name__)

_ACTIVE_KEY: Final = 15
"""The data group with the key for active authentication."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class AdmissionOffice(msgspec.Struct, frozen=True, kw_only=True):
    """Reads evidence with central's X25519 key and judges it with central's own anchors."""

    evidence_key: X25519PrivateKey
    trust: TrustStore
    shelf: RosterShelf = msgspec.field(default_factory=RosterShelf)

    def admission_of(self, errand: Errand, event: ChainEvent, item: BatchedEvent) -> Admission | None:
        """The row for an answer at a desk. Evidence that cannot be believed goes to quarantine; the row stays bare.

        The same when we fail on the evidence ourselves: one answer must not hold up the box's chain.
        None when the box speaks of a room that was never its own: the event stays in the log and in quarantine.
        """
        if event.room != errand.box.room_id:
            at = _happened_at(errand, event)
            handed = self.shelf.take(errand.connection, errand.box.box_id, event.session, at)
            if handed is None or handed.session.room_id != event.room:
                sentence = "The box speaks of a room for which it never had a roster."
                errand.keep_apart(QuarantineReason.OTHER_ROOM, sentence, msgspec.json.encode(item))
                return None
        bare = Admission(
            uuid=event.uuid,
            box_id=errand.box.box_id,
            exam_id=event.exam,
            session_id=event.session,
            room_id=event.room,
            kind=event.kind,
            actor=event.actor,
            reason=event.reason,
            happened_at=_happened_at(errand, event),
            received_at=errand.now,
        )
        try:
            evidence = self._open(errand, event, item)
            return bare if evidence is None else self._judged(errand, _told(bare, evidence), evidence)
        except DBAPIError:
            raise  # the transaction itself has failed
        except Exception as error:  # noqa: BLE001 whatever a box may send; the message could hold personal values
            place = traceback.extract_tb(error.__traceback__)[-1]
            log.error("Judging again failed: %s at %s:%s", type(error).__name__, place.filename, place.lineno)  # noqa: TRY400 as above
            sentence = "Central failed on this evidence; see its log. The event counts, its evidence is not judged."
            errand.keep_apart(QuarantineReason.CENTRAL_FAULT, sentence, item.evidence or item.body)
            return bare

    def _open(self, errand: Errand, event: ChainEvent, item: BatchedEvent) -> AdmissionEvidence | None:
        """The evidence, if it is there, sealed to us, what the event names, and about whom the event committed to."""
        if event.evidence_hash is None:
            return None
        if item.evidence is None:
            sentence = "The event names evidence, and none came with it."
            errand.keep_apart(QuarantineReason.EVIDENCE_MISSING, sentence, item.body)
            return None
        try:
            evidence = open_evidence(item.evidence, self.evidence_key, event.evidence_hash)
        except EvidenceSealError as error:
            errand.keep_apart(QuarantineReason.EVIDENCE_UNREADABLE, str(error), item.evidence)
            return None
        if commitment_of(evidence) != event.commitment:
            sentence = "The evidence names other people than the event committed to."
            errand.keep_apart(QuarantineReason.EVIDENCE_ALTERED, sentence, item.evidence)
            return None
        if _CONTROL.search("".join(_texts(evidence))):
            sentence = "A text of the evidence has control characters in it."
            errand.keep_apart(QuarantineReason.EVIDENCE_UNREADABLE, sentence, item.evidence)
            return None
        return evidence

    def _judged(self, errand: Errand, admission: Admission, evidence: AdmissionEvidence) -> Admission:
        box_id, session_id = admission.box_id, admission.session_id
        bundle = self.shelf.take(errand.connection, box_id, session_id, evidence.decided_at)
        if bundle is None:
            return admission
        doubt = _challenge_doubt(errand, session_id, evidence)
        if doubt is not None:
            errand.keep_apart(QuarantineReason.CHALLENGE_FALSE, doubt, msgspec.json.encode((admission.uuid, doubt)))
        if doubt is not None or _shows_no_signature(evidence):
            evidence = _without_proofs(evidence)
        second = judge_again(evidence, bundle, self.trust)
        return msgspec.structs.replace(
            admission,
            judged_again=JudgedAgain.SAME if second.agrees and doubt is None else JudgedAgain.DIFFERENT,
            central_light=second.light,
            central_reasons=tuple(second.reasons),
            central_chip_verdict=second.chip,
        )


_DOUBTS: Final = {
    ChallengeUse.UNKNOWN: "The box names a challenge for the chip that central never gave it, or took back.",
    ChallengeUse.OTHER_BOX: "The box names a challenge for the chip that central gave to another box.",
    ChallengeUse.USED_BEFORE: "The box shows a challenge for the chip that already served another reading.",
    ChallengeUse.NOT_YET_HANDED: "The box says that it decided before central gave it the challenge for the chip.",
    ChallengeUse.STALE: "The box shows a challenge for the chip that central gave it more than a day before.",
    ChallengeUse.FROM_THE_FUTURE: "The box says that it decided later than its answer came. Its clock may be wrong.",
}


def _challenge_doubt(errand: Errand, session_id: str, evidence: AdmissionEvidence) -> str | None:
    """Why the challenge cannot be central's own, unused one, or the box's own was shown before; None otherwise.

    One reading may stand behind several answers of one sitting, so it counts as the same while the chip's answer is.
    """
    run = evidence.card.active_authentication if evidence.card is not None else None
    if run is None:
        return None
    reading = Reading(
        mark=session_id.encode() + b"\n" + run.response, decided_at=evidence.decided_at, received_at=errand.now
    )
    if run.challenge_by is ChallengeBy.BOX:
        pair = run.challenge + b"\n" + run.response
        return _DOUBTS.get(card_challenges.note_own(errand.connection, errand.box.box_id, pair, reading))
    return _DOUBTS.get(card_challenges.use(errand.connection, errand.box.box_id, run.challenge, reading))


def _shows_no_signature(evidence: AdmissionEvidence) -> bool:
    """A chip that can sign, and no answer of it: whatever else the box shows it could have written by itself."""
    card = evidence.card
    return card is not None and _ACTIVE_KEY in card.data_groups and card.active_authentication is None


def _without_proofs(evidence: AdmissionEvidence) -> AdmissionEvidence:
    """What a box could have written by itself is not believed: none of the runs."""
    if evidence.card is None:
        return evidence
    card = msgspec.structs.replace(
        evidence.card, active_authentication=None, chip_authentication=None, chip_mapping=None
    )
    return msgspec.structs.replace(evidence, card=card)


def _happened_at(errand: Errand, event: ChainEvent) -> datetime:
    """When the box says that it happened; when it came, where the box names no instant of the calendar."""
    try:
        return from_unix_ms(event.wall_time_ms)
    except OverflowError:
        return errand.now


def _texts(evidence: AdmissionEvidence) -> list[str]:
    """The texts that go into the row as they are."""
    perhaps = (evidence.candidate_number, evidence.citizen_id, evidence.seat)
    return [*(text for text in perhaps if text), evidence.light, evidence.assurance, *evidence.reasons]


def _told(bare: Admission, evidence: AdmissionEvidence) -> Admission:
    face = evidence.face
    return msgspec.structs.replace(
        bare,
        candidate_number=evidence.candidate_number,
        citizen_id=evidence.citizen_id,
        seat=evidence.seat,
        light=evidence.light,
        reasons=evidence.reasons,
        assurance=evidence.assurance,
        face_decision=face.decision if face else None,
        similarity=face.similarity if face else None,
        minus_log10_fmr=face.minus_log10_fmr if face else None,
    )
