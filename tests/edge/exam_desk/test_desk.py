"""The desk, one candidate at a time: what follows what, what is asked for, and what the proctor sees."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.effects import AwaitSecondCopy, CompareFace, Effect, LookAtCamera, ReadCard, StopComparing, Store
from edge.exam_desk.announcements import ANNOUNCEMENTS, LAY_AGAIN, LIGHT_WORDS, OBSTACLE_WORDS, PROMPTS
from edge.exam_desk.desk import MOST_TRIES, Desk, advance, shown_reasons
from edge.exam_desk.screen import SeatState, view_of
from edge.exam_desk.steps import FOLLOWS, Step, diagram
from edge.occurrences import (
    CardLaid,
    CardNotRead,
    CardRead,
    CardTaken,
    CodeGiven,
    Confirmed,
    Declined,
    FaceMeasured,
    FaceObstructed,
    NotStored,
    Occurrence,
    ReadingAdvanced,
    SecondCopyLate,
    SecondCopyMade,
    SessionClosed,
    SessionOpened,
    Stored,
    StoreReopened,
)
from models.admission import Light, ReasonCode, light_of
from models.evidence import CardHolder, CardTrouble, FaceDecision, QualityCode
from models.exams import ExamProfile, SecondCopyRule
from models.wire.event_chain import EventKind
from tests.builders import exams

CODE = CodeGiven(access_number="012345")


def opened(rules: ExamProfile | None = None) -> Desk:
    return play(Desk(), SessionOpened(bundle=exams.bundle(rules), seated={}))[0]


def play(desk: Desk, *occurrences: Occurrence) -> tuple[Desk, list[Effect]]:
    effects: list[Effect] = []
    for occurrence in occurrences:
        desk, asked = advance(desk, occurrence)
        effects += asked
    return desk, effects


def card_read(holder: CardHolder | None = None) -> CardRead:
    return CardRead(
        evidence=exams.card_evidence(),
        judgement=exams.chip(),
        holder=holder or exams.holder(),
        portrait=b"portrait",
        portrait_jpeg=b"jpeg",
    )


def measured(decision: FaceDecision = FaceDecision.MATCH, obstacles: tuple[QualityCode, ...] = ()) -> FaceMeasured:
    return FaceMeasured(evidence=exams.face(decision, obstacles), snapshot_jpeg=b"live")


def stored(ticket: int) -> Stored:
    return Stored(ticket=ticket, at=exams.SEVEN_O_CLOCK)


def test_a_good_candidate_needs_no_key_and_is_green_only_after_the_commit() -> None:
    desk, effects = play(opened(), CODE, CardLaid(), card_read(), measured())
    assert [type(effect) for effect in effects] == [ReadCard, LookAtCamera, CompareFace, Store]
    assert desk.step is Step.STORING
    assert desk.light is None, "no light before the commit"
    desk, effects = play(desk, stored(1))
    assert desk.light is Light.GREEN
    assert effects == []
    assert view_of(desk).seats[0].state is SeatState.SEATED


def test_code_and_card_may_come_in_either_order() -> None:
    for order in ((CODE, CardLaid()), (CardLaid(), CODE)):
        desk, effects = play(opened(), *order)
        assert desk.step is Step.READING
        assert effects[0] == ReadCard(access_number="012345")


def test_a_card_that_lay_there_before_the_sitting_opened_is_read_when_its_code_comes() -> None:
    desk, effects = play(Desk(), CardLaid(), SessionOpened(bundle=exams.bundle(), seated={}), CODE)
    assert desk.step is Step.READING
    assert effects[0] == ReadCard(access_number="012345")


def test_a_code_given_while_the_store_failed_opens_the_next_card() -> None:
    desk, _ = play(opened(), CODE, CardLaid(), card_read(), measured(), CodeGiven(access_number="054321"))
    desk, effects = play(desk, CardTaken(), NotStored(ticket=1), StoreReopened(), CardLaid())
    assert desk.step is Step.READING
    assert effects[0] == ReadCard(access_number="054321")


def test_a_sitting_whose_roster_ran_out_closes_the_desk_and_forgets_its_people() -> None:
    desk, _ = play(opened(), CODE, CardLaid(), card_read(), measured(), stored(1), SessionClosed())
    assert desk.step is Step.CLOSED
    assert desk.bundle is None
    assert view_of(desk).person is None
    assert view_of(desk).seats == ()


def test_a_card_left_from_the_last_candidate_is_not_read_with_the_next_ones_code() -> None:
    desk, _ = play(opened(), CODE, CardLaid(), card_read(), measured(), stored(1))
    desk, effects = play(desk, CodeGiven(access_number="054321"))
    assert desk.step is Step.WAITING_FOR_CARD
    assert effects == []
    desk, effects = play(desk, CardTaken(), CardLaid())
    assert effects[0] == ReadCard(access_number="054321")


@pytest.mark.parametrize(
    ("key", "kind", "decision", "light"),
    [
        (Confirmed(), EventKind.ADMITTED, "confirmed", Light.GREEN),
        (Declined(), EventKind.TURNED_AWAY, "declined", Light.AMBER),
    ],
)
def test_a_doubtful_face_waits_for_one_key(key: Occurrence, kind: EventKind, decision: str, light: Light) -> None:
    desk, effects = play(opened(), CODE, CardLaid(), card_read(), measured(FaceDecision.NO_MATCH))
    assert desk.step is Step.ASKING
    assert desk.light is Light.AMBER
    assert not [effect for effect in effects if isinstance(effect, Store)], "a question is not stored"
    desk, effects = play(desk, key)
    assert isinstance(effects[0], Store)
    assert (effects[0].kind, effects[0].decision) == (kind, decision)
    desk, _ = play(desk, stored(effects[0].ticket))
    assert desk.light is light
    assert (len(desk.seated) == 1) is (kind is EventKind.ADMITTED)


def test_the_next_candidates_code_ends_an_open_question_without_seating_anybody() -> None:
    desk, _ = play(opened(), CODE, CardLaid(), card_read(), measured(FaceDecision.LOOK), CardTaken())
    desk, effects = play(desk, CodeGiven(access_number="054321"))
    asked = [effect for effect in effects if isinstance(effect, Store)]
    assert [(store.kind, store.decision) for store in asked] == [(EventKind.LEFT_UNDECIDED, "undecided")]
    desk, _ = play(desk, stored(asked[0].ticket))
    assert desk.step is Step.WAITING_FOR_CARD
    assert view_of(desk).seats[0].state is SeatState.UNDECIDED
    assert not desk.seated


def test_the_same_candidates_code_again_does_not_end_the_question() -> None:
    desk, _ = play(opened(), CODE, CardLaid(), card_read(), measured(FaceDecision.LOOK))
    desk, effects = play(desk, CODE)
    assert desk.step is Step.ASKING
    assert effects == []


def test_an_answer_to_an_earlier_question_is_not_taken_for_this_one() -> None:
    desk, _ = play(opened(), CODE, CardLaid(), card_read(), measured(FaceDecision.LOOK))
    desk, effects = play(desk, Confirmed(question=desk.ticket + 1), Declined(question=desk.ticket + 1))
    assert (desk.step, effects) == (Step.ASKING, [])
    desk, _ = play(desk, Confirmed(question=desk.ticket))
    assert desk.step is Step.STORING


def test_a_wrong_room_is_refused_before_the_camera_is_asked() -> None:
    desk, effects = play(opened(), CODE, CardLaid(), card_read(exams.holder(exams.NEIGHBOUR)))
    assert [type(effect) for effect in effects] == [ReadCard, LookAtCamera, StopComparing, Store]
    desk, _ = play(desk, stored(1))
    view = view_of(desk)
    assert view.verdict is not None
    assert view.verdict.light is Light.RED
    assert (view.right_room, view.right_seat) == ("Phòng 102", "07")


def test_a_candidate_seated_before_a_power_cut_is_known_after_it() -> None:
    seated = {exams.candidate().candidate_number: exams.SEVEN_O_CLOCK}
    desk, _ = play(Desk(), SessionOpened(bundle=exams.bundle(), seated=seated))
    desk, _ = play(desk, CODE, CardLaid(), card_read(), stored(1))
    assert shown_reasons(desk) == (ReasonCode.ALREADY_SEATED,)


def test_a_card_lifted_too_early_is_read_again_when_it_comes_back_but_not_for_ever() -> None:
    desk, _ = play(opened(), CODE, CardLaid())
    for attempt in range(1, MOST_TRIES + 1):
        assert desk.step is Step.READING
        desk, effects = play(desk, CardNotRead(trouble=CardTrouble.REMOVED))
        assert isinstance(effects[0], StopComparing)
        assert isinstance(effects[1], Store)
        assert effects[1].card is None
        desk, _ = play(desk, stored(attempt), CardTaken(), CardLaid())
    assert desk.step is Step.WAITING_FOR_CODE


def test_a_wrong_code_asks_for_the_right_one_while_the_card_lies() -> None:
    desk, _ = play(opened(), CODE, CardLaid(), CardNotRead(trouble=CardTrouble.WRONG_KEY), stored(1))
    assert shown_reasons(desk) == (ReasonCode.WRONG_ACCESS_NUMBER,)
    _, effects = play(desk, CodeGiven(access_number="999999"))
    assert effects[0] == ReadCard(access_number="999999")


def test_the_screen_says_lay_again_as_long_as_it_helps() -> None:
    desk, _ = play(opened(), CODE, CardLaid())
    said = []
    for attempt in range(1, MOST_TRIES + 1):
        desk, _ = play(desk, CardNotRead(trouble=CardTrouble.UNREADABLE), stored(attempt))
        verdict = view_of(desk).verdict
        assert verdict is not None
        said.append(verdict.next_step == LAY_AGAIN)
        desk, _ = play(desk, CardTaken(), CardLaid())
    assert said == [True] * (MOST_TRIES - 1) + [False]


def test_one_candidates_failed_tries_are_not_counted_against_the_next() -> None:
    desk, _ = play(opened(), CODE, CardLaid(), CardNotRead(trouble=CardTrouble.UNREADABLE), stored(1))
    desk, _ = play(desk, CardTaken(), CodeGiven(access_number="054321"))
    assert desk.tries == 0


def test_a_card_is_not_tried_with_one_wrong_code_after_another() -> None:
    desk, _ = play(opened(), CardLaid())
    for attempt in range(1, MOST_TRIES + 1):
        desk, _ = play(desk, CodeGiven(access_number=f"00000{attempt}"))
        assert desk.step is Step.READING
        desk, _ = play(desk, CardNotRead(trouble=CardTrouble.WRONG_KEY), stored(attempt))
    desk, effects = play(desk, CodeGiven(access_number="000009"))
    assert (desk.step, effects) == (Step.WAITING_FOR_CARD, []), "now the card must be lifted first"


def test_a_store_that_fails_stops_the_desk_and_shows_no_green() -> None:
    desk, _ = play(opened(), CODE, CardLaid(), card_read(), measured(), NotStored(ticket=1))
    assert (desk.step, desk.light) == (Step.STOPPED, Light.RED)
    assert not desk.seated
    ignored, effects = play(desk, CODE, CardLaid(), Confirmed(), stored(1))
    assert (ignored.step, effects) == (Step.STOPPED, [])
    desk, _ = play(ignored, StoreReopened())
    assert desk.step is Step.WAITING


def test_an_exam_that_requires_a_second_copy_shows_no_green_without_it() -> None:
    rules = exams.profile(second_copy=SecondCopyRule.REQUIRE)
    desk, effects = play(opened(rules), CODE, CardLaid(), card_read(), measured(), stored(1))
    assert desk.light is None
    assert AwaitSecondCopy(ticket=1) in effects
    late, _ = play(desk, SecondCopyLate(ticket=1))
    assert late.light is Light.AMBER
    assert shown_reasons(late)[0] is ReasonCode.NO_SECOND_COPY
    assert play(late, SecondCopyMade(ticket=1))[0].light is Light.GREEN
    assert play(desk, SecondCopyMade(ticket=1))[0].light is Light.GREEN


def test_an_answer_for_an_earlier_event_changes_nothing() -> None:
    desk, _ = play(opened(), CODE, CardLaid(), card_read(), measured())
    assert play(desk, stored(99))[0].step is Step.STORING


def test_the_screen_names_nobody_whose_chip_was_not_read_to_the_end() -> None:
    desk, _ = play(opened(), CODE, CardLaid(), ReadingAdvanced(share=0.5))
    assert view_of(desk).person is None
    desk, _ = play(desk, CardNotRead(trouble=CardTrouble.REMOVED), stored(1))
    assert view_of(desk).person is None
    assert view_of(desk).pictures == ()


ANY_OCCURRENCE: st.SearchStrategy[Occurrence] = st.one_of(
    st.just(SessionOpened(bundle=exams.bundle(), seated={})),
    st.sampled_from([CODE, CodeGiven(access_number="054321")]),
    st.sampled_from([CardLaid(), CardTaken(), Confirmed(), Declined(), StoreReopened(), SessionClosed()]),
    st.just(ReadingAdvanced(share=0.5)),
    st.sampled_from([card_read(), card_read(exams.holder(exams.NEIGHBOUR))]),
    st.sampled_from([CardNotRead(trouble=trouble) for trouble in CardTrouble]),
    st.just(FaceObstructed(obstacle=QualityCode.TOO_FAR)),
    st.sampled_from([measured(decision) for decision in FaceDecision]),
    st.integers(1, 6).map(stored),
    st.integers(1, 6).map(lambda ticket: NotStored(ticket=ticket)),
    st.integers(1, 6).map(lambda ticket: SecondCopyMade(ticket=ticket)),
    st.integers(1, 6).map(lambda ticket: SecondCopyLate(ticket=ticket)),
)


@given(st.lists(ANY_OCCURRENCE, max_size=40), st.sampled_from(list(SecondCopyRule)))
def test_whatever_happens_nobody_is_green_or_seated_without_a_commit(
    occurrences: list[Occurrence], rule: SecondCopyRule
) -> None:
    desk = opened(exams.profile(second_copy=rule))
    committed: set[int] = set()
    for occurrence in occurrences:
        if isinstance(occurrence, SessionOpened):
            continue
        before = desk
        desk, _ = advance(desk, occurrence)
        if isinstance(occurrence, Stored):
            committed.add(occurrence.ticket)
        if desk.light is Light.GREEN:
            assert desk.ticket in committed
        if len(desk.seated) > len(before.seated):
            assert isinstance(occurrence, Stored)
        view_of(desk)


@settings(max_examples=1000)
@given(st.lists(ANY_OCCURRENCE, max_size=40))
def test_the_desk_never_leaves_its_table(occurrences: list[Occurrence]) -> None:
    desk = Desk()
    for occurrence in occurrences:
        following, effects = advance(desk, occurrence)
        if type(occurrence) not in FOLLOWS[desk.step]:
            assert (following.step, effects) == (desk.step, ())
        desk = following


def test_the_page_of_the_room_shows_the_table_as_it_is() -> None:
    page = Path("edge/exam_desk/README.md").read_text(encoding="utf-8")
    drawn = re.search(r"```mermaid\n(.*?)\n```", page, re.DOTALL)
    assert drawn is not None
    assert drawn.group(1) == diagram()


def test_every_code_has_a_sentence_of_at_most_twelve_words_in_both_languages() -> None:
    assert set(ANNOUNCEMENTS) == set(ReasonCode)
    assert (set(LIGHT_WORDS), set(PROMPTS), set(OBSTACLE_WORDS)) == (set(Light), set(Step), set(QualityCode))
    for announcement in ANNOUNCEMENTS.values():
        for words in (announcement.reason, announcement.next_step):
            assert 1 <= len(words.vi.split()) <= 12
            assert 1 <= len(words.en.split()) <= 12


def test_a_seat_names_when_it_was_taken() -> None:
    desk, _ = play(opened(), CODE, CardLaid(), card_read(), measured(), stored(1))
    assert view_of(desk).seats[0].seated_at == exams.SEVEN_O_CLOCK
    assert view_of(desk).starts_at == exams.SEVEN_O_CLOCK + timedelta(minutes=30)


def test_the_page_of_the_room_quotes_every_sentence_as_it_is_said() -> None:
    page = Path("edge/exam_desk/README.md").read_text(encoding="utf-8")
    for code, words in ANNOUNCEMENTS.items():
        assert f"| `{code}` | {light_of(code)} | {words.reason.vi} | {words.next_step.vi} |" in page
