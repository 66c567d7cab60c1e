"""What a person asks about roll-outs, and what the authority tells: which boxes get which release, in which order.

Travels between central and the authority as JSON. Not here: what one box is told (`models.enrollment.WantedRelease`)
and how a release is proven genuine (`provisioning.updates`).
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from models.enrollment import ExamWindow, Sentence, Text
from models.fleet import Errand
from models.identifiers import BoxId

FREEZE_BEFORE_EXAM: Final = timedelta(hours=48)
"""Nothing is downloaded, activated, started or widened from this long before an exam until its end."""

ENOUGH_DONE_PERCENT: Final = 90
"""So much of the widest open group must run the release before a roll-out widens by itself or counts as done."""

LEAST_FAILURES_TO_STOP: Final = 2
STOP_AT_PERCENT: Final = 5
"""A roll-out stops by itself at so many failed boxes of one group, or this share of it, whichever is more."""


class ReleaseKind(StrEnum):
    """What is released."""

    PACKAGE = "package"
    WEIGHTS = "weights"
    FIRMWARE = "firmware"
    """Of sensor boards. A box has it when the images lie there; its boards follow when nobody needs them."""


class RollOutState(StrEnum):
    """How a roll-out stands."""

    RUNNING = "running"
    WAITING = "waiting for word"
    """Enough boxes of the open groups run it; a person says when the next group begins."""
    STOPPED = "stopped"
    DONE = "done"


class Pace(StrEnum):
    """Who opens the next group once enough boxes of the present one run the release."""

    STEP_BY_STEP = "step by step"
    """A person."""
    BY_ITSELF = "by itself"


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A release in the signed repository. `number` only rises; a box never takes a lower one than it ran."""

    target: Text
    kind: ReleaseKind
    number: int
    bytes: int


class RollOutGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Boxes that get the release together: those of the schools, and that part of all boxes (by a hash of their names).

    A box belongs to the first group that holds it.
    """

    schools: Annotated[tuple[Text, ...], msgspec.Meta(max_length=1000)] = ()
    percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0


class RollOutRequest(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/roll-outs: start. The last group must be everybody (100 percent)."""

    errand: Errand
    target: Text
    groups: Annotated[tuple[RollOutGroup, ...], msgspec.Meta(min_length=1, max_length=8)]
    pace: Pace = Pace.STEP_BY_STEP


class RollOutStep(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/roll-outs/widen or /v1/roll-outs/stop: the next group may begin, or nobody else gets the release."""

    errand: Errand
    number: int


class GroupStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A group in figures: `boxes` in all, of which `done` run the release and `failed` do not; the others wait."""

    schools: tuple[Text, ...]
    percent: int
    is_open: bool
    boxes: int
    done: int
    failed: int


class FailedBox(msgspec.Struct, frozen=True, kw_only=True):
    """A box that does not run the release, in its own words (`models.enrollment.BoxReport`)."""

    box_id: BoxId
    outcome: Text
    sentence: Sentence


class RollOut(msgspec.Struct, frozen=True, kw_only=True):
    """One roll-out. `note` says why it stopped; `failures` are the newest 20."""

    number: int
    target: Text
    kind: ReleaseKind
    state: RollOutState
    pace: Pace
    started_at: datetime
    started_by: Text
    reason: Sentence
    changed_at: datetime
    note: Sentence
    groups: tuple[GroupStanding, ...]
    failures: tuple[FailedBox, ...]


class RollOuts(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/roll-outs: newest first, what is offered, and the exam that freezes everything now, if one does."""

    now: datetime
    frozen_for: ExamWindow | None
    offers: tuple[Offer, ...]
    roll_outs: tuple[RollOut, ...]


def freezing_exam(exams: tuple[ExamWindow, ...], now: datetime) -> ExamWindow | None:
    """The exam because of which nothing may change at `now` (UTC); of several the one that ends last."""
    near = [exam for exam in exams if exam.starts_at - FREEZE_BEFORE_EXAM <= now < exam.ends_at]
    return max(near, key=lambda exam: exam.ends_at, default=None)
