"""Extended length is found out once for each kind of card, kept over a restart, and dropped on the first error."""

import queue
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.cards.card_reader import CardRemovedError
from edge.cards.card_watch import CardLaid, CardNotRead, CardRead, CardWatch, Notice, ReaderReady, ReadingAdvanced
from edge.cards.read_identity_card import ReadPolicy
from edge.cards.read_sizes import EXTENDED, ReadSizes
from models.clock import SystemClock
from models.evidence import CardTrouble
from provisioning.rehearsal.soft_chip.card import Card, PulledOut, ShortFile
from provisioning.rehearsal.soft_chip.chip import CardGoneError, SoftChip
from provisioning.rehearsal.soft_chip.dialect import SHORT_ONLY
from tests.builders.soft_card import can_of, good_card
from tests.fakes.scripted_card_reader import ScriptedCardReaders

ATR = b"\x3b\x80"


def test_a_new_kind_of_card_is_tried_once_and_what_worked_is_remembered(tmp_path: Path) -> None:
    sizes = ReadSizes(tmp_path / "sizes.json")
    assert sizes.begin("desk", ATR) == EXTENDED
    sizes.worked("desk", ATR, EXTENDED)
    assert ReadSizes(tmp_path / "sizes.json").begin("desk", ATR) == EXTENDED
    assert ReadSizes(tmp_path / "sizes.json").begin("other desk", ATR) == EXTENDED


def test_a_program_that_dies_over_the_first_try_does_not_try_again(tmp_path: Path) -> None:
    assert ReadSizes(tmp_path / "sizes.json").begin("desk", ATR) == EXTENDED
    assert ReadSizes(tmp_path / "sizes.json").begin("desk", ATR) is None


def test_the_first_error_drops_it_and_another_trouble_teaches_nothing(tmp_path: Path) -> None:
    sizes = ReadSizes(tmp_path / "sizes.json")
    sizes.worked("desk", ATR, EXTENDED)
    sizes.failed("desk", ATR)
    assert sizes.begin("desk", ATR) is None
    sizes.untold("desk", ATR)
    assert sizes.begin("desk", ATR) == EXTENDED


def test_a_damaged_or_unwritable_file_costs_nothing_but_memory(tmp_path: Path) -> None:
    (tmp_path / "sizes.json").write_bytes(b"not json")
    assert ReadSizes(tmp_path / "sizes.json").begin("desk", ATR) == EXTENDED
    nowhere = ReadSizes(tmp_path / "absent" / "sizes.json")
    assert nowhere.begin("desk", ATR) == EXTENDED
    assert nowhere.begin("desk", ATR) is None


def test_many_kinds_of_cards_do_not_grow_the_file_for_ever(tmp_path: Path) -> None:
    sizes = ReadSizes(tmp_path / "sizes.json")
    for number in range(600):
        sizes.begin("desk", number.to_bytes(2))
    assert (tmp_path / "sizes.json").stat().st_size < 8192


class Bench:
    """A watch that remembers, on one scripted reader."""

    def __init__(self, file: Path) -> None:
        self.readers = ScriptedCardReaders()
        self.notices: queue.SimpleQueue[Notice] = queue.SimpleQueue()
        self.watch = CardWatch(self.readers, ReadPolicy(), self.notices.put, SystemClock(), read_sizes=ReadSizes(file))

    def next(self) -> Notice:
        while True:
            notice = self.notices.get(timeout=30)
            if not isinstance(notice, ReadingAdvanced):
                return notice

    def read(self, card: Card) -> Notice:
        chip = SoftChip(card)

        def respond(command: bytes) -> bytes:
            if command.startswith(b"\x00\xb0\x9c"):  # a conversation begins: the card was reset after the last one
                chip.reset()
            try:
                return chip.respond(command)
            except CardGoneError as error:
                raise CardRemovedError("The card left the reader.") from error

        self.readers.lay("desk", respond)
        assert isinstance(self.next(), CardLaid)
        self.watch.read(can_of(card))
        answer = self.next()
        self.readers.take("desk")
        self.next()
        return answer


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "sizes.json")
    bench.readers.plug("desk")
    bench.watch.start()
    assert bench.next() == ReaderReady(name="desk")
    yield bench
    bench.watch.stop()


def test_a_card_with_extended_length_is_read_in_few_commands(bench: Bench) -> None:
    answer = bench.read(good_card())
    assert isinstance(answer, CardRead)
    assert answer.reading.trace.apdus < 30


def test_a_card_without_it_is_read_in_short_form_at_once_and_from_then_on(bench: Bench) -> None:
    card = replace(good_card(), dialect=SHORT_ONLY)
    for _ in range(2):
        answer = bench.read(card)
        assert isinstance(answer, CardRead)
        assert answer.reading.trace.apdus > 60
    in_short_form = bench.read(good_card())
    assert isinstance(in_short_form, CardRead)
    assert in_short_form.reading.trace.apdus > 60


def test_a_card_pulled_out_during_the_first_try_teaches_nothing(bench: Bench) -> None:
    pulled = replace(good_card(), fault=PulledOut(file=ShortFile.DG2, at_octet=100))
    answer = bench.read(pulled)
    assert isinstance(answer, CardNotRead)
    assert answer.trouble is CardTrouble.REMOVED
    again = bench.read(good_card())
    assert isinstance(again, CardRead)
    assert again.reading.trace.apdus < 30
