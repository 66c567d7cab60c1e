"""What the proctor's pages need from the room: the port between the station and the agent.

Not here: the agent itself, and anything about HTTP.
"""

from datetime import datetime
from typing import Protocol

import msgspec

from edge.exam_desk.announcements import Words
from edge.exam_desk.screen import DeskView
from edge.occurrences import CodeGiven, Confirmed, Declined
from edge.station.changes import Changes
from edge.station.equipment_sign import EquipmentLine
from models.identifiers import CandidateNumber

Press = CodeGiven | Confirmed | Declined
"""What a proctor can tell the desk."""


class BoxView(msgspec.Struct, frozen=True, kw_only=True):
    """What the banners show: network, devices, storage, clock. Instants are UTC.

    `waiting_to_send` counts events without central's receipt, `on_this_box_alone` those that exist nowhere else.
    `identifying` is the box's name while somebody at central looks for this very box, else None.
    `reader` is its name, None when there is none; `reader_words`, `camera_words` and `clock_doubt` say what is wrong
    with them, None when nothing is. `central_word_at` is when central was last heard. `equipment` is None where
    nothing can be said of the room's.
    """

    now: datetime
    online: bool
    offline_since: datetime | None
    waiting_to_send: int
    on_this_box_alone: int
    central_word_at: datetime | None
    reader: str | None
    reader_words: Words | None
    camera_words: Words | None
    clock_doubt: Words | None
    storage_ok: bool
    rehearsal: bool
    identifying: str | None = None
    equipment: EquipmentLine | None = None


class Room(Protocol):
    """The room as its proctor sees it. Every method may be called from any thread and returns at once."""

    @property
    def changes(self) -> Changes:
        """Rises whenever the view, the banners or a picture differ from before."""

    def view(self) -> DeskView:
        """What the desk shows now."""

    def banners(self) -> BoxView:
        """How the box itself fares now."""

    def picture(self, name: str) -> bytes | None:
        """The JPEG `roster`, `chip` or `live` of the person at the desk (see `edge.exam_desk.screen.picture_of`)."""

    def preview(self) -> bytes | None:
        """What the camera sees at this moment as a JPEG, None when it sees nothing. Never kept."""

    def press(self, press: Press) -> None:
        """Tell the desk; the desk ignores what does not fit its step."""

    def call_candidate(self, number: CandidateNumber) -> None:
        """Open the next card with the access number of this row of the roster."""

    def door_code_hash(self) -> str | None:
        """The Argon2id hash of the proctors' code, None while there is no roster."""
