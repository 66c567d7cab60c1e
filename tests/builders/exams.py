"""Rosters, cards and faces for tests, each varied by what the test names."""

from datetime import UTC, date, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from models.chip.verdict import ChipJudgement, ChipVerdict
from models.evidence import (
    AccessProtocol,
    CardEvidence,
    CardHolder,
    FaceDecision,
    FaceEvidence,
    Liveness,
    QualityCode,
)
from models.exams import (
    AfterExpiry,
    Candidate,
    ExamProfile,
    FaceMode,
    Place,
    RoomSession,
    RosterBundle,
    SecondCopyRule,
    elsewhere_digest,
)
from models.face_profile import Anchor, FaceProfile
from models.identifiers import BoxId, CandidateNumber, CitizenId, ExamId, RoomId, SessionId, Sex

SEVEN_O_CLOCK = datetime(2026, 6, 11, 0, 0, tzinfo=UTC)
ELSEWHERE_KEY = bytes(range(32))
AN = CitizenId("001208012345")
STRANGER = CitizenId("001208099999")
NEIGHBOUR = CitizenId("001308054321")

FACES = FaceProfile(
    id="test-faces",
    version="1",
    matcher="sface",
    frames=3,
    match_from=0.451,
    look_from=0.28,
    anchors=(Anchor(similarity=0.31, minus_log10_fmr=2.0), Anchor(similarity=0.451, minus_log10_fmr=4.0)),
    fitted_on="nothing; for tests",
)


def profile(
    *,
    second_copy: SecondCopyRule = SecondCopyRule.PREFER,
    face_mode: FaceMode = FaceMode.ADVISE,
    expired_card: AfterExpiry = AfterExpiry.ASK,
) -> ExamProfile:
    return ExamProfile(
        id="test-rules",
        version="1",
        title="Quy chế thử",
        second_copy=second_copy,
        face_mode=face_mode,
        expired_card=expired_card,
        faces=FACES,
    )


def candidate(index: int = 0, citizen_id: CitizenId = AN, full_name: str = "Nguyễn Văn An") -> Candidate:
    return Candidate(
        candidate_number=CandidateNumber(f"0100{index:04d}"),
        full_name=full_name,
        birth_date=date(2008, 9, 3),
        citizen_id=citizen_id,
        seat=f"{index + 1:02d}",
    )


def bundle(rules: ExamProfile | None = None, candidates: tuple[Candidate, ...] | None = None) -> RosterBundle:
    return RosterBundle(
        version=1,
        box_id=BoxId("box-101"),
        issued_at=SEVEN_O_CLOCK - timedelta(hours=12),
        good_until=SEVEN_O_CLOCK + timedelta(hours=12),
        profile=rules or profile(),
        session=RoomSession(
            exam_id=ExamId("exam-1"),
            exam_name="Thi thử",
            session_id=SessionId("ca-1"),
            session_name="Ca 1",
            room_id=RoomId("P101"),
            room_name="Phòng 101",
            starts_at=SEVEN_O_CLOCK + timedelta(minutes=30),
            ends_at=SEVEN_O_CLOCK + timedelta(hours=2),
            candidates=candidates or (candidate(),),
        ),
        elsewhere_key=ELSEWHERE_KEY,
        elsewhere={elsewhere_digest(ELSEWHERE_KEY, NEIGHBOUR): Place(room_name="Phòng 102", seat="07")},
        door_code_hash="",
        trust_anchors=(),
        evidence_key=X25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().public_bytes_raw(),
    )


def holder(citizen_id: CitizenId | None = AN, name: str = "NGUYEN VAN AN") -> CardHolder:
    return CardHolder(
        citizen_id=citizen_id,
        document_number="208012345",
        issuing_state="VNM",
        name=name,
        sex=Sex.MALE,
        birth_date=date(2008, 9, 3),
        expiry_date=date(2033, 9, 3),
    )


def card_evidence() -> CardEvidence:
    return CardEvidence(
        access=AccessProtocol.PACE_CAN,
        ef_card_access=b"access",
        security_object=b"sod",
        data_groups={1: b"dg1"},
        digests={2: bytes(32)},
        read_at=SEVEN_O_CLOCK,
    )


def chip(verdict: ChipVerdict = ChipVerdict.GENUINE) -> ChipJudgement:
    return ChipJudgement(verdict=verdict, checks=())


def face(decision: FaceDecision = FaceDecision.MATCH, obstacles: tuple[QualityCode, ...] = ()) -> FaceEvidence:
    compared = decision is not FaceDecision.NOT_COMPARED
    return FaceEvidence(
        decision=decision,
        similarity=0.8 if compared else None,
        minus_log10_fmr=4.0 if compared else None,
        frames_used=3 if compared else 0,
        frames_seen=5,
        obstacles=obstacles,
        liveness=Liveness.NOT_CHECKED,
        matcher="sface",
        weights={},
        profile="test-faces@1",
    )
