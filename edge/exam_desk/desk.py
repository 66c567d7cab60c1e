"""The desk: one candidate at a time, from the code on the card to the seat. Pure; touches nothing.

`advance` takes where the desk stands and what happened, and gives where it stands
now and what it asks for (`edge.effects`).
Not here: sentences (`announcements`), what the screen shows (`screen`), the rule itself (`models.admission`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from edge.effects import AwaitSecondCopy, CompareFace, Effect, LookAtCamera, ReadCard, StopComparing, Store
from edge.exam_desk.steps import FOLLOWS, Step
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
from models.admission import (
    AdmissionJudgement,
    AdmissionQuestion,
    CardAnswer,
    Light,
    ReasonCode,
    judge_admission,
)
from models.evidence import CardTrouble, QualityCode
from models.exams import Assurance, FaceMode, RosterBundle, SecondCopyRule
from models.identifiers import CandidateNumber
from models.wire.event_chain import EventKind

MOST_TRIES = 3
"""A chip is tried so often; then a person looks (exam desks must not loop on a card that will not be read)."""


AT_REST = frozenset({Step.CLOSED, Step.WAITING, Step.WAITING_FOR_CODE, Step.WAITING_FOR_CARD, Step.SHOWN})
"""Only here may the roster change: whoever is judged is judged, and seated, by one and the same list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where the desk stands.

    `card_is_fresh`: a card lies that was laid after the last reading. `access_number` opens the next reading.
    `tries` counts failed readings since the last code, `wrong_codes` codes that did not open the card that lies.
    `ticket` is the number of the last event asked to be stored; `decision` how it was decided.
    """

    step: Step = Step.CLOSED
    bundle: RosterBundle | None = None
    seated: Mapping[CandidateNumber, datetime] = field(default_factory=dict)
    undecided: frozenset[CandidateNumber] = frozenset()
    card_is_fresh: bool = False
    access_number: str | None = None
    tries: int = 0
    wrong_codes: int = 0
    share: float = 0.0
    obstacle: QualityCode | None = None
    card: CardRead | None = None
    trouble: CardTrouble | None = None
    face: FaceMeasured | None = None
    judgement: AdmissionJudgement | None = None
    ticket: int = 0
    decision: str = ""
    lacks_second_copy: bool = False

    @property
    def light(self) -> Light | None:
        """The colour that may be shown now: None until the event behind it is committed or a person is asked."""
        if self.step is Step.STOPPED:
            return Light.RED
        if self.judgement is None or self.step not in {Step.ASKING, Step.SHOWN}:
            return None
        if self.decision == "confirmed" and not self.lacks_second_copy:
            return Light.GREEN
        if self.lacks_second_copy and self.judgement.light is not Light.RED:
            return Light.AMBER
        return self.judgement.light

    @property
    def reads_again_when_laid(self) -> bool:
        """Whether the card that just failed is read once more when it is laid again."""
        return self.trouble not in {None, CardTrouble.WRONG_KEY} and self.tries < MOST_TRIES

    @property
    def can_confirm(self) -> bool:
        """Whether the one key would seat somebody now."""
        return self.step is Step.ASKING


Advance = tuple[Desk, tuple[Effect, ...]]


def advance(desk: Desk, occurrence: Occurrence) -> Advance:
    """The desk after the occurrence, and what it asks for, in order.

    What the table `FOLLOWS` does not foresee at this step changes no step; cards and rosters are noted all the same.
    """
    noted = _note(desk, occurrence)
    allowed = FOLLOWS[desk.step].get(type(occurrence))
    if allowed is None or _speaks_of_another_event(desk, occurrence):
        return noted, ()
    following, effects = _answer(noted, occurrence)
    if following.step not in allowed:
        raise AssertionError(f"{desk.step} -> {following.step} after {type(occurrence).__name__} is not in the table")
    return following, effects


def _speaks_of_another_event(desk: Desk, occurrence: Occurrence) -> bool:
    if isinstance(occurrence, Stored | NotStored | SecondCopyMade | SecondCopyLate):
        return occurrence.ticket != desk.ticket
    if isinstance(occurrence, Confirmed | Declined):
        return occurrence.question not in {None, desk.ticket}
    return False


def _note(desk: Desk, occurrence: Occurrence) -> Desk:
    match occurrence:
        case SessionOpened(bundle=bundle, seated=seated) if desk.step in AT_REST:
            known = desk.bundle.session.session_id if desk.bundle else None
            undecided = desk.undecided if known == bundle.session.session_id else frozenset()
            return replace(desk, bundle=bundle, seated=dict(seated), undecided=undecided)
        case CardLaid():
            return replace(desk, card_is_fresh=True)
        case CardTaken():
            return replace(desk, card_is_fresh=False, wrong_codes=0)
        case CodeGiven(access_number=number) if desk.step not in {Step.CLOSED, Step.STOPPED, Step.READING}:
            return replace(desk, access_number=number, tries=0)
        case _:
            return desk


def _answer(desk: Desk, occurrence: Occurrence) -> Advance:  # noqa: C901, PLR0911, PLR0912 - a table of answers, one line each
    match occurrence:
        case SessionOpened() | StoreReopened():
            return _at_rest(desk)
        case SessionClosed():
            return _at_rest(replace(desk, bundle=None, seated={}, undecided=frozenset()))
        case CodeGiven() if desk.step is Step.ASKING:
            return _left_undecided(desk)
        case CodeGiven() | CardLaid():
            return _next_candidate(desk)
        case CardTaken():
            return replace(desk, step=Step.WAITING), ()
        case ReadingAdvanced(share=share):
            return replace(desk, share=share), ()
        case CardRead():
            return _judge_card(replace(desk, card=occurrence, access_number=None, tries=0))
        case CardNotRead(trouble=trouble):
            return _card_failed(desk, trouble)
        case FaceObstructed(obstacle=obstacle):
            return replace(desk, obstacle=obstacle), ()
        case FaceMeasured():
            return _decide(replace(desk, face=occurrence, obstacle=None))
        case Confirmed():
            return _store(desk, EventKind.ADMITTED, "confirmed")
        case Declined():
            return _store(desk, EventKind.TURNED_AWAY, "declined")
        case Stored(at=at):
            return _after_storing(desk, at)
        case NotStored():
            return replace(desk, step=Step.STOPPED), ()
        case SecondCopyMade():
            return replace(desk, step=Step.SHOWN, lacks_second_copy=False), ()
        case SecondCopyLate():
            return replace(desk, step=Step.SHOWN, lacks_second_copy=True), ()
        case _:
            assert_never(occurrence)


def _at_rest(desk: Desk) -> Advance:
    step = Step.CLOSED if desk.bundle is None else Step.WAITING
    return replace(_cleared(desk), step=step), ()


def _cleared(desk: Desk) -> Desk:
    return replace(
        desk,
        share=0.0,
        obstacle=None,
        card=None,
        trouble=None,
        face=None,
        judgement=None,
        decision="",
        lacks_second_copy=False,
    )


def _next_candidate(desk: Desk) -> Advance:
    following = _cleared(desk)
    if desk.access_number is None:
        return replace(following, step=Step.WAITING_FOR_CODE), ()
    if not desk.card_is_fresh:
        return replace(following, step=Step.WAITING_FOR_CARD), ()
    if desk.bundle is None:
        raise AssertionError("a card is read without a roster")
    rules = desk.bundle.profile
    effects: list[Effect] = [ReadCard(access_number=desk.access_number, allow_bac=rules.allow_bac)]
    if rules.face_mode is not FaceMode.OFF:
        effects.append(LookAtCamera(profile=rules.faces))
    return replace(following, step=Step.READING, card_is_fresh=False), tuple(effects)


def _judge_card(desk: Desk) -> Advance:
    """Go to the camera only when the chip leaves the question open; a wrong room needs no face."""
    without_face = _judge(desk)
    bundle, card = desk.bundle, desk.card
    if bundle is None or card is None:
        raise AssertionError("a card was judged without a roster")
    if without_face.light is Light.RED or without_face.candidate is None or bundle.profile.face_mode is FaceMode.OFF:
        return _without_camera(_decide(desk))
    return replace(desk, step=Step.COMPARING), (CompareFace(portrait=card.portrait, profile=bundle.profile.faces),)


def _without_camera(advance: Advance) -> Advance:
    desk, effects = advance
    return desk, (StopComparing(), *effects)


def _decide(desk: Desk) -> Advance:
    judgement = _judge(desk)
    desk = replace(desk, judgement=judgement)
    if judgement.light is Light.RED:
        return _store(desk, EventKind.REFUSED, "automatic")
    if judgement.candidate is None:
        return _store(desk, EventKind.READING_FAILED, "automatic")
    if judgement.light is Light.AMBER:
        return replace(desk, step=Step.ASKING), ()
    return _store(desk, EventKind.ADMITTED, "automatic")


def _judge(desk: Desk) -> AdmissionJudgement:
    if desk.bundle is None or desk.card is None:
        raise AssertionError("nothing to judge")
    return judge_admission(
        AdmissionQuestion(
            bundle=desk.bundle,
            card=CardAnswer(judgement=desk.card.judgement, holder=desk.card.holder),
            face=desk.face.evidence if desk.face else None,
            seated_before=_seated_before(desk),
        )
    )


def _seated_before(desk: Desk) -> bool:
    holder = desk.card.holder if desk.card else None
    if holder is None or desk.bundle is None:
        return False
    return any(
        candidate.candidate_number in desk.seated
        for candidate in desk.bundle.session.candidates
        if candidate.citizen_id == holder.citizen_id
    )


def _card_failed(desk: Desk, trouble: CardTrouble) -> Advance:
    if desk.bundle is None:
        raise AssertionError("a card was read without a roster")
    question = AdmissionQuestion(bundle=desk.bundle, card=trouble, face=None, seated_before=False)
    wrong_codes = desk.wrong_codes + (trouble is CardTrouble.WRONG_KEY)
    desk = replace(
        desk,
        trouble=trouble,
        tries=desk.tries + 1,
        wrong_codes=wrong_codes,
        judgement=judge_admission(question),
        card_is_fresh=trouble is CardTrouble.WRONG_KEY and wrong_codes < MOST_TRIES,
    )
    if not desk.reads_again_when_laid:
        desk = replace(desk, access_number=None)
    kind = EventKind.REFUSED if trouble is CardTrouble.REFUSED_CHANNEL else EventKind.READING_FAILED
    return _without_camera(_store(desk, kind, "automatic"))


def _left_undecided(desk: Desk) -> Advance:
    """The next candidate's code ends an open question; the same candidate's code again does not."""
    candidate = desk.judgement.candidate if desk.judgement else None
    if candidate is not None and desk.access_number == candidate.citizen_id[-6:]:
        return replace(desk, access_number=None), ()
    return _store(desk, EventKind.LEFT_UNDECIDED, "undecided")


def _store(desk: Desk, kind: EventKind, decision: str) -> Advance:
    if desk.judgement is None:
        raise AssertionError("nothing was decided")
    ticket = desk.ticket + 1
    store = Store(
        ticket=ticket,
        kind=kind,
        decision=decision,
        judgement=desk.judgement,
        card=desk.card.evidence if desk.card else None,
        trouble=desk.trouble,
        face=desk.face.evidence if desk.face else None,
        seated_before=_seated_before(desk),
    )
    return replace(desk, step=Step.STORING, ticket=ticket, decision=decision), (store,)


def _after_storing(desk: Desk, at: datetime) -> Advance:
    judgement = desk.judgement
    candidate = judgement.candidate if judgement else None
    if judgement is None or desk.bundle is None:
        raise AssertionError("nothing was stored")
    rule = desk.bundle.profile.second_copy
    if candidate is not None and desk.decision == "undecided":
        desk = replace(desk, undecided=desk.undecided | {candidate.candidate_number})
        return _next_candidate(desk)
    if candidate is None or not _seats(desk, judgement):
        return replace(desk, step=Step.SHOWN), ()
    seated = {**desk.seated, candidate.candidate_number: at}
    desk = replace(desk, seated=seated, undecided=desk.undecided - {candidate.candidate_number})
    if rule is SecondCopyRule.REQUIRE:
        return replace(desk, step=Step.AWAITING_COPY), (AwaitSecondCopy(ticket=desk.ticket),)
    return replace(desk, step=Step.SHOWN), ()


def _seats(desk: Desk, judgement: AdmissionJudgement) -> bool:
    return desk.decision == "confirmed" or (desk.decision == "automatic" and judgement.light is Light.GREEN)


def shown_reasons(desk: Desk) -> tuple[ReasonCode, ...]:
    """The reasons behind the present light, the gravest first; durability only ever adds to them."""
    if desk.step is Step.STOPPED:
        return (ReasonCode.NOT_STORED,)
    reasons = desk.judgement.reasons if desk.judgement else ()
    return (ReasonCode.NO_SECOND_COPY, *reasons) if desk.lacks_second_copy else reasons


def shown_assurance(desk: Desk) -> Assurance | None:
    """How sure the box is of the person shown, None when nobody was judged."""
    return desk.judgement.assurance if desk.judgement else None
