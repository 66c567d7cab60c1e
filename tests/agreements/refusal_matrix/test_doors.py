"""Refusal matrix, rows 15 to 18 and 20: weaker ways in, wrong turns in PACE and secure messaging, wrong numbers."""

from edge.cards.access_key import MrzKey, WrongKeyError
from edge.cards.read_identity_card import ReadPolicy
from models.admission import Light, ReasonCode
from models.chip.verdict import ChipVerdict
from models.evidence import CardTrouble
from provisioning.rehearsal.attacks.attack import Workshop
from provisioning.rehearsal.attacks.attack_list import ATTACKS
from tests.builders.refusal_desk import RefusalDesk, Seen, roster_of
from tests.builders.refusals import FINDINGS, played

_BAC = {0x84, 0x82}
_SECURED = 0x0C


def refused(desk: RefusalDesk, workshop: Workshop, name: str) -> Seen:
    seen = desk.read(ATTACKS[name].make(workshop))
    assert seen.found is FINDINGS[name]
    assert seen.admission(roster_of(workshop.person)).light is not Light.GREEN
    return seen


def broken_off(seen: Seen) -> None:
    """No reading, no keys: row 16 to 18's "abort, wipe"."""
    assert seen.reading is None
    assert seen.keys_are_wiped


@played(15)
def test_row_15_less_than_the_signed_file_promises(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = refused(desk, workshop, name)
    assert not any(command[1] in _BAC for command in seen.commands)


@played(15, "pace-refused", "weaker-curve", "weaker-cipher")
def test_row_15_basic_access_control_on_a_chip_that_has_pace(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    """Where an exam's rules allow the older way in, the signed DG14 says that the chip knew the better one."""
    laid = ATTACKS[name].make(workshop)
    seen = desk.read(laid, key=MrzKey.from_zone(laid.card.mrz), policy=ReadPolicy(allow_bac=True))
    assert seen.found is ChipVerdict.DOWNGRADE
    assert ReasonCode.CHANNEL_BROKEN in seen.admission(roster_of(workshop.person)).reasons


def test_row_15_pace_that_fails_is_not_followed_by_basic_access_control(desk: RefusalDesk, workshop: Workshop) -> None:
    laid = ATTACKS["pace-refused"].make(workshop)
    seen = desk.read(laid, key=MrzKey.from_zone(laid.card.mrz), policy=ReadPolicy(allow_bac=True))
    assert seen.trouble is CardTrouble.REFUSED_CHANNEL
    assert not any(command[1] in _BAC for command in seen.commands)


@played(16)
def test_row_16_a_wrong_token_from_the_card(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = refused(desk, workshop, name)
    broken_off(seen)
    assert not any(command[0] == _SECURED for command in seen.commands)
    assert seen.admission(roster_of(workshop.person)).reasons == (ReasonCode.CHANNEL_BROKEN,)  # as for DOWNGRADE


@played(17)
def test_row_17_answers_that_break_the_secure_channel(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = refused(desk, workshop, name)
    broken_off(seen)
    assert seen.keys


@played(18)
def test_row_18_keys_that_give_the_secret_away(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = refused(desk, workshop, name)
    broken_off(seen)
    assert not any(command[0] == _SECURED for command in seen.commands)


@played(20)
def test_row_20_a_wrong_number_is_tried_once(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = refused(desk, workshop, name)
    broken_off(seen)
    assert isinstance(seen.error, WrongKeyError)
    assert seen.error.tries_left is not None
    assert sum(command[1] == 0x22 for command in seen.commands) == 1
    assert sum(command[1] == 0x86 for command in seen.commands) == 4
    assert seen.admission(roster_of(workshop.person)).reasons == (ReasonCode.WRONG_ACCESS_NUMBER,)
