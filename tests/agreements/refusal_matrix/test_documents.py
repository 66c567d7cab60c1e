"""Refusal matrix, rows 12 to 14: properly signed cards that cannot be right, or that speak of somebody else."""

from msgspec.structs import replace

from edge.cards.access_key import CardAccessNumber
from edge.cards.card_code import access_number_in
from models.admission import Light, ReasonCode, latin_name
from models.chip.national_record import NationalRecordUse, read_national_record
from models.chip.verdict import CheckResult, ChipVerdict
from models.evidence import CardTrouble
from models.identifiers import CitizenId
from provisioning.rehearsal.attacks.attack import Workshop
from provisioning.rehearsal.attacks.attack_list import ATTACKS
from provisioning.rehearsal.soft_chip.card import ShortFile
from tests.builders.exams import bundle, candidate
from tests.builders.refusal_desk import RefusalDesk, roster_of
from tests.builders.refusals import FINDINGS, played

_READ_DG13, _READ_COM = b"\x0c\xb0\x8d", b"\x0c\xb0\x9e"


@played(12)
def test_row_12_dates_that_cannot_be(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = desk.read(ATTACKS[name].make(workshop))
    assert seen.found is FINDINGS[name]
    assert seen.admission(roster_of(workshop.person)).light is not Light.GREEN


@played(13)
def test_row_13_a_check_digit_that_does_not_fit(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = desk.read(ATTACKS[name].make(workshop))
    assert seen.found is FINDINGS[name]
    assert seen.admission(roster_of(workshop.person)).light is Light.RED


def test_row_14_a_name_that_the_roster_does_not_have(desk: RefusalDesk, workshop: Workshop) -> None:
    seen = desk.read(workshop.laid(workshop.genuine()))
    answer = seen.admission(bundle(candidates=(candidate(citizen_id=workshop.person.citizen_id),)))
    assert answer.light is Light.AMBER
    assert ReasonCode.NAME_DIFFERS in answer.reasons


def test_row_14_a_number_that_the_roster_does_not_have(desk: RefusalDesk, workshop: Workshop) -> None:
    seen = desk.read(workshop.laid(workshop.genuine()))
    answer = seen.admission(bundle(candidates=(candidate(citizen_id=CitizenId("001208012346")),)))
    assert (answer.light, answer.candidate) == (Light.RED, None)
    assert ReasonCode.NOT_ON_LIST in answer.reasons


def test_row_14_a_code_of_another_number_does_not_open_the_chip(desk: RefusalDesk, workshop: Workshop) -> None:
    laid = ATTACKS["other-number-in-code"].make(workshop)
    digits = access_number_in(laid.card.qr_text)
    assert digits is not None
    assert digits != laid.access_number
    assert desk.read(laid, key=CardAccessNumber(digits=digits)).trouble is CardTrouble.WRONG_KEY


def test_row_14_a_code_that_opens_the_chip_still_names_nobody(desk: RefusalDesk, workshop: Workshop) -> None:
    """Same last six digits, another person: whom the desk answers for is the chip's word alone."""
    laid = workshop.laid(workshop.genuine())
    digits = access_number_in(f"999999{laid.access_number}|||")
    assert digits is not None
    answer = desk.read(laid, key=CardAccessNumber(digits=digits)).admission(roster_of(workshop.person))
    assert answer.candidate is not None
    assert answer.candidate.citizen_id == workshop.person.citizen_id


def test_row_14_national_data_are_not_read_and_would_name_somebody_else(desk: RefusalDesk, workshop: Workshop) -> None:
    """DG13 holds religion and parents: no check-in reads it. Whoever may read it sees the two names differ."""
    laid = ATTACKS["other-name-in-dg13"].make(workshop)
    seen = desk.read(laid)
    assert not any(command.startswith(_READ_DG13) for command in seen.commands)
    assert seen.reading is not None
    assert 13 not in seen.reading.evidence.data_groups
    record = read_national_record(laid.card.files[ShortFile.DG13], NationalRecordUse.COMPARE_NAME_AND_NUMBER)
    assert seen.reading.holder is not None
    assert latin_name(record.full_name) != seen.reading.holder.name


def test_row_14_an_unsigned_list_of_files_is_not_read(desk: RefusalDesk, workshop: Workshop) -> None:
    seen = desk.read(ATTACKS["other-list-in-com"].make(workshop))
    assert seen.found is ChipVerdict.GENUINE
    assert seen.checks["chip key files"] is CheckResult.PASSED
    assert not any(command.startswith(_READ_COM) for command in seen.commands)


def test_row_14_a_zone_of_another_birth_than_the_rosters(desk: RefusalDesk, workshop: Workshop) -> None:
    roster = roster_of(workshop.person)
    (listed,) = roster.session.candidates
    other = replace(listed, birth_date=listed.birth_date.replace(year=listed.birth_date.year - 1))
    changed = replace(roster, session=replace(roster.session, candidates=(other,)))
    answer = desk.read(workshop.laid(workshop.genuine())).admission(changed)
    assert (answer.light, answer.reasons) == (Light.AMBER, (ReasonCode.BIRTH_DATE_DIFFERS,))
