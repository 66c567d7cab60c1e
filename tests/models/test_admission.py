"""The rule of admission: each fact that is known changes the answer as the exam office expects."""

import pytest

from models.admission import (
    AdmissionJudgement,
    AdmissionQuestion,
    CardAnswer,
    Light,
    ReasonCode,
    judge_admission,
    latin_name,
    light_of,
)
from models.chip.passive_authentication import PRECEDENCE
from models.chip.verdict import ChipJudgement, ChipVerdict
from models.evidence import CardHolder, CardTrouble, FaceDecision, FaceEvidence, QualityCode
from models.exams import AfterExpiry, Assurance, FaceMode, RosterBundle
from tests.builders import exams


def judge(
    *,
    verdict: ChipVerdict = ChipVerdict.GENUINE,
    holder: CardHolder | None = None,
    face: FaceEvidence | None = None,
    bundle: RosterBundle | None = None,
    seated_before: bool = False,
) -> AdmissionJudgement:
    return judge_admission(
        AdmissionQuestion(
            bundle=bundle or exams.bundle(),
            card=CardAnswer(judgement=exams.chip(verdict), holder=holder or exams.holder()),
            face=face or exams.face(),
            seated_before=seated_before,
        )
    )


def test_the_right_person_with_a_genuine_card_is_admitted_without_a_question() -> None:
    answer = judge()
    assert (answer.light, answer.reasons) == (Light.GREEN, (ReasonCode.ADMITTED,))
    assert answer.assurance is Assurance.L_OFFLINE
    assert answer.candidate is not None
    assert answer.candidate.seat == "01"


@pytest.mark.parametrize(
    ("verdict", "light", "reason"),
    [
        (ChipVerdict.NO_ANCHOR_INSTALLED, Light.AMBER, ReasonCode.NO_ANCHOR_INSTALLED),
        (ChipVerdict.EXPIRED, Light.AMBER, ReasonCode.CARD_EXPIRED),
        (ChipVerdict.UNTRUSTED_ISSUER, Light.RED, ReasonCode.ISSUER_UNKNOWN),
        (ChipVerdict.HASH_MISMATCH, Light.RED, ReasonCode.CHIP_ALTERED),
        (ChipVerdict.SIGNATURE_INVALID, Light.RED, ReasonCode.CHIP_ALTERED),
        (ChipVerdict.SIGNER_NOT_FOR_DOCUMENTS, Light.RED, ReasonCode.ISSUER_UNKNOWN),
        (ChipVerdict.SIGNER_REVOKED, Light.RED, ReasonCode.SIGNER_REVOKED),
        (ChipVerdict.REVOCATION_UNKNOWN, Light.AMBER, ReasonCode.REVOCATION_UNKNOWN),
        (ChipVerdict.CHIP_NOT_PROVEN, Light.AMBER, ReasonCode.CHIP_NOT_PROVEN),
        (ChipVerdict.SIGNER_EXPIRED, Light.RED, ReasonCode.SIGNER_EXPIRED),
        (ChipVerdict.CLONE_SUSPECT, Light.RED, ReasonCode.CHIP_CLONE_SUSPECTED),
        (ChipVerdict.INCONSISTENT, Light.RED, ReasonCode.CHIP_INCONSISTENT),
        (ChipVerdict.DOWNGRADE, Light.RED, ReasonCode.CHANNEL_BROKEN),
        (ChipVerdict.PARSE_ERROR, Light.AMBER, ReasonCode.CHIP_UNREADABLE),
    ],
)
def test_a_chip_that_is_not_genuine_is_never_green(verdict: ChipVerdict, light: Light, reason: ReasonCode) -> None:
    answer = judge(verdict=verdict)
    assert answer.light is light
    assert reason in answer.reasons
    assert answer.assurance is Assurance.MANUAL


@pytest.mark.parametrize("verdict", [verdict for verdict in ChipVerdict if verdict is not ChipVerdict.GENUINE])
def test_only_genuine_gives_green_also_for_verdicts_that_come_later(verdict: ChipVerdict) -> None:
    assert judge(verdict=verdict).light is not Light.GREEN


def test_every_verdict_that_refuses_outranks_those_that_ask_a_person() -> None:
    lights = [judge(verdict=verdict).light for verdict in PRECEDENCE]
    assert lights == sorted(lights, key=lambda light: light is not Light.RED)


def test_an_exam_may_refuse_expired_cards() -> None:
    rules = exams.profile(expired_card=AfterExpiry.REFUSE)
    answer = judge(verdict=ChipVerdict.EXPIRED, bundle=exams.bundle(rules))
    assert (answer.light, answer.reasons[0]) == (Light.RED, ReasonCode.EXPIRED_CARD_REFUSED)


@pytest.mark.parametrize(
    "graver", [ChipVerdict.NO_ANCHOR_INSTALLED, ChipVerdict.CHIP_NOT_PROVEN, ChipVerdict.REVOCATION_UNKNOWN]
)
def test_a_graver_verdict_does_not_hide_that_the_card_has_expired(graver: ChipVerdict) -> None:
    judgement = ChipJudgement(verdict=graver, checks=(), verdicts=(graver, ChipVerdict.EXPIRED))
    question = AdmissionQuestion(
        bundle=exams.bundle(exams.profile(expired_card=AfterExpiry.REFUSE)),
        card=CardAnswer(judgement=judgement, holder=exams.holder()),
        face=exams.face(),
        seated_before=False,
    )
    answer = judge_admission(question)
    assert (answer.light, answer.reasons[0]) == (Light.RED, ReasonCode.EXPIRED_CARD_REFUSED)
    assert ReasonCode(graver.value) in answer.reasons


def test_a_candidate_of_another_room_learns_the_right_room() -> None:
    answer = judge(holder=exams.holder(exams.NEIGHBOUR))
    assert (answer.light, answer.reasons[0]) == (Light.RED, ReasonCode.WRONG_ROOM)
    assert answer.right_place is not None
    assert (answer.right_place.room_name, answer.right_place.seat) == ("Phòng 102", "07")


def test_who_is_on_no_list_is_refused() -> None:
    answer = judge(holder=exams.holder(exams.STRANGER))
    assert (answer.light, answer.reasons[0]) == (Light.RED, ReasonCode.NOT_ON_LIST)


def test_a_document_without_citizen_number_finds_no_row() -> None:
    assert judge(holder=exams.holder(None)).reasons[0] is ReasonCode.NOT_ON_LIST


def test_who_is_already_seated_is_not_seated_again() -> None:
    assert judge(seated_before=True).reasons == (ReasonCode.ALREADY_SEATED,)


@pytest.mark.parametrize(
    ("face", "reason"),
    [
        (exams.face(FaceDecision.LOOK), ReasonCode.FACE_UNSURE),
        (exams.face(FaceDecision.NO_MATCH), ReasonCode.FACE_DIFFERENT),
        (exams.face(FaceDecision.NOT_COMPARED, (QualityCode.NO_FACE,)), ReasonCode.NO_FACE),
        (exams.face(FaceDecision.NOT_COMPARED, (QualityCode.SEVERAL_FACES,)), ReasonCode.SEVERAL_FACES),
        (exams.face(FaceDecision.NOT_COMPARED, (QualityCode.TOO_DARK,)), ReasonCode.FACE_NOT_CLEAR),
        (exams.face(FaceDecision.NOT_COMPARED), ReasonCode.FACE_NOT_CLEAR),
    ],
)
def test_a_face_alone_asks_a_person_and_never_refuses(face: FaceEvidence, reason: ReasonCode) -> None:
    answer = judge(face=face)
    assert (answer.light, answer.reasons) == (Light.AMBER, (reason,))


def test_an_exam_without_face_comparison_does_not_miss_it() -> None:
    question = AdmissionQuestion(
        bundle=exams.bundle(exams.profile(face_mode=FaceMode.OFF)),
        card=CardAnswer(judgement=exams.chip(), holder=exams.holder()),
        face=None,
        seated_before=False,
    )
    assert judge_admission(question).light is Light.GREEN


def test_a_missing_comparison_asks_a_person_where_the_exam_wants_one() -> None:
    question = AdmissionQuestion(
        bundle=exams.bundle(),
        card=CardAnswer(judgement=exams.chip(), holder=exams.holder()),
        face=None,
        seated_before=False,
    )
    assert judge_admission(question).reasons == (ReasonCode.PERSON_MUST_COMPARE,)


@pytest.mark.parametrize("trouble", list(CardTrouble))
def test_a_card_that_was_not_read_names_nobody(trouble: CardTrouble) -> None:
    question = AdmissionQuestion(bundle=exams.bundle(), card=trouble, face=None, seated_before=False)
    answer = judge_admission(question)
    assert answer.light is not Light.GREEN
    assert answer.candidate is None


def test_the_gravest_reason_stands_first_and_none_is_dropped() -> None:
    answer = judge(verdict=ChipVerdict.EXPIRED, seated_before=True, face=exams.face(FaceDecision.LOOK))
    assert answer.reasons == (ReasonCode.ALREADY_SEATED, ReasonCode.CARD_EXPIRED, ReasonCode.FACE_UNSURE)
    assert answer.light is Light.RED


def test_names_and_birth_dates_that_differ_ask_a_person() -> None:
    other = exams.candidate(full_name="Nguyễn Văn Anh")
    assert judge(bundle=exams.bundle(candidates=(other,))).reasons == (ReasonCode.NAME_DIFFERS,)


@pytest.mark.parametrize(
    ("full_name", "latin"),
    [
        ("Đặng Thị Hòa", "DANG THI HOA"),
        ("Dặng Thị Hoà", "DANG THI HOA"),
        ("Y Byă Niê", "Y BYA NIE"),
        ("  Hồ  A Páo ", "HO A PAO"),
        ("Nguyễn Ưng", "NGUYEN UNG"),
    ],
)
def test_names_are_compared_as_the_machine_readable_zone_writes_them(full_name: str, latin: str) -> None:
    assert latin_name(full_name) == latin


def test_a_long_name_cut_by_the_zone_still_agrees() -> None:
    long_name = "Nguyễn Hoàng Phương Thảo Uyên Nhi"
    cut = latin_name(long_name)[:29]
    roster = exams.bundle(candidates=(exams.candidate(full_name=long_name),))
    assert judge(bundle=roster, holder=exams.holder(name=cut)).light is Light.GREEN


def test_only_admitted_is_green() -> None:
    assert [reason for reason in ReasonCode if light_of(reason) is Light.GREEN] == [ReasonCode.ADMITTED]
