"""The PC/SC adapter and the card watch against a real pcscd with virtual readers."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from edge.cards.access_key import CardAccessNumber
from edge.cards.card_reader import CardReaders, CardRemovedError, ReaderLostError, ReaderState
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
from edge.cards.pcsc_card_reader import PcscReaders, PcscSettings
from edge.cards.read_identity_card import ReadPolicy
from models.clock import SystemClock
from models.evidence import CardTrouble
from provisioning.rehearsal.soft_chip.chip import SoftChip
from tests.builders.needed_programs import need
from tests.builders.private_pcscd import PrivatePcscd, pcscd_is_installed
from tests.builders.soft_card import can_of, good_card
from tests.builders.virtual_card import ATR, VirtualCard
from tests.conftest import take_port_pair

FIRST, SECOND = "Virtual PCD 00 00", "Virtual PCD 00 01"
REHEARSAL = PcscSettings(allowed_models=(), rehearsal=True)


@pytest.fixture
def pcscd() -> Iterator[PrivatePcscd]:
    need("pcscd with vsmartcard-vpcd", pcscd_is_installed())
    with PrivatePcscd(take_port_pair()).serving() as pcscd:
        yield pcscd


def until(readers: CardReaders, condition: Callable[[dict[str, ReaderState]], bool]) -> dict[str, ReaderState]:
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at:
        states = {state.name: state for state in readers.wait(0.5)}
        if condition(states):
            return states
    raise AssertionError("the readers never came to that state")


def echo(command: bytes) -> bytes:
    return command + b"\x90\x00"


def test_readers_cards_and_answers_arrive(pcscd: PrivatePcscd) -> None:
    readers = PcscReaders(REHEARSAL)
    until(readers, lambda states: states.keys() == {FIRST, SECOND} and states[FIRST].atr is None)
    card = VirtualCard(pcscd.port, echo)
    card.lay()
    assert until(readers, lambda states: states[FIRST].atr is not None)[FIRST].atr == ATR
    reader = readers.connect(FIRST)
    assert reader.transmit(b"\x00\xb0\x00\x00\x08") == b"\x00\xb0\x00\x00\x08\x90\x00"
    reader.disconnect()
    card.take()
    until(readers, lambda states: states[FIRST].atr is None)
    with pytest.raises(CardRemovedError):
        readers.connect(FIRST)


def test_two_slots_are_two_readers(pcscd: PrivatePcscd) -> None:
    readers = PcscReaders(REHEARSAL)
    cards = [VirtualCard(pcscd.port, lambda _: b"\x01\x90\x00"), VirtualCard(pcscd.port + 1, lambda _: b"\x02\x90\x00")]
    for card in cards:
        card.lay()
    until(readers, lambda states: len(states) == 2 and all(state.atr for state in states.values()))
    assert [readers.connect(name).transmit(b"\x00\x84\x00\x00\x01")[0] for name in (FIRST, SECOND)] == [1, 2]
    for card in cards:
        card.take()


def test_a_card_pulled_out_within_a_command_is_removed(pcscd: PrivatePcscd) -> None:
    readers = PcscReaders(REHEARSAL)

    def respond(_: bytes) -> bytes:
        card.take()
        return b""

    card = VirtualCard(pcscd.port, respond)
    card.lay()
    until(readers, lambda states: FIRST in states and states[FIRST].atr is not None)
    reader = readers.connect(FIRST)
    with pytest.raises(CardRemovedError):
        reader.transmit(b"\x00\xb0\x00\x00\x08")


@pytest.mark.usefixtures("pcscd")
def test_outside_a_rehearsal_virtual_readers_are_not_seen() -> None:
    readers = PcscReaders(PcscSettings(allowed_models=("Virtual PCD",), rehearsal=False))
    give_up_at = time.monotonic() + 20
    while not readers.refused and time.monotonic() < give_up_at:
        assert readers.wait(0.1) == ()
    assert readers.refused.keys() == {FIRST, SECOND}


def test_without_the_service_the_readers_are_lost(pcscd: PrivatePcscd) -> None:
    readers = PcscReaders(REHEARSAL)
    until(readers, lambda states: len(states) == 2)
    pcscd.stop()
    with pytest.raises(ReaderLostError):
        readers.wait(5)
    with pytest.raises(ReaderLostError):
        readers.wait(5)
    pcscd.start()
    until(readers, lambda states: len(states) == 2)


class Watching:
    """A running card watch and its notices."""

    def __init__(self) -> None:
        self.notices: queue.SimpleQueue[Notice] = queue.SimpleQueue()
        self.watch = CardWatch(
            PcscReaders(REHEARSAL), ReadPolicy(hung_after_seconds=1.0), self.notices.put, SystemClock()
        )

    def next(self) -> Notice:
        while True:
            notice = self.notices.get(timeout=20)
            if not isinstance(notice, ReadingAdvanced):
                return notice

    def expect_readers(self) -> None:
        assert {self.next(), self.next()} == {ReaderReady(name=FIRST), ReaderReady(name=SECOND)}


@contextmanager
def watching() -> Iterator[Watching]:
    watching = Watching()
    watching.watch.start()
    yield watching
    watching.watch.stop()


def soft(port: int) -> VirtualCard:
    chip = SoftChip(good_card())
    return VirtualCard(port, chip.respond, chip.reset)


def lay(desk: Watching, card: VirtualCard) -> None:
    card.lay()
    assert desk.next() == CardLaid(reader=FIRST, atr=ATR)


def test_a_card_is_laid_read_taken_and_the_next_one_too(pcscd: PrivatePcscd) -> None:
    with watching() as desk:
        desk.expect_readers()
        for _ in range(2):
            card = soft(pcscd.port)
            lay(desk, card)
            desk.watch.read(can_of(good_card()))
            assert isinstance(desk.next(), CardRead)
            desk.watch.read(CardAccessNumber(digits="000000"))
            wrong = desk.next()
            assert isinstance(wrong, CardNotRead)
            assert wrong.trouble is CardTrouble.WRONG_KEY
            desk.watch.read(can_of(good_card()))
            assert isinstance(desk.next(), CardRead)
            card.take()
            assert desk.next() == CardTaken(reader=FIRST)


def test_refusal_23_a_card_hung_within_a_command_is_given_up_and_the_next_is_read(pcscd: PrivatePcscd) -> None:
    release = threading.Event()
    chip = SoftChip(good_card())

    def respond(command: bytes) -> bytes:
        if command[1] == 0x86:
            release.wait(timeout=30)
        return chip.respond(command)

    with watching() as desk:
        desk.expect_readers()
        hanging = VirtualCard(pcscd.port, respond)
        lay(desk, hanging)
        desk.watch.read(can_of(good_card()))
        hung = desk.next()
        assert isinstance(hung, CardNotRead)
        assert hung.trouble is CardTrouble.READER_HUNG
        hanging.take()
        release.set()
        assert desk.next() == CardTaken(reader=FIRST)
        card = soft(pcscd.port)
        lay(desk, card)
        desk.watch.read(can_of(good_card()))
        assert isinstance(desk.next(), CardRead)
        card.take()


def test_refusal_23_a_card_pulled_out_half_way_is_removed(pcscd: PrivatePcscd) -> None:
    chip = SoftChip(good_card())

    def respond(command: bytes) -> bytes:
        if command[0] == 0x0C and command[1] == 0xB0 and command[2] == 0x05:
            card.take()
        return chip.respond(command)

    with watching() as desk:
        desk.expect_readers()
        card = VirtualCard(pcscd.port, respond)
        lay(desk, card)
        desk.watch.read(can_of(good_card()))
        outcomes = [desk.next(), desk.next()]
        (failure,) = [outcome for outcome in outcomes if isinstance(outcome, CardNotRead)]
        assert failure.trouble is CardTrouble.REMOVED
        assert CardTaken(reader=FIRST) in outcomes


def test_pcscd_killed_and_started_again_is_survived(pcscd: PrivatePcscd) -> None:
    with watching() as desk:
        desk.expect_readers()
        pcscd.stop()
        assert {desk.next(), desk.next()} == {ReaderGone(name=FIRST), ReaderGone(name=SECOND)}
        pcscd.start()
        desk.expect_readers()
        card = soft(pcscd.port)
        lay(desk, card)
        desk.watch.read(can_of(good_card()))
        assert isinstance(desk.next(), CardRead)
        card.take()


def test_pcscd_killed_during_a_reading_ends_it_by_name(pcscd: PrivatePcscd) -> None:
    chip = SoftChip(good_card())

    def respond(command: bytes) -> bytes:
        if command[0] == 0x0C and command[1] == 0xB0 and command[2] == 0x05:
            pcscd.stop()
        return chip.respond(command)

    with watching() as desk:
        desk.expect_readers()
        lay(desk, VirtualCard(pcscd.port, respond))
        desk.watch.read(can_of(good_card()))
        outcomes = [desk.next() for _ in range(4)]
        (failure,) = [outcome for outcome in outcomes if isinstance(outcome, CardNotRead)]
        assert failure.trouble is CardTrouble.READER_LOST
        assert {CardTaken(reader=FIRST), ReaderGone(name=FIRST), ReaderGone(name=SECOND)} < set(outcomes)
