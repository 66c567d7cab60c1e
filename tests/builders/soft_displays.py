"""The displays in software behind a driver's line: by family, on the clock of the test."""

from collections.abc import Callable

from firmware_bridge.displays.families import make_asking
from provisioning.rehearsal.soft_room.soft_aabbcc import SoftAabbcc
from provisioning.rehearsal.soft_room.soft_benq_board import SoftBenqBoard
from provisioning.rehearsal.soft_room.soft_benq_projector import SoftBenqProjector
from provisioning.rehearsal.soft_room.soft_display import SoftDisplay, SoftTalk
from provisioning.rehearsal.soft_room.soft_hisense import SoftHisense
from provisioning.rehearsal.soft_room.soft_lg import SoftLg
from provisioning.rehearsal.soft_room.soft_maxhub import SoftMaxhub
from provisioning.rehearsal.soft_room.soft_mdc import SoftMdc
from provisioning.rehearsal.soft_room.soft_nec import SoftNec
from provisioning.rehearsal.soft_room.soft_nec_projector import SoftNecProjector
from provisioning.rehearsal.soft_room.soft_pjlink import SoftPjlink
from provisioning.rehearsal.soft_room.soft_sicp import SoftSicp
from provisioning.rehearsal.soft_room.soft_viewsonic import SoftViewsonic
from provisioning.rehearsal.soft_room.soft_viewsonic_projector import SoftViewsonicProjector
from tests.builders.display_line import DisplayLine, planned

TALKS: dict[str, Callable[[SoftDisplay], SoftTalk]] = {
    "pjlink": SoftPjlink,
    "mdc": SoftMdc,
    "lg": SoftLg,
    "nec": SoftNec,
    "benq-board": SoftBenqBoard,
    "viewsonic": SoftViewsonic,
    "benq-projector": SoftBenqProjector,
    "oem-aabbcc": SoftAabbcc,
    "sicp": SoftSicp,
    "maxhub": SoftMaxhub,
    "hisense": SoftHisense,
    "nec-projector": SoftNecProjector,
    "viewsonic-projector": SoftViewsonicProjector,
}
WORDS = {
    "benq-board": "unverified = true",
    "maxhub": "unverified = true",
    "hisense": "id = 5FA; unverified = true",
}
"""What the `map` of a link must say before a display of this family is asked for its power at all."""


def all_words(family: str) -> str:
    """The `map` with which everything is asked."""
    return WORDS.get(family, "unverified = true")


class SoftLine(DisplayLine):
    """A driver and a display in software. `spoil` changes what the display says; a rest ends at once."""

    def __init__(
        self,
        family: str,
        display: SoftDisplay,
        *,
        spoil: Callable[[bytes], bytes] = lambda said: said,
        talk: Callable[[SoftDisplay], SoftTalk] | None = None,
        password: str | None = None,
        words: str | None = None,
    ) -> None:
        self.display = display
        self.spoil = spoil
        self._make_talk = talk or TALKS[family]
        self.talk = self._make_talk(display)
        device = planned(
            family, unit=display.unit, password=password, words=WORDS.get(family, "") if words is None else words
        )
        super().__init__(make_asking(family, [device]), self._heard, self.talk.greeting())

    def reopen(self) -> None:
        """The line is closed and opened again, as after a rest."""
        self.talk = self._make_talk(self.display)
        self.driver.open(self.now)
        self.hear(self.talk.greeting())

    def _heard(self, wrote: bytes) -> bytes:
        return self.spoil(b"".join(self.talk.take(wrote, self.now)))
