import queue
import threading
from collections.abc import Callable, Iterator

import pytest

from edge.cards.access_key import CardAccessNumber
from edge.cards.card_reader import CardRemovedError
from edge.cards.card_watch import (
    CardLaid,
    CardNotRead,
    CardRead,
    CardTaken,
    CardWatch,
    Notice,
    ReaderGone,
    ReaderReady,
    ReadingAdvanced,
)
from edge.cards.read_identity_card import ReadPolicy
from models.clock import SystemClock
from models.evidence import CardTrouble
from provisioning.rehearsal.soft_chip.chip import SoftChip
from tests.builders.soft_card import can_of, good_card
from tests.fakes.scripted_card_reader import ScriptedCardReaders

ATR = b"\x3b\x80\x80\x01\x01"


class Bench:
    """A watch over scripted readers, and what it said."""

    def __init__(self) -> None:
        self.readers = ScriptedCardReaders()
        self.notices: queue.SimpleQueue[Notice] = queue.SimpleQueue()
        self.watch = CardWatch(self.readers, ReadPolicy(hung_after_seconds=3.0), self.notices.put, SystemClock())

    def next(self) -> Notice:
        """The next notice that is not about progress."""
        while True:
            notice = self.notices.get(timeout=30)
            if not isinstance(notice, ReadingAdvanced):
                return notice

    def lay_and_see(self, respond: Callable[[bytes], bytes]) -> None:
        self.readers.lay("desk", respond)
        assert self.next() == CardLaid(reader="desk", atr=ATR)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    bench.readers.plug("desk")
    bench.watch.start()
    assert bench.next() == ReaderReady(name="desk")
    yield bench
    bench.watch.stop()


def good() -> Callable[[bytes], bytes]:
    return SoftChip(good_card()).respond


def test_a_card_is_laid_read_and_taken(bench: Bench) -> None:
    bench.lay_and_see(good())
    bench.watch.read(can_of(good_card()))
    first = bench.notices.get(timeout=30)
    assert isinstance(first, ReadingAdvanced)
    assert first.step.share == 0.0
    assert isinstance(bench.next(), CardRead)
    bench.readers.take("desk")
    assert bench.next() == CardTaken(reader="desk")


def test_the_same_card_can_be_read_again_with_another_key(bench: Bench) -> None:
    bench.lay_and_see(good())
    bench.watch.read(CardAccessNumber(digits="000000"))
    refused = bench.next()
    assert isinstance(refused, CardNotRead)
    assert refused.trouble is CardTrouble.WRONG_KEY
    bench.watch.read(can_of(good_card()))
    assert isinstance(bench.next(), CardRead)


def test_reading_without_a_card_is_answered(bench: Bench) -> None:
    bench.watch.read(can_of(good_card()))
    notice = bench.next()
    assert isinstance(notice, CardNotRead)
    assert notice.trouble is CardTrouble.REMOVED


def test_readers_come_and_go(bench: Bench) -> None:
    bench.readers.plug("second")
    assert bench.next() == ReaderReady(name="second")
    bench.lay_and_see(good())
    bench.readers.unplug("desk")
    assert bench.next() == CardTaken(reader="desk")
    assert bench.next() == ReaderGone(name="desk")


def test_the_service_stops_and_comes_back(bench: Bench) -> None:
    bench.readers.lose_service()
    assert bench.next() == ReaderGone(name="desk")
    bench.readers.restore_service()
    assert bench.next() == ReaderReady(name="desk")
    bench.lay_and_see(good())
    bench.watch.read(can_of(good_card()))
    assert isinstance(bench.next(), CardRead)


class Gate:
    """A card that stops answering at its fourth command until the test lets it go on."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()
        self.answered = threading.Event()
        self._chip = SoftChip(good_card())
        self._count = 0

    def respond(self, command: bytes) -> bytes:
        self._count += 1
        if self._count == 4:
            self.reached.set()
            assert self.open.wait(timeout=30)
        answer = self._chip.respond(command)
        if command[1] == 0xB0 and command[2] == 0x8F:
            self.answered.set()
        return answer


def test_refusal_23_a_hung_reader_is_given_up_and_the_next_card_is_read(bench: Bench) -> None:
    gate = Gate()
    bench.lay_and_see(gate.respond)
    bench.watch.read(can_of(good_card()))
    hung = bench.next()
    assert isinstance(hung, CardNotRead)
    assert hung.trouble is CardTrouble.READER_HUNG
    bench.readers.take("desk")
    assert bench.next() == CardTaken(reader="desk")
    bench.lay_and_see(good())
    bench.watch.read(can_of(good_card()))
    assert isinstance(bench.next(), CardRead)
    gate.open.set()


def test_a_late_answer_is_never_taken_for_the_next_cards(bench: Bench) -> None:
    late, second = Gate(), Gate()
    bench.lay_and_see(late.respond)
    bench.watch.read(can_of(good_card()))
    assert late.reached.wait(timeout=30)
    bench.readers.take("desk")
    taken = bench.next()
    assert isinstance(taken, CardNotRead)
    assert taken.trouble is CardTrouble.REMOVED
    assert bench.next() == CardTaken(reader="desk")
    bench.lay_and_see(second.respond)
    bench.watch.read(CardAccessNumber(digits="000000"))
    assert second.reached.wait(timeout=30)
    late.open.set()
    assert late.answered.wait(timeout=30), "the first card was read to its last file after it had been given up"
    second.open.set()
    outcome = bench.next()
    assert isinstance(outcome, CardNotRead)
    assert outcome.trouble is CardTrouble.WRONG_KEY


def test_another_request_during_a_reading_changes_nothing(bench: Bench) -> None:
    gate = Gate()
    bench.lay_and_see(gate.respond)
    bench.watch.read(can_of(good_card()))
    assert gate.reached.wait(timeout=30)
    bench.watch.read(CardAccessNumber(digits="000000"))
    gate.open.set()
    assert isinstance(bench.next(), CardRead)
    bench.readers.take("desk")
    assert bench.next() == CardTaken(reader="desk")


def test_a_quick_exchange_of_cards_is_seen_as_taken_and_laid(bench: Bench) -> None:
    bench.lay_and_see(good())
    bench.readers.lay("desk", good())
    assert bench.next() == CardTaken(reader="desk")
    assert bench.next() == CardLaid(reader="desk", atr=ATR)


def test_a_card_pulled_out_during_the_reading_is_answered_once(bench: Bench) -> None:
    def respond(command: bytes) -> bytes:
        if command[1] == 0x86:
            bench.readers.take("desk")
            raise CardRemovedError("The card left the reader. Lay it down again.")
        return chip.respond(command)

    chip = SoftChip(good_card())
    bench.lay_and_see(respond)
    bench.watch.read(can_of(good_card()))
    notices = {type(bench.next()), type(bench.next())}
    assert notices == {CardNotRead, CardTaken}
    bench.readers.plug("second")
    assert bench.next() == ReaderReady(name="second")


def test_a_fault_of_the_program_is_answered_and_the_watch_goes_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def respond(_: bytes) -> bytes:
        raise ZeroDivisionError

    bench.lay_and_see(respond)
    bench.watch.read(can_of(good_card()))
    notice = bench.next()
    assert isinstance(notice, CardNotRead)
    assert notice.trouble is CardTrouble.UNREADABLE
    assert "ZeroDivisionError" in caplog.text
    bench.watch.read(can_of(good_card()))
    assert isinstance(bench.next(), CardNotRead)


def test_a_card_that_lies_there_at_the_start_is_reported() -> None:
    bench = Bench()
    bench.readers.plug("desk")
    bench.readers.lay("desk", good())
    bench.watch.start()
    assert [bench.next(), bench.next()] == [ReaderReady(name="desk"), CardLaid(reader="desk", atr=ATR)]
    bench.watch.stop()


def test_stopping_ends_the_watch_also_during_a_reading(bench: Bench) -> None:
    gate = Gate()
    bench.lay_and_see(gate.respond)
    bench.watch.read(can_of(good_card()))
    assert gate.reached.wait(timeout=30)
    bench.watch.stop()
    gate.open.set()
    assert not any(thread.name == "card-watch" for thread in threading.enumerate())
