"""What happened at the desks: judged again, entered once, and whoever sits twice is found."""

from datetime import timedelta

import msgspec
import pytest

from central.database import Database
from central.registers import admission_register
from central.registers.admission_register import Admission, CandidateState, DoubleSeat, JudgedAgain
from central.second_judgement import judge_again
from models.admission import Light, ReasonCode
from models.chip.trust_store import TrustStore
from models.chip.verdict import ChipVerdict
from models.evidence import CardTrouble, FaceDecision
from models.identifiers import SessionId
from models.wire.event_chain import EventKind, decode_event
from tests.builders.box_chain import BoxChain, altered, evidence_of, sealed_for
from tests.builders.centre import BINH, CHI, SITTING, Centre
from tests.builders.exams import AN, SEVEN_O_CLOCK, bundle, card_evidence, face


@pytest.fixture
def centre(store: Database) -> Centre:
    centre = Centre(store)
    centre.seat()
    return centre


def _seat(
    centre: Centre, box: BoxChain, number: str, citizen: str, seat: str, kind: EventKind = EventKind.ADMITTED
) -> None:
    box.at = centre.clock.now()
    sealed = sealed_for(centre.office.evidence_key, evidence_of(number, citizen, seat, box.at))
    centre.say(box, box.batch([box.event(kind, sealed, reason="CARD_REMOVED")]))


def _admissions(centre: Centre, room: str = "P101") -> list[Admission]:
    with centre.database.reading() as connection:
        return admission_register.admissions_of(connection, SITTING, room)


def _states(centre: Centre) -> dict[str, CandidateState]:
    with centre.database.reading() as connection:
        rows = admission_register.states_of(connection, SITTING)
    return {row.candidate_number: row.state for row in rows}


def _doubles(centre: Centre, session: SessionId = SITTING) -> list[DoubleSeat]:
    with centre.database.reading() as connection:
        return admission_register.double_seats(connection, session)


def test_an_admission_is_entered_with_what_the_evidence_says(centre: Centre) -> None:
    box = centre.box()
    _seat(centre, box, "01000000", AN, "01")
    admission = _admissions(centre)[0]
    assert (admission.candidate_number, admission.seat, admission.light) == ("01000000", "01", "AMBER")
    assert admission.reasons == ("CARD_REMOVED",)
    assert _states(centre) == {"01000000": CandidateState.SEATED}


def test_central_judges_the_same_evidence_again_and_agrees(centre: Centre) -> None:
    box = centre.box()
    evidence = evidence_of(None, None, None, centre.clock.now())
    sealed = sealed_for(centre.office.evidence_key, evidence)
    centre.say(box, box.batch([box.event(EventKind.READING_FAILED, sealed)]))
    assert _admissions(centre)[0].judged_again is JudgedAgain.SAME


def test_a_box_that_says_green_without_proof_is_shown_as_different(centre: Centre) -> None:
    box = centre.box()
    lie = evidence_of("01000000", AN, "01", centre.clock.now(), Light.GREEN, (ReasonCode.ADMITTED,), None)
    sealed = sealed_for(centre.office.evidence_key, lie)
    centre.say(box, box.batch([box.event(EventKind.ADMITTED, sealed)]))
    admission = _admissions(centre)[0]
    assert admission.judged_again is JudgedAgain.DIFFERENT
    assert (admission.central_light, admission.light) == ("AMBER", "GREEN")
    with centre.database.reading() as connection:
        assert admission_register.states_of(connection, SITTING)[0].differs


def test_without_the_roster_by_which_it_was_decided_nothing_is_claimed(centre: Centre) -> None:
    box = centre.box(session_id=SessionId("unknown-sitting"))
    sealed = sealed_for(centre.office.evidence_key, evidence_of("01000000", AN, "01", centre.clock.now()))
    centre.say(box, box.batch([box.event(EventKind.ADMITTED, sealed)]))
    assert centre.rows("admissions", "judged_again") == [("not possible",)]


def test_a_second_tap_takes_no_seat_away_but_annulling_does(centre: Centre) -> None:
    box = centre.box()
    _seat(centre, box, "01000000", AN, "01")
    _seat(centre, box, "01000000", AN, "01", EventKind.REFUSED)
    assert _states(centre)["01000000"] is CandidateState.SEATED
    _seat(centre, box, "01000000", AN, "01", EventKind.ANNULLED)
    assert _states(centre)["01000000"] is CandidateState.ANNULLED


def test_one_person_at_two_desks_is_found(centre: Centre) -> None:
    one, two = centre.box("box-101", "P101"), centre.box("box-102", "P102")
    _seat(centre, one, "01000000", AN, "01")
    _seat(centre, one, "01000001", BINH, "02")
    assert _doubles(centre) == []
    centre.clock.advance(minutes=3)
    _seat(centre, two, "01000000", AN, "09")
    pair = _doubles(centre)[0]
    assert (pair.first.room_id, pair.second.room_id) == ("P101", "P102")
    _seat(centre, two, "01000000", AN, "09", EventKind.ANNULLED)
    assert _doubles(centre) == []


def test_two_boxes_in_one_room_count_as_two_desks(centre: Centre) -> None:
    one, two = centre.box("box-101", "P101"), centre.box("box-101b", "P101")
    _seat(centre, one, "01000000", AN, "01")
    _seat(centre, two, "01000000", AN, "01")
    assert len(_doubles(centre)) == 1


@pytest.mark.parametrize(("hours", "found"), [(1.0, 1), (8.0, 0)])
def test_two_sittings_count_only_when_they_overlap(centre: Centre, hours: float, found: int) -> None:
    other = SessionId("thi-thu-ca-2")
    centre.seat(other, timedelta(minutes=30 + hours * 60))
    morning, later = centre.box(), centre.box("box-102", "P102", other)
    _seat(centre, morning, "01000002", CHI, "01")
    _seat(centre, later, "01000002", CHI, "01")
    assert len(_doubles(centre)) == len(_doubles(centre, other)) == found


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"evidence": None}, "EVIDENCE_MISSING"),
        ({"evidence": b"not sealed at all"}, "EVIDENCE_UNREADABLE"),
    ],
)
def test_evidence_that_cannot_be_believed_is_kept_apart_and_the_event_still_counts(
    centre: Centre, changes: dict[str, bytes | None], reason: str
) -> None:
    box = centre.box()
    sealed = sealed_for(centre.office.evidence_key, evidence_of("01000000", AN, "01", centre.clock.now()))
    centre.say(box, box.batch([altered(box.event(EventKind.ADMITTED, sealed), **changes)]))
    assert centre.rows("quarantine", "reason") == [(reason,)]
    assert len(centre.answers(box.box_id)[-1][0]) == 1
    assert (_admissions(centre)[0].candidate_number, _states(centre)) == (None, {})


def test_evidence_about_somebody_else_than_committed_is_kept_apart(centre: Centre) -> None:
    box = centre.box()
    mine = sealed_for(centre.office.evidence_key, evidence_of("01000000", AN, "01", centre.clock.now()))
    other = sealed_for(centre.office.evidence_key, evidence_of("01000001", BINH, "02", centre.clock.now()))
    swapped = msgspec.structs.replace(other, commitment=mine.commitment)
    centre.say(box, box.batch([box.event(EventKind.ADMITTED, swapped)]))
    assert centre.rows("quarantine", "reason") == [("EVIDENCE_ALTERED",)]
    assert _states(centre) == {}


def test_a_control_character_in_the_evidence_holds_up_no_event(centre: Centre) -> None:
    box = centre.box()
    sealed = sealed_for(centre.office.evidence_key, evidence_of("01000000", AN, "0\x001", centre.clock.now()))
    centre.say(box, box.batch([box.event(EventKind.ADMITTED, sealed)]))
    assert centre.rows("quarantine", "reason") == [("EVIDENCE_UNREADABLE",)]
    assert len(centre.answers(box.box_id)[-1][0]) == len(centre.rows("event_log")) == 1
    assert (_admissions(centre)[0].candidate_number, _states(centre)) == (None, {})


def test_evidence_on_which_we_fail_ourselves_holds_up_no_event(
    centre: Centre, caplog: pytest.LogCaptureFixture
) -> None:
    box = centre.box()
    without_zone = evidence_of("01000000", AN, "01", centre.clock.now().replace(tzinfo=None))
    sealed = sealed_for(centre.office.evidence_key, without_zone)
    centre.say(box, box.batch([box.event(EventKind.ADMITTED, sealed)]))
    assert len(centre.answers(box.box_id)[-1][0]) == len(centre.rows("event_log")) == 1
    assert centre.rows("quarantine", "reason") == [("CENTRAL_FAULT",)]
    admission = _admissions(centre)[0]
    assert (admission.judged_again, admission.candidate_number) == (JudgedAgain.NOT_POSSIBLE, None)
    assert "Judging again failed" in caplog.text
    assert AN not in caplog.text
    _seat(centre, box, "01000001", BINH, "02")
    assert _states(centre) == {"01000001": CandidateState.SEATED}


def test_an_instant_beyond_the_calendar_holds_up_no_event(centre: Centre) -> None:
    box = centre.box()
    item = box.event(EventKind.READING_FAILED)
    event = msgspec.structs.replace(decode_event(item.body), wall_time_ms=2**62)
    centre.say(box, box.batch([box.signed(event)]))
    assert len(centre.answers(box.box_id)[-1][0]) == len(centre.rows("event_log")) == 1
    assert _admissions(centre)[0].happened_at == centre.clock.now()


def test_a_box_cannot_seat_people_in_a_room_that_it_never_had(centre: Centre) -> None:
    box = centre.box()
    box.room = "P102"
    _seat(centre, box, "01000002", CHI, "01")
    assert centre.rows("quarantine", "reason") == [("OTHER_ROOM",)]
    assert centre.rows("admissions") == []
    assert len(centre.rows("event_log")) == 1


def test_no_personal_number_is_stored_in_the_clear_outside_the_two_registers(centre: Centre) -> None:
    box = centre.box()
    _seat(centre, box, "01000000", AN, "01")
    for table in ("event_log", "sealed_evidence", "quarantine", "audit_log", "boxes"):
        assert AN not in str(centre.rows(table)), table


def test_the_second_judgement_passes_over_what_only_the_box_can_know() -> None:
    evidence = evidence_of(
        None, None, None, SEVEN_O_CLOCK, Light.AMBER, (ReasonCode.CARD_REMOVED, ReasonCode.NO_SECOND_COPY)
    )
    assert judge_again(evidence, bundle(), TrustStore.of(())).agrees


def test_the_second_judgement_reads_the_chip_itself() -> None:
    evidence = msgspec.structs.replace(
        evidence_of("01000000", AN, "01", SEVEN_O_CLOCK, Light.GREEN, (ReasonCode.ADMITTED,), None),
        card=card_evidence(),
    )
    second = judge_again(evidence, bundle(), TrustStore.of(()))
    assert (second.chip, second.light, second.agrees) == (ChipVerdict.PARSE_ERROR, Light.AMBER, False)


def test_the_second_judgement_gives_the_score_its_own_decision() -> None:
    claimed = msgspec.structs.replace(face(FaceDecision.MATCH), similarity=0.1)
    evidence = msgspec.structs.replace(
        evidence_of(None, None, None, SEVEN_O_CLOCK, trouble=CardTrouble.UNREADABLE), face=claimed
    )
    assert not judge_again(evidence, bundle(), TrustStore.of(())).agrees
