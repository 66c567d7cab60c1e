"""Whether firmware may be written now: not in an exam window, not in a lesson, not when either is near or unknown."""

from datetime import datetime, timedelta
from typing import Final

from firmware_bridge.updating.flash_refusals import FlashRefusal
from models.room_plan import RoomPlan, in_exam, in_lesson

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
    soon = [now + _STEP * step for step in range(AHEAD // _STEP + 1)]
    if any(in_exam(plan, instant) for instant in soon):
        return FlashRefusal.EXAM_WINDOW
    return FlashRefusal.LESSON if any(in_lesson(plan, instant) for instant in soon) else None
