"""What the proctor's screen shows, as one value made from where the desk stands. Pure; no HTML.

Names and numbers in here are personal: a view goes to the signed-in proctor's page and nowhere else.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

import msgspec

from edge.exam_desk.announcements import (
    ANNOUNCEMENTS,
    CONFIRMED,
    DECLINED,
    DECLINED_WORD,
    LAY_AGAIN,
    LIGHT_WORDS,
    OBSTACLE_WORDS,
    PROMPTS,
    Announcement,
    Words,
)
from edge.exam_desk.desk import Desk, shown_assurance, shown_reasons
from edge.exam_desk.steps import Step
from models.admission import Light, ReasonCode
from models.exams import Candidate


class SeatState(StrEnum):
    """What is known of one seat."""

    EXPECTED = "expected"
    SEATED = "seated"
    AT_DESK = "at desk"
    UNDECIDED = "undecided"


class SeatView(msgspec.Struct, frozen=True, kw_only=True):
    """One seat of the room's map."""

    seat: str
    candidate_number: str
    full_name: str
    state: SeatState
    seated_at: datetime | None


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands at the desk, as roster and chip know them. `name_on_card` is without diacritics."""

    full_name: str
    candidate_number: str
    seat: str
    birth_date: str
    name_on_card: str
    birth_date_on_card: str


class VerdictView(msgspec.Struct, frozen=True, kw_only=True):
    """The light and its words; `reasons` are all codes, the sentences belong to the first, `also` to the others."""

    light: Light
    word: Words
    reason: Words
    next_step: Words
    reasons: tuple[ReasonCode, ...]
    also: tuple[Words, ...]
    assurance: str
    similarity: float | None
    minus_log10_fmr: float | None


class DeskView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole screen but for the banners, which know of network and devices.

    `share` is the progress of reading, 0 to 1. `pictures` names which of `roster`, `chip`, `live` can be fetched;
    `ticket` changes with every decision, so that a page knows when to sound.
    """

    step: Step
    ticket: int
    exam_name: str
    session_name: str
    room_name: str
    starts_at: datetime | None
    prompt: Words
    share: float
    obstacle: Words | None
    verdict: VerdictView | None
    can_confirm: bool
    person: PersonView | None
    right_room: str | None
    right_seat: str | None
    pictures: tuple[str, ...]
    seats: tuple[SeatView, ...]
    present: int
    expected: int


def view_of(desk: Desk) -> DeskView:
    """The screen for this desk."""
    session = desk.bundle.session if desk.bundle else None
    candidates = session.candidates if session else ()
    place = desk.judgement.right_place if desk.judgement and desk.light else None
    return DeskView(
        step=desk.step,
        ticket=desk.ticket,
        exam_name=session.exam_name if session else "",
        session_name=session.session_name if session else "",
        room_name=session.room_name if session else "",
        starts_at=session.starts_at if session else None,
        prompt=PROMPTS[desk.step],
        share=desk.share,
        obstacle=OBSTACLE_WORDS[desk.obstacle] if desk.obstacle else None,
        verdict=_verdict(desk),
        can_confirm=desk.can_confirm,
        person=_person(desk),
        right_room=place.room_name if place else None,
        right_seat=place.seat if place else None,
        pictures=_pictures(desk),
        seats=tuple(_seat(candidate, desk) for candidate in candidates),
        present=len(desk.seated),
        expected=len(candidates),
    )


def _verdict(desk: Desk) -> VerdictView | None:
    light, reasons = desk.light, shown_reasons(desk)
    if light is None or not reasons:
        return None
    words = _announcement(desk, reasons[0])
    face = desk.face.evidence if desk.face else None
    return VerdictView(
        light=light,
        word=DECLINED_WORD if words is DECLINED else LIGHT_WORDS[light],
        reason=words.reason,
        next_step=words.next_step,
        reasons=reasons,
        also=tuple(ANNOUNCEMENTS[reason].reason for reason in reasons[1:]) if words is not CONFIRMED else (),
        assurance=shown_assurance(desk) or "",
        similarity=face.similarity if face else None,
        minus_log10_fmr=face.minus_log10_fmr if face else None,
    )


def _announcement(desk: Desk, reason: ReasonCode) -> Announcement:
    if desk.step is Step.SHOWN and not desk.lacks_second_copy:
        if desk.decision == "confirmed":
            return CONFIRMED
        if desk.decision == "declined":
            return DECLINED
    words = ANNOUNCEMENTS[reason]
    return replace(words, next_step=LAY_AGAIN) if desk.reads_again_when_laid else words


def _person(desk: Desk) -> PersonView | None:
    """Nobody is named before the chip was read to the end: a half-read card names no one."""
    holder = desk.card.holder if desk.card else None
    candidate = desk.judgement.candidate if desk.judgement else _candidate_of(desk)
    if holder is None:
        return None
    return PersonView(
        full_name=candidate.full_name if candidate else holder.name,
        candidate_number=candidate.candidate_number if candidate else "",
        seat=candidate.seat if candidate else "",
        birth_date=f"{candidate.birth_date:%d/%m/%Y}" if candidate else "",
        name_on_card=holder.name,
        birth_date_on_card=f"{holder.birth_date:%d/%m/%Y}" if holder.birth_date else "",
    )


def _candidate_of(desk: Desk) -> Candidate | None:
    holder = desk.card.holder if desk.card else None
    if holder is None or desk.bundle is None:
        return None
    return next((row for row in desk.bundle.session.candidates if row.citizen_id == holder.citizen_id), None)


def picture_of(desk: Desk, name: str) -> bytes | None:
    """The JPEG of `roster`, `chip` or `live` for the person at the desk; None when there is none."""
    candidate = _candidate_of(desk)
    if desk.card is None:
        return None
    match name:
        case "roster":
            return candidate.photo if candidate else None
        case "chip":
            return desk.card.portrait_jpeg
        case "live":
            return desk.face.snapshot_jpeg if desk.face else None
        case _:
            return None


def _pictures(desk: Desk) -> tuple[str, ...]:
    return tuple(name for name in ("roster", "chip", "live") if picture_of(desk, name) is not None)


def _seat(candidate: Candidate, desk: Desk) -> SeatView:
    seated_at = desk.seated.get(candidate.candidate_number)
    at_desk = desk.step not in {Step.SHOWN, Step.WAITING} and candidate == _candidate_of(desk)
    if seated_at is not None:
        state = SeatState.SEATED
    elif at_desk:
        state = SeatState.AT_DESK
    elif candidate.candidate_number in desk.undecided:
        state = SeatState.UNDECIDED
    else:
        state = SeatState.EXPECTED
    return SeatView(
        seat=candidate.seat,
        candidate_number=candidate.candidate_number,
        full_name=candidate.full_name,
        state=state,
        seated_at=seated_at,
    )
