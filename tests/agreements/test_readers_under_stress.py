"""Sixteen desks on sixteen virtual readers of one real pcscd: none suffers from another's reader, card or hang.

Each desk has a card watch that sees its own reader only. Not here: one desk alone (`test_pcscd`).
"""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from edge.cards.card_watch import CardLaid, CardNotRead, CardRead, CardTaken, CardWatch, Notice, ReaderGone, ReaderReady
from edge.cards.pcsc_card_reader import PcscReaders, PcscSettings
from edge.cards.read_identity_card import ReadPolicy
from models.clock import SystemClock
from models.evidence import CardTrouble
from provisioning.rehearsal.card_files import CardVariant
from provisioning.rehearsal.soft_chip.chip import SoftChip
from tests.builders.needed_programs import need
from tests.builders.private_pcscd import PrivatePcscd, pcscd_is_installed
from tests.builders.soft_card import can_of, file_of, good_card
from tests.builders.until import until
from tests.builders.virtual_card import VirtualCard
from tests.conftest import take_port_row

NAMES = tuple(f"Room Reader {place}" for place in range(8))
READERS = tuple(f"{name} 00 {slot:02}" for name in NAMES for slot in (0, 1))
LONGEST_SECONDS = 60.0
Respond = Callable[[bytes], bytes]


@pytest.fixture
def pcscd() -> Iterator[PrivatePcscd]:
    need("pcscd with vsmartcard-vpcd", pcscd_is_installed())
    with PrivatePcscd(take_port_row(len(READERS)), names=NAMES).serving() as pcscd:
        yield pcscd


class Desk:
    """The card watch of one reader, its notices, and the cards laid there."""

    def __init__(self, place: int, port: int, policy: ReadPolicy) -> None:
        self.reader = READERS[place]
        self.port = port
        self._notices: queue.SimpleQueue[Notice] = queue.SimpleQueue()
        settings = PcscSettings(allowed_models=(self.reader,), rehearsal=False, driver_folders=())
        self.watch = CardWatch(PcscReaders(settings), policy, self._notices.put, SystemClock())

    def next(self, *kinds: type[Notice]) -> Notice:
        """The next notice of one of `kinds`; others are passed over."""
        while True:
            notice = self._notices.get(timeout=LONGEST_SECONDS)
            if isinstance(notice, kinds):
                return notice

    def lay(self, respond: Respond | None = None) -> VirtualCard:
        """A good card, or what answers by `respond`."""
        chip = SoftChip(good_card())
        card = VirtualCard(self.port, respond or chip.respond, chip.reset)
        card.lay()
        return card

    def see(self) -> None:
        """Wait until the watch has seen the card that was just laid."""
        self.next(CardLaid)

    def ask(self) -> None:
        self.watch.read(can_of(good_card()))

    def outcome(self) -> Notice:
        return self.next(CardRead, CardNotRead)


@contextmanager
def desks(pcscd: PrivatePcscd, hung_after_seconds: float = 30.0) -> Iterator[list[Desk]]:
    """One for each reader; afterwards no thread of theirs is left."""
    policy = ReadPolicy(hung_after_seconds=hung_after_seconds)
    opened = [Desk(place, pcscd.port + place, policy) for place in range(len(READERS))]
    with ExitStack() as running:
        for desk in opened:
            desk.watch.start()
            running.callback(desk.watch.stop)
        for desk in opened:
            assert desk.next(ReaderReady) == ReaderReady(name=desk.reader)
        yield opened
    until(lambda: not _card_threads())


def have_all_read(desks: list[Desk]) -> None:
    """Once every card that was just laid has been seen."""
    for desk in desks:
        desk.see()
    for desk in desks:
        desk.ask()


def _card_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("card-")]


def _readings() -> int:
    return sum(name.startswith("card-reading-") for name in _card_threads())


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_one_box_sees_all_sixteen_readers_and_their_cards(pcscd: PrivatePcscd) -> None:
    readers = PcscReaders(PcscSettings(allowed_models=(), rehearsal=True))
    chip = SoftChip(good_card())
    for place in range(len(READERS)):
        VirtualCard(pcscd.port + place, chip.respond, chip.reset).lay()
    until(lambda: {state.name for state in readers.wait(0.5) if state.atr is not None} == set(READERS))


def test_sixteen_cards_are_read_at_once(pcscd: PrivatePcscd) -> None:
    with desks(pcscd) as opened:
        cards = [desk.lay() for desk in opened]
        have_all_read(opened)
        outcomes = [desk.outcome() for desk in opened]
        assert [type(outcome) for outcome in outcomes] == [CardRead] * len(READERS)
        until(lambda: len(_card_threads()) == len(READERS))
        for card in cards:
            card.take()


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets the cards that hang go on; set at the end in any case."""
    event = threading.Event()
    yield event
    event.set()


def test_readers_that_hang_for_ever_hold_up_nobody_else(pcscd: PrivatePcscd, release: threading.Event) -> None:
    hung_places = (3, 8)

    def hang(chip: SoftChip, command: bytes) -> bytes:
        if command[1] == 0x86:
            release.wait()
        return chip.respond(command)

    with desks(pcscd, hung_after_seconds=5.0) as opened:
        stuck = [opened[place] for place in hung_places]
        hanging = [desk.lay(partial(hang, SoftChip(good_card()))) for desk in stuck]
        for desk in stuck:
            desk.see()
            desk.ask()
        others = [desk for desk in opened if desk not in stuck]
        cards = [desk.lay() for desk in others]
        for desk in others:  # one after the other: what is asked is not speed, but that nobody waits for the hung ones
            desk.see()
            desk.ask()
            assert isinstance(desk.outcome(), CardRead)
        for desk in stuck:
            hung = desk.outcome()
            assert isinstance(hung, CardNotRead)
            assert hung.trouble is CardTrouble.READER_HUNG
        assert _readings() == len(hung_places)
        for card in hanging:
            card.take()
        release.set()
        until(lambda: _readings() == 0)  # one that lets go late resets whatever card lies there by then
        for desk in stuck:
            assert desk.next(CardTaken) == CardTaken(reader=desk.reader)
            cards.append(desk.lay())
            desk.see()
            desk.ask()
            assert isinstance(desk.outcome(), CardRead)
        for card in cards:
            card.take()


def pulled_and_laid(desk: Desk, first: VirtualCard, second: SoftChip) -> None:
    """So fast that the reader may not notice."""
    first.take()
    VirtualCard(desk.port, second.respond, second.reset).lay()


def switched_over(_desk: Desk, first: VirtualCard, second: SoftChip) -> None:
    """By a device between the reader and two cards: nothing that the reader could notice."""
    first.respond = second.respond


@pytest.mark.parametrize(
    ("change", "troubles"),
    [
        (pulled_and_laid, {CardTrouble.REMOVED, CardTrouble.UNREADABLE}),
        (switched_over, {CardTrouble.REFUSED_CHANNEL}),
    ],
)
@pytest.mark.parametrize("instruction", [0xB0, 0x88], ids=["within the reading", "at active authentication"])
def test_refusal_24_a_card_changed_for_another_after_pace_ends_the_session_and_is_opened_anew(
    pcscd: PrivatePcscd,
    change: Callable[[Desk, VirtualCard, SoftChip], None],
    troubles: set[CardTrouble],
    instruction: int,
) -> None:
    other = good_card(CardVariant.EXPIRED)
    first, second = SoftChip(good_card()), SoftChip(other)
    changed = threading.Event()
    with desks(pcscd) as opened:
        desk, neighbour = opened[:2]

        def respond(command: bytes) -> bytes:
            if command[:2] == bytes((0x0C, instruction)) and not changed.is_set():
                changed.set()
                change(desk, card, second)
                return b"" if change is pulled_and_laid else second.respond(command)
            return first.respond(command)

        card = desk.lay(respond)
        neighbour.lay()
        desk.see()
        desk.ask()
        neighbour.see()
        neighbour.ask()
        outcome = desk.outcome()
        assert isinstance(outcome, CardNotRead)
        assert outcome.trouble in troubles
        assert isinstance(neighbour.outcome(), CardRead)

        def read_again() -> bool:
            desk.ask()
            again = desk.outcome()
            return isinstance(again, CardRead) and again.reading.evidence.data_groups[1] == file_of(other, 1)

        until(read_again)


def test_pcscd_killed_under_sixteen_readings_and_started_again(pcscd: PrivatePcscd) -> None:
    descriptors = []

    def kill(chip: SoftChip, command: bytes) -> bytes:
        if command[:2] == b"\x0c\x88":
            pcscd.stop()
        return chip.respond(command)

    with desks(pcscd) as opened:
        for _ in range(2):
            opened[0].lay(partial(kill, SoftChip(good_card())))
            for desk in opened[1:]:
                desk.lay()
            have_all_read(opened)
            outcomes = [desk.outcome() for desk in opened]
            assert isinstance(outcomes[0], CardNotRead)
            lost = {outcome.trouble for outcome in outcomes if isinstance(outcome, CardNotRead)}
            assert lost == {CardTrouble.READER_LOST}
            for desk in opened:
                assert desk.next(ReaderGone) == ReaderGone(name=desk.reader)
            until(lambda: _readings() == 0)
            pcscd.start()
            for desk in opened:
                assert desk.next(ReaderReady) == ReaderReady(name=desk.reader)
            descriptors.append(_descriptors())
        for desk in opened:
            desk.lay()
        have_all_read(opened)
        assert [type(desk.outcome()) for desk in opened] == [CardRead] * len(READERS)
    assert descriptors[0] == descriptors[1]
