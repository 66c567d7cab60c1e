"""The displays in software behind a driver's line: by family, on the clock of the test."""

from collections.abc import Callable

from firmware_bridge.displays.families import make_asking
from provisioning.rehearsal.soft_room.soft_display import SoftDisplay, SoftTalk
from provisioning.rehearsal.soft_room.soft_lg import SoftLg
from provisioning.rehearsal.soft_room.soft_mdc import SoftMdc
from provisioning.rehearsal.soft_room.soft_nec import SoftNec
from provisioning.rehearsal.soft_room.soft_pjlink import SoftPjlink
from tests.builders.display_line import DisplayLine, planned

TALKS: dict[str, Callable[[SoftDisplay], SoftTalk]] = {
    "pjlink": SoftPjlink,
    "mdc": SoftMdc,
    "lg": SoftLg,
    "nec": SoftNec,
}


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
        words: str = "",
    ) -> None:
        self.display = display
        self.spoil = spoil
        self._make_talk = talk or TALKS[family]
        self.talk = self._make_talk(display)
        device = planned(family, unit=display.unit, password=password, words=words)
        super().__init__(make_asking(family, [device]), self._heard, self.talk.greeting())

    def reopen(self) -> None:
        """The line is closed and opened again, as after a rest."""
        self.talk = self._make_talk(self.display)
        self.driver.open(self.now)
        self.hear(self.talk.greeting())

    def _heard(self, wrote: bytes) -> bytes:
        return self.spoil(b"".join(self.talk.take(wrote, self.now)))
