"""What the keeper says aloud: once when a trouble comes, every hour while it lasts, once when it has gone.

Not here: finding the troubles (`keeper`).
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from provisioning.brokers.keeper_files import Trouble
from provisioning.brokers.revocation_list import ListHealth, RevocationList

_log = logging.getLogger(__name__)

REMIND_EVERY: Final = timedelta(hours=1)
_REMEDY: Final = "See: python -m provisioning broker emergency"


class Alarms:
    """The troubles of the present round, and when each was last told."""

    def __init__(self) -> None:
        self._present: dict[Trouble, str] = {}
        self._told: dict[Trouble, datetime] = {}

    @property
    def present(self) -> dict[Trouble, str]:
        """Every trouble of this round with its sentence."""
        return dict(self._present)

    def begin_round(self) -> None:
        """Forgets the last round's troubles; what is not raised again has gone."""
        self._present = {}

    def add(self, trouble: Trouble, sentence: str) -> None:
        """Something that staff must look at."""
        self._present[trouble] = sentence

    def drop(self, trouble: Trouble) -> None:
        """This one is no trouble just now."""
        self._present.pop(trouble, None)

    def judge_list(self, health: ListHealth, held: RevocationList | None, now: datetime) -> None:
        """Adds what is to be said about the list in use."""
        if health is ListHealth.ENDS_SOON and held is not None:
            days = (held.next_update - now).days
            self.add(
                Trouble.LIST_ENDS_SOON,
                f"In {days} days the broker will refuse EVERY box: no fresh list has come. {_REMEDY}",
            )
        elif health is ListHealth.ENDED:
            self.add(Trouble.LIST_ENDED, f"The revocation list has ended: the broker refuses EVERY box. {_REMEDY}")
        elif health is ListHealth.MISSING:
            self.add(Trouble.LIST_MISSING, "There is no revocation list yet: the broker cannot start.")

    def say_aloud(self, now: datetime) -> None:
        """Writes to the log what is due at `now`."""
        for trouble, sentence in self._present.items():
            if trouble not in self._told or now - self._told[trouble] >= REMIND_EVERY:
                _log.error("ALARM %s: %s", trouble, sentence)
                self._told[trouble] = now
        for gone in [trouble for trouble in self._told if trouble not in self._present]:
            _log.info("No longer: %s.", gone)
            del self._told[gone]
