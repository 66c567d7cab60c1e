"""Refusal matrix, rows 1 to 5, 19 and 24: copies, exchanged keys, proofs that fail, cards swapped on the reader."""

import pytest

from edge.cards.access_key import CardAccessNumber
from models.admission import Light
from models.chip.verdict import CheckResult, ChipVerdict
from models.evidence import CardTrouble
from provisioning.rehearsal.attacks.attack import Workshop
from provisioning.rehearsal.attacks.attack_list import ATTACKS
from tests.builders.refusal_desk import RefusalDesk, Seen, roster_of
from tests.builders.refusals import FINDINGS, played

_INTERNAL_AUTHENTICATE, _SET_ENVIRONMENT = 0x88, 0x22
_SECURED = 0x0C


def refused(desk: RefusalDesk, workshop: Workshop, name: str) -> Seen:
    """What was seen; it is what the table says, and nobody is let in by it."""
    seen = desk.read(ATTACKS[name].make(workshop))
    assert seen.found is FINDINGS[name]
    assert seen.admission(roster_of(workshop.person)).light is not Light.GREEN
    return seen


def test_the_desk_lets_the_genuine_card_in(desk: RefusalDesk, workshop: Workshop) -> None:
    seen = desk.read(workshop.laid(workshop.genuine()))
    assert seen.found is ChipVerdict.GENUINE
    assert seen.admission(roster_of(workshop.person)).light is Light.GREEN


@played(1)
def test_row_01_files_copied_to_another_chip(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = refused(desk, workshop, name)
    assert seen.checks["proof of the chip"] is not CheckResult.PASSED


@played(2)
def test_row_02_the_cloners_own_keys(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = refused(desk, workshop, name)
    assert seen.checks["proof of the chip"] is not CheckResult.PASSED


@played(3)
def test_row_03_a_chip_that_refuses_or_fails_its_proof(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = refused(desk, workshop, name)
    assert seen.checks["certificate chain"] is CheckResult.PASSED  # and it does not help


@played(4)
def test_row_04_listed_key_files_that_are_gone(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    assert refused(desk, workshop, name).checks["chip key files"] is CheckResult.FAILED


@played(5)
def test_row_05_a_bit_turned_or_another_portrait(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    assert refused(desk, workshop, name).checks["data group hashes"] is CheckResult.FAILED


@played(19)
def test_row_19_weak_keys_and_challenges_used_before(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    assert refused(desk, workshop, name).checks["active authentication"] is CheckResult.FAILED


@played(24)
def test_row_24_another_chip_takes_over_the_session(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    assert refused(desk, workshop, name).keys_are_wiped


@pytest.mark.parametrize("instruction", [_SET_ENVIRONMENT, _INTERNAL_AUTHENTICATE])
def test_row_24_a_card_taken_before_its_proof_starts_anew(
    desk: RefusalDesk, workshop: Workshop, instruction: int
) -> None:
    """Before chip authentication or before active authentication the card goes and another one of the holder comes."""

    def swap(command: bytes) -> None:
        if command[0] == _SECURED and command[1] == instruction:
            desk.take()

    desk.before_answer = swap
    seen = desk.read(workshop.laid(workshop.genuine()))
    desk.before_answer = lambda _: None
    assert seen.trouble is CardTrouble.REMOVED
    assert seen.keys
    assert seen.keys_are_wiped
    assert seen.reading is None
    desk.lay()
    other = workshop.laid(workshop.genuine())
    again = desk.read(other, key=CardAccessNumber(digits=other.access_number))
    assert again.found is ChipVerdict.GENUINE
    assert sum(command[1] == 0x86 for command in again.commands if command[0] == 0x10) == 3  # PACE from its beginning
