"""The room as the proctor's pages see it: the agent behind the station's port.

Not here: HTTP (`station`), decisions (`exam_desk`).
"""

import queue
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from edge.agent import Agent
from edge.box_condition import BoxCondition, Notice
from edge.exam_desk.announcements import Words
from edge.exam_desk.screen import DeskView, picture_of, view_of
from edge.occurrences import CodeGiven, Occurrence
from edge.outbox import OutboxCounts
from edge.station.changes import Changes
from edge.station.equipment_sign import EquipmentSign
from edge.station.room import BoxView, Press
from models.clock import Clock
from models.errors import StorageError
from models.exams import SecondCopyRule
from models.identifiers import CandidateNumber, access_number_of

_NO_READER = Words("Chưa có đầu đọc thẻ. Cắm đầu đọc vào hộp.", "No card reader. Plug one into the box.")
_NO_CAMERA = Words("Máy ảnh không có hình. Kiểm tra dây cắm.", "The camera gives no picture. Check its cable.")
_CLOCK_WRONG = Words(
    "Đồng hồ hộp sai. Chưa mở ca thi mới. Báo kỹ thuật viên.",
    "This box's clock is wrong. No new sitting opens. Tell IT.",
)
_CLOCK = Words("Đồng hồ hộp lệch giờ trung tâm. Báo kỹ thuật viên.", "This box's clock is off. Tell IT.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRoom:
    """Answers the pages from the agent's present state and puts what proctors press into its inbox."""

    agent: Agent
    inbox: "queue.Queue[Occurrence | Notice]"
    counts: Callable[[], OutboxCounts]
    preview_jpeg: Callable[[], bytes | None]
    clock: Clock
    changes: Changes
    equipment: EquipmentSign

    def view(self) -> DeskView:
        """What the desk shows now."""
        return view_of(self.agent.desk)

    def banners(self) -> BoxView:
        """How the box itself fares now. While the store is being reopened, the counts are zero and it says so."""
        condition = self.agent.condition
        try:
            waiting = self.counts().waiting
        except StorageError:
            waiting = 0
        desk = self.agent.desk
        rule = desk.bundle.profile.second_copy if desk.bundle else SecondCopyRule.PREFER
        view = box_view(condition, waiting, rule, self.clock)
        return msgspec.structs.replace(view, equipment=self.equipment.line(desk.step))

    def picture(self, name: str) -> bytes | None:
        """The JPEG `roster`, `chip` or `live` of the person at the desk."""
        return picture_of(self.agent.desk, name)

    def preview(self) -> bytes | None:
        """What the camera sees at this moment."""
        return self.preview_jpeg()

    def press(self, press: Press) -> None:
        """Put what the proctor pressed into the agent's inbox."""
        self.inbox.put(press)

    def call_candidate(self, number: CandidateNumber) -> None:
        """Open the next card with the access number of this roster row; an unknown number does nothing."""
        bundle = self.agent.desk.bundle
        for candidate in bundle.session.candidates if bundle else ():
            if candidate.candidate_number == number:
                self.inbox.put(CodeGiven(access_number=access_number_of(candidate.citizen_id)))

    def door_code_hash(self) -> str | None:
        """The Argon2id hash of the proctors' code, None while there is no roster."""
        bundle = self.agent.desk.bundle
        return bundle.door_code_hash if bundle else None


def box_view(condition: BoxCondition, waiting: int, rule: SecondCopyRule, clock: Clock) -> BoxView:
    """The banners for a condition; what waits for central's receipt exists on this box alone.

    An exam whose rule on second copies is `off` does not ask how much that is.
    """
    return BoxView(
        now=clock.now(),
        online=condition.online,
        offline_since=condition.offline_since,
        waiting_to_send=waiting,
        on_this_box_alone=0 if rule is SecondCopyRule.OFF else waiting,
        central_word_at=condition.central_word_at,
        reader=condition.reader,
        reader_words=None if condition.reader else _NO_READER,
        camera_words=None if condition.camera_works else _NO_CAMERA,
        clock_doubt=_clock_words(condition),
        storage_ok=condition.storage_works,
        rehearsal=condition.rehearsal,
        identifying=condition.identifying,
    )


def _clock_words(condition: BoxCondition) -> Words | None:
    if not condition.clock_is_right:
        return _CLOCK_WRONG
    return _CLOCK if condition.clock_is_doubtful else None
