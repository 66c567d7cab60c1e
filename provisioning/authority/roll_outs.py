"""Roll-outs: a release goes to one group of boxes after the other, and stops by itself where it does harm.

A box belongs to the first group that names its school or whose share of all boxes (by a hash of roll-out and box) holds
it. Near an exam no group with a box of a school that takes part is opened, and these boxes are told nothing. Callers
hold the transaction and the lock. Not here: whether a release is genuine (each box asks TUF), the rows
(`registers.roll_outs`).
"""

import hashlib
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Final

from models.enrollment import AuthorityRefusal, BoxReport, CertificateRole, RefusalCode, WantedRelease
from models.fleet import Errand
from models.roll_outs import (
    ENOUGH_DONE_PERCENT,
    LEAST_FAILURES_TO_STOP,
    STOP_AT_PERCENT,
    GroupStanding,
    Pace,
    ReleaseKind,
    RollOut,
    RollOutGroup,
    RollOutRequest,
    RollOuts,
    RollOutState,
    RollOutStep,
    freezing_exam,
)
from provisioning.authority.caller import Caller
from provisioning.authority.gate import admit_box, admit_program
from provisioning.authority.ledger import Ledger
from provisioning.authority.registers.boxes import Box
from provisioning.authority.registers.roll_outs import RollOutRegister, RollOutRow
from provisioning.authority.sentences import refuse
from provisioning.updates.release_desk import offers_in

WELL: Final = "installed"
WAITING: Final = "waiting"
_FAILED: Final = ("rolled back", "refused", "failed")
OUTCOMES: Final = (WELL, WAITING, *_FAILED)
_GOING: Final = (RollOutState.RUNNING, RollOutState.WAITING)
_SHOWN: Final = 20
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")
_SHELVES: Final = ("metadata", "targets")
_NOBODY: Final = "authority"


class RollOutDesk:
    """Answers central and boxes about releases; `repository` is the published folder (`metadata/`, `targets/`)."""

    def __init__(self, ledger: Ledger, repository: Path) -> None:
        self._ledger = ledger
        self._rows = RollOutRegister(ledger.database)
        self._repository = repository

    # ---- Boxes ----------------------------------------------------------------------------------------------------

    def wanted(self, box: Box, now: datetime) -> WantedRelease:
        """What the box should run now; nothing near an exam in its trust list, by which it judges itself."""
        if freezing_exam(self._ledger.exams.of_school(box.school_id, now), now) is not None:
            return WantedRelease()
        return WantedRelease(
            package=self._wanted_of(ReleaseKind.PACKAGE, box),
            weights=self._wanted_of(ReleaseKind.WEIGHTS, box),
            firmware=self._wanted_of(ReleaseKind.FIRMWARE, box),
        )

    def heard(self, box: Box, report: BoxReport, now: datetime) -> None:
        """How the box's update went; too many bad words of one group stop the roll-out."""
        if report.update_target is None or report.update_outcome not in OUTCOMES:
            return
        for row in self._rows.of_target(report.update_target)[:1]:
            if self._rows.outcome(row.number, box.box_id) != report.update_outcome:
                self._rows.note_outcome(row.number, box.box_id, report.update_outcome, report.update_sentence, now)
                self._judge(row, now)

    def file(self, caller: Caller, shelf: str, name: str, now: datetime) -> Path | AuthorityRefusal:
        """A file of the published repository, for any box that may ask at all."""
        visit = admit_box(self._ledger, caller, now)
        if isinstance(visit, AuthorityRefusal):
            return visit
        file = self._repository / shelf / name
        if shelf not in _SHELVES or not _FILE_NAME.fullmatch(name) or not file.is_file():
            return refuse(RefusalCode.REQUEST_BROKEN, "There is no such file in the repository.")
        return file

    # ---- Central, for people --------------------------------------------------------------------------------------

    def overview(self, caller: Caller, now: datetime) -> RollOuts | AuthorityRefusal:
        """The newest roll-outs, what is offered, and the exam that holds things up."""
        refused = admit_program(self._ledger, caller, CertificateRole.CENTRAL, now)
        if refused is not None:
            return refused
        return RollOuts(
            now=now,
            frozen_for=freezing_exam(self._ledger.exams.unfinished(now), now),
            offers=offers_in(self._repository),
            roll_outs=tuple(self._shown(row) for row in self._rows.newest(_SHOWN)),
        )

    def start(self, caller: Caller, request: RollOutRequest, now: datetime) -> RollOut | AuthorityRefusal:
        """Begins with the first group."""
        refused = self._admit(caller, request.errand, now)
        if refused is not None:
            return refused
        offer = next((offer for offer in offers_in(self._repository) if offer.target == request.target), None)
        if offer is None:
            return refuse(RefusalCode.REQUEST_BROKEN, "This release is not in the published repository.")
        if request.groups[-1].percent != 100:
            return refuse(RefusalCode.REQUEST_BROKEN, "The last group must be everybody (100 percent).")
        if any(row.state in _GOING for row in self._rows.of_kind(offer.kind)):
            return refuse(RefusalCode.NOT_ALLOWED, "Another roll-out of this kind is going on. Stop it first.")
        if self._is_frozen(offer.target, request.groups, 0, now):
            return refuse(RefusalCode.FROZEN_FOR_EXAM)
        number = self._rows.add(
            kind=offer.kind, target=offer.target, groups=request.groups, pace=request.pace,
            actor=request.errand.actor, reason=request.errand.reason, now=now,
        )  # fmt: skip
        self._write(request.errand, "roll-out started", number, now, target=offer.target, group="1")
        return self._judged(number, now)

    def widen(self, caller: Caller, request: RollOutStep, now: datetime) -> RollOut | AuthorityRefusal:
        """Opens the next group, because a person says so."""
        row = self._going(caller, request, now)
        if isinstance(row, AuthorityRefusal):
            return row
        if row.state not in _GOING or row.open_groups == len(row.groups):
            return refuse(RefusalCode.NOT_ALLOWED, "This roll-out has no further group to open.")
        if self._is_frozen(row.target, row.groups, row.open_groups, now):
            return refuse(RefusalCode.FROZEN_FOR_EXAM)
        self._open_next(row, request.errand, now)
        return self._judged(row.number, now)

    def stop(self, caller: Caller, request: RollOutStep, now: datetime) -> RollOut | AuthorityRefusal:
        """Nobody else gets the release; boxes that run it keep it. Asking twice is one stop."""
        row = self._going(caller, request, now)
        if isinstance(row, AuthorityRefusal):
            return row
        if row.state is not RollOutState.STOPPED:
            self._rows.change(row.number, RollOutState.STOPPED, row.open_groups, request.errand.reason, now)
            self._write(request.errand, "roll-out stopped", row.number, now)
        return self._shown(self._row(row.number))

    # ---------------------------------------------------------------------------------------------------------------

    def _wanted_of(self, kind: ReleaseKind, box: Box) -> str | None:
        """The newest release that the box runs by a roll-out or may take; where it failed it is not asked for again."""
        for row in self._rows.of_kind(kind):
            outcome = self._rows.outcome(row.number, box.box_id)
            place = group_of(row.target, row.groups, box.box_id, box.school_id)
            may_take = row.state is not RollOutState.STOPPED and place < row.open_groups
            if outcome == WELL or (outcome not in _FAILED and may_take):
                return row.target
        return None

    def _judge(self, row: RollOutRow, now: datetime) -> None:
        """What the boxes' words mean for the roll-out; it only ever stops, widens or ends here."""
        if row.state not in _GOING:
            return
        groups = self._standing(row)[: row.open_groups]
        for place, group in enumerate(groups, start=1):
            if group.failed >= max(LEAST_FAILURES_TO_STOP, -(-group.boxes * STOP_AT_PERCENT // 100)):
                note = f"Stopped by itself: {group.failed} of {group.boxes} boxes of group {place} failed."
                self._rows.change(row.number, RollOutState.STOPPED, row.open_groups, note, now)
                self._write(Errand(actor=_NOBODY, reason=note), "roll-out stopped", row.number, now)
                return
        if groups[-1].done * 100 < groups[-1].boxes * ENOUGH_DONE_PERCENT:
            return
        if row.open_groups == len(row.groups):
            self._rows.change(row.number, RollOutState.DONE, row.open_groups, "", now)
            self._write(Errand(actor=_NOBODY, reason="Enough boxes run it."), "roll-out done", row.number, now)
        elif row.pace is Pace.BY_ITSELF and not self._is_frozen(row.target, row.groups, row.open_groups, now):
            self._open_next(row, Errand(actor=_NOBODY, reason="Enough boxes of the last group run it."), now)
            self._judge(self._row(row.number), now)
        elif row.state is RollOutState.RUNNING:
            self._rows.change(row.number, RollOutState.WAITING, row.open_groups, "", now)

    def _open_next(self, row: RollOutRow, errand: Errand, now: datetime) -> None:
        last = self._standing(row)[row.open_groups - 1]
        self._rows.change(row.number, RollOutState.RUNNING, row.open_groups + 1, "", now)
        figures = {"done": str(last.done), "of": str(last.boxes), "failed": str(last.failed)}
        self._write(errand, "roll-out widened", row.number, now, group=str(row.open_groups + 1), **figures)

    def _standing(self, row: RollOutRow) -> tuple[GroupStanding, ...]:
        outcomes = self._rows.outcomes(row.number)
        boxes, done, failed = Counter[int](), Counter[int](), Counter[int]()
        for box in self._ledger.boxes.living():
            place = group_of(row.target, row.groups, box.box_id, box.school_id)
            outcome = outcomes.get(box.box_id)
            boxes[place] += 1
            done[place] += outcome == WELL
            failed[place] += outcome in _FAILED
        return tuple(
            GroupStanding(
                schools=group.schools, percent=group.percent, is_open=place < row.open_groups, boxes=boxes[place],
                done=done[place], failed=failed[place],
            )
            for place, group in enumerate(row.groups)
        )  # fmt: skip

    def _is_frozen(self, target: str, groups: tuple[RollOutGroup, ...], place: int, now: datetime) -> bool:
        """Whether a box of this group belongs to a school with an exam near."""
        living = self._ledger.boxes.living()
        schools = {one.school_id for one in living if group_of(target, groups, one.box_id, one.school_id) == place}
        of_school = self._ledger.exams.of_school
        return any(freezing_exam(of_school(school_id, now), now) is not None for school_id in schools)

    def _admit(self, caller: Caller, errand: Errand, now: datetime) -> AuthorityRefusal | None:
        refused = admit_program(self._ledger, caller, CertificateRole.CENTRAL, now)
        if refused is not None:
            return refused
        if not errand.actor.strip() or not errand.reason.strip():
            return refuse(RefusalCode.REQUEST_BROKEN, "A roll-out needs a person and a reason. Write one sentence.")
        return None

    def _going(self, caller: Caller, request: RollOutStep, now: datetime) -> RollOutRow | AuthorityRefusal:
        refused = self._admit(caller, request.errand, now)
        if refused is not None:
            return refused
        return self._rows.find(request.number) or refuse(RefusalCode.REQUEST_BROKEN, "There is no such roll-out.")

    def _judged(self, number: int, now: datetime) -> RollOut:
        self._judge(self._row(number), now)
        return self._shown(self._row(number))

    def _row(self, number: int) -> RollOutRow:
        row = self._rows.find(number)
        if row is None:
            raise LookupError(number)
        return row

    def _shown(self, row: RollOutRow) -> RollOut:
        return RollOut(
            number=row.number, target=row.target, kind=row.kind, state=row.state, pace=row.pace,
            started_at=row.started_at, started_by=row.started_by, reason=row.reason, changed_at=row.changed_at,
            note=row.note, groups=self._standing(row), failures=self._rows.failures(row.number, WELL, _SHOWN),
        )  # fmt: skip

    def _write(self, errand: Errand, action: str, number: int, now: datetime, **details: str) -> None:
        subject = f"roll-out {number}"
        self._ledger.audit.write(
            at=now, actor=errand.actor, action=action, subject=subject, reason=errand.reason, **details
        )


def group_of(target: str, groups: tuple[RollOutGroup, ...], box_id: str, school_id: str) -> int:
    """The place of a box's group, counted from 0; the last group holds everybody."""
    share = int.from_bytes(hashlib.sha256(f"{target}:{box_id}".encode()).digest()[:8]) % 100
    held = (place for place, group in enumerate(groups) if school_id in group.schools or share < group.percent)
    return next(held, len(groups) - 1)
