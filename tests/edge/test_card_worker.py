"""Between watch and desk: every reading is answered, whatever the judgement of the chip does."""

from typing import NoReturn

from edge import occurrences
from edge.box_condition import Notice, ReaderChanged
from edge.card_worker import CardWorker
from edge.cards import card_watch
from edge.cards.card_reader import ReaderState
from edge.cards.read_identity_card import CardReading
from edge.cards.read_trace import ReadTrace
from edge.occurrences import Occurrence
from models.chip.trust_store import TrustStore
from models.evidence import CardTrouble
from tests.builders import exams
from tests.fakes.manual_clock import ManualClock


class NoReaders:
    """No reader is attached."""

    def wait(self, seconds: float) -> tuple[ReaderState, ...]:  # noqa: ARG002 - the port hands it over
        return ()

    def interrupt(self) -> None:
        pass

    def connect(self, name: str) -> NoReturn:
        raise AssertionError(name)


def worker(heard: list[Occurrence | Notice]) -> CardWorker:
    def trust() -> TrustStore:
        raise ValueError("a mistake in the program")

    return CardWorker(NoReaders(), trust, ManualClock(), heard.append)


READING = CardReading(
    evidence=exams.card_evidence(),
    holder=exams.holder(),
    portrait=b"",
    trace=ReadTrace(
        apdus=1,
        minimum_apdus=1,
        bytes_sent=0,
        bytes_received=0,
        milliseconds=1.0,
        transport_ms=1.0,
        slowest_apdu_ms=1.0,
        steps=(),
    ),
)


def test_a_fault_in_the_judgement_is_answered_as_an_unreadable_card() -> None:
    heard: list[Occurrence | Notice] = []
    worker(heard)._hear(card_watch.CardRead(reading=READING))
    assert heard == [occurrences.CardNotRead(trouble=CardTrouble.UNREADABLE)]


def test_the_first_reader_counts_and_the_next_takes_its_place() -> None:
    heard: list[Occurrence | Notice] = []
    cards = worker(heard)
    for notice in (
        card_watch.ReaderReady(name="left"),
        card_watch.ReaderReady(name="right"),
        card_watch.ReaderGone(name="left"),
        card_watch.ReaderGone(name="right"),
    ):
        cards._hear(notice)
    assert heard == [ReaderChanged(name=name) for name in ("left", "left", "right", None)]
