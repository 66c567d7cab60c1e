"""Refusal matrix, row 23: readings that break off leave no keys and no partial result, and the next one succeeds."""

import queue
import threading
from typing import TypeVar

import pytest

from edge.cards.access_key import CardAccessNumber
from edge.cards.card_watch import CardLaid, CardNotRead, CardRead, CardTaken, CardWatch, Notice
from edge.cards.read_identity_card import ReadPolicy
from models.admission import Light
from models.chip.verdict import ChipVerdict
from models.clock import SystemClock
from models.evidence import CardTrouble
from provisioning.rehearsal.attacks.attack import Workshop
from provisioning.rehearsal.attacks.attack_list import ATTACKS, HABITS
from tests.builders.refusal_desk import GIVE_UP_SECONDS, RefusalDesk, Seen, roster_of
from tests.builders.refusals import FINDINGS, played
from tests.builders.until import until

_Kind = TypeVar("_Kind")
_SECURED_READ = (0x0C, 0xB0)


def _next(notices: queue.SimpleQueue[Notice], kind: type[_Kind]) -> _Kind:
    while True:
        notice = notices.get(timeout=GIVE_UP_SECONDS)
        if isinstance(notice, kind):
            return notice


def retryable(desk: RefusalDesk, workshop: Workshop, seen: Seen) -> None:
    """Nothing of the reading is left, nobody is let in, and the next card is read."""
    assert seen.reading is None
    assert seen.keys
    assert seen.keys_are_wiped
    assert seen.admission(roster_of(workshop.person)).light is not Light.GREEN
    assert desk.read(workshop.laid(workshop.genuine())).found is ChipVerdict.GENUINE


@played(23, "pulled-out", "hanging")
def test_row_23_a_file_that_ends_too_early(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = desk.read(ATTACKS[name].make(workshop))
    assert seen.found is FINDINGS[name]
    retryable(desk, workshop, seen)


@pytest.mark.parametrize("name", sorted(HABITS))
def test_row_23_honest_cards_of_other_habits_are_read_to_the_end(
    desk: RefusalDesk, workshop: Workshop, name: str
) -> None:
    """61xx, 6Cxx, 6282, 6B00 and 6700 where the standard allows them."""
    assert desk.read(HABITS[name](workshop)).found is ChipVerdict.GENUINE


def test_row_23_a_card_pulled_out(desk: RefusalDesk, workshop: Workshop) -> None:
    seen = desk.read(ATTACKS["pulled-out"].make(workshop))
    assert seen.found is FINDINGS["pulled-out"]
    desk.lay()
    retryable(desk, workshop, seen)


def test_row_23_a_reader_unplugged(desk: RefusalDesk, workshop: Workshop) -> None:
    """The whole service goes with its readers, in the middle of a file."""

    def unplug(command: bytes) -> None:
        if tuple(command[:2]) == _SECURED_READ and command[2] == 0x05:
            desk.pcscd.stop()

    desk.before_answer = unplug
    seen = desk.read(workshop.laid(workshop.genuine()))
    desk.before_answer = lambda _: None
    assert seen.trouble is CardTrouble.READER_LOST
    desk.pcscd.start()
    desk.lay()
    retryable(desk, workshop, seen)


def test_row_23_a_card_that_hangs(desk: RefusalDesk, workshop: Workshop) -> None:
    """The watch gives the reading up; its thread ends, and with it the keys, once the card is gone."""
    laid = ATTACKS["hanging"].make(workshop)
    desk.play(laid.card)
    notices: queue.SimpleQueue[Notice] = queue.SimpleQueue()
    watch = CardWatch(desk.readers, ReadPolicy(hung_after_seconds=1.0), notices.put, SystemClock())
    watch.start()
    _next(notices, CardLaid)
    watch.read(CardAccessNumber(digits=laid.access_number))
    given_up = _next(notices, CardNotRead)
    assert desk.hung.is_set()
    assert given_up.trouble is FINDINGS["hanging"]
    desk.take()
    desk.release.set()
    _next(notices, CardTaken)
    until(lambda: not any(thread.name.startswith("card-reading-") for thread in threading.enumerate()))
    genuine = workshop.laid(workshop.genuine())
    desk.play(genuine.card)
    desk.lay_unseen()
    _next(notices, CardLaid)
    watch.read(CardAccessNumber(digits=genuine.access_number))
    assert _next(notices, CardRead).reading.holder is not None
    watch.stop()
