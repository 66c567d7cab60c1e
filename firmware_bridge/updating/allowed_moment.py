"""Whether firmware may be written now: not in an exam window, not in a lesson, not when either is near or unknown."""

from datetime import datetime, timedelta
from typing import Final

from firmware_bridge.updating.flash_refusals import FlashRefusal
from models.roll_outs import FREEZE_BEFORE_EXAM, freezing_exam
from models.room_plan import RoomPlan, in_exam, in_lesson, is_within, may_be_lesson
from models.wire.trust_list import TrustList

AHEAD: Final = timedelta(minutes=3)
"""A write with its way back takes well under a minute. After so long nothing more is written to the board, however
slow it is (`update`): it must be over when the next lesson or exam begins."""
_STEP: Final = timedelta(seconds=30)


def judge_moment(plan: RoomPlan | None, now: datetime) -> FlashRefusal | None:
    """Why not now (UTC); None when it may be. There is no way around it, for nobody."""
    if plan is None:
        return FlashRefusal.NO_PLAN
    if now < plan.made_at:
        return FlashRefusal.CLOCK_BEHIND
    if any(in_exam(plan, instant) for instant in _soon(now)):
        return FlashRefusal.EXAM_WINDOW
    return FlashRefusal.LESSON if any(in_lesson(plan, instant) for instant in _soon(now)) else None


def judge_by_itself(
    plan: RoomPlan | None, now: datetime, calendar: TrustList | None, newest: datetime
) -> FlashRefusal | None:
    """As `judge_moment`, for what no person asks for: also no exam near, and only in quiet hours.

    `calendar` is the box's trust list (None: there is none), `newest` the newest instant (UTC) that the box has seen. A
    plan says nothing of its age, so the trust list must be in force; a clock that stands before either is behind.
    A school without quiet hours: outside lessons; without lesson hours either: never.
    """
    refusal = judge_moment(plan, now)
    if refusal is not None or plan is None:
        return refusal
    if now < newest or (calendar is not None and now < calendar.issued_at):
        return FlashRefusal.CLOCK_BEHIND
    if calendar is None or now >= calendar.good_until:
        return FlashRefusal.EXAMS_UNKNOWN
    if freezing_exam(calendar.exams, now) is not None or any(
        begins - FREEZE_BEFORE_EXAM <= now < ends for begins, ends in plan.exams
    ):
        return FlashRefusal.EXAM_NEAR
    if plan.quiet and not all(is_within(plan.quiet, instant) for instant in _soon(now)):
        return FlashRefusal.NOT_QUIET
    return FlashRefusal.LESSON if not plan.quiet and may_be_lesson(plan, now) else None


def _soon(now: datetime) -> list[datetime]:
    return [now + _STEP * step for step in range(AHEAD // _STEP + 1)]
