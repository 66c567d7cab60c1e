"""Between the card watch and the desk: starts readings, judges what a chip gave, and says it in the desk's words.

Not here: watching and reading (`cards`), the judgement itself (`models.chip`).
"""

import logging
from collections.abc import Callable
from typing import assert_never

from edge import occurrences
from edge.box_condition import Notice, ReaderChanged
from edge.cards import card_watch
from edge.cards.access_key import CardAccessNumber
from edge.cards.active_authentication import Challenge
from edge.cards.card_reader import CardReaders
from edge.cards.read_identity_card import CardReading, ReadPolicy
from edge.cards.read_sizes import ReadSizes
from edge.occurrences import Occurrence
from models.chip.passive_authentication import judge_chip
from models.chip.portrait import portrait_to_jpeg
from models.chip.tlv import ParseError
from models.chip.trust_store import TrustStore
from models.clock import Clock
from models.evidence import CardTrouble

log = logging.getLogger(__name__)


class CardWorker:
    """Reports to `report`, from the watch's threads. `trust` gives what to judge by now.

    `challenges` gives those that chips must sign (None: the box's own); `read_sizes` remembers how long answers may be.
    """

    def __init__(
        self,
        readers: CardReaders,
        trust: Callable[[], TrustStore],
        clock: Clock,
        report: Callable[[Occurrence | Notice], None],
        challenges: Callable[[], Challenge] | None = None,
        read_sizes: ReadSizes | None = None,
    ) -> None:
        self._watch = card_watch.CardWatch(readers, ReadPolicy(), self._hear, clock, challenges, read_sizes)
        self._trust = trust
        self._clock = clock
        self._report = report
        self._names: list[str] = []

    def start(self) -> None:
        """Begin to watch the readers."""
        self._watch.start()

    def stop(self) -> None:
        """Stop watching."""
        self._watch.stop()

    def read(self, access_number: str, *, allow_bac: bool) -> None:
        """Read the card that lies there with this access number (CAN, six digits); returns at once.

        `allow_bac`: the exam's profile takes chips that know only the older Basic Access Control.
        """
        self._watch.read(CardAccessNumber(digits=access_number), policy=ReadPolicy(allow_bac=allow_bac))

    def _hear(self, notice: card_watch.Notice) -> None:
        match notice:
            case card_watch.ReaderReady(name=name):
                self._names.append(name)
                self._report(ReaderChanged(name=self._names[0]))
            case card_watch.ReaderGone(name=name):
                self._names.remove(name)
                self._report(ReaderChanged(name=self._names[0] if self._names else None))
            case card_watch.CardLaid():
                self._report(occurrences.CardLaid())
            case card_watch.CardTaken():
                self._report(occurrences.CardTaken())
            case card_watch.ReadingAdvanced(step=step):
                self._report(occurrences.ReadingAdvanced(share=step.share))
            case card_watch.CardRead(reading=reading):
                self._report(self._judged_or_not_read(reading))
            case card_watch.CardNotRead(trouble=trouble, detail=detail):
                log.info("A card was not read: %s", detail)
                self._report(occurrences.CardNotRead(trouble=trouble))
            case _:
                assert_never(notice)

    def _judged_or_not_read(self, reading: CardReading) -> Occurrence:
        """Whatever a hostile chip makes of our judgement, the desk must hear of it: it waits for exactly one answer."""
        try:
            return self._judge(reading)
        except Exception:
            log.exception("A fault in the program ended the judgement of a chip")
            return occurrences.CardNotRead(trouble=CardTrouble.UNREADABLE)

    def _judge(self, reading: CardReading) -> occurrences.CardRead:
        return occurrences.CardRead(
            evidence=reading.evidence,
            judgement=judge_chip(reading.evidence, self._trust(), self._clock.now()),
            holder=reading.holder,
            portrait=reading.portrait,
            portrait_jpeg=_for_a_page(reading.portrait),
            transport_ms=reading.trace.transport_ms,
        )


def _for_a_page(portrait: bytes) -> bytes | None:
    try:
        return portrait_to_jpeg(portrait)
    except ParseError as error:
        log.warning("A chip's portrait cannot be shown: %s", error)
        return None
