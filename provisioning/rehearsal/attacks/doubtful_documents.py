"""Rows 12 to 14: cards that are properly signed and still cannot be right, by their dates, digits or names."""

from collections.abc import Callable
from datetime import date
from typing import Final

from msgspec.structs import replace

from provisioning.rehearsal.attacks.attack import Attack, LaidCard, Workshop, days
from provisioning.rehearsal.card_files import CardBuild, usual_build
from provisioning.rehearsal.data_group_writing import common_file, mrz_group
from provisioning.rehearsal.detail_group_writing import document_details_group, national_group
from provisioning.rehearsal.mrz_writing import check_digit, mrz_lines
from provisioning.rehearsal.soft_chip.card import Card, ShortFile

_BIRTH: Final = slice(30, 36)
_COMPOSITE_AT: Final = 59
_CHECK_DIGITS: Final = {"document-number": 14, "citizen-number": 29, "birth": 36, "expiry": 44, "composite": 59}


def _with_zone(workshop: Workshop, card: Card, mrz: str) -> LaidCard:
    return workshop.laid(replace(workshop.signed_anew(card, {ShortFile.DG1: mrz_group(mrz)}), mrz=mrz))


def _expired(workshop: Workshop) -> LaidCard:
    card = workshop.genuine()
    return _with_zone(workshop, card, mrz_lines(workshop.person, workshop.today - days(1)))


def _not_yet_issued(workshop: Workshop) -> LaidCard:
    tomorrow = workshop.today + days(30)
    build = usual_build()
    dated = CardBuild(
        chip_key=build.chip_key,
        active_key=build.active_key,
        more_groups={ShortFile.DG12: document_details_group(tomorrow)},
    )
    return workshop.laid(workshop.signed_anew(workshop.genuine(dated), {}, signed_on=tomorrow))


def _born(digits: Callable[[Workshop], str]) -> Callable[[Workshop], LaidCard]:
    """The six digits of birth in the zone, with check digits that fit."""

    def make(workshop: Workshop) -> LaidCard:
        card = workshop.genuine()
        birth = digits(workshop)
        mrz = card.mrz[: _BIRTH.start] + birth + check_digit(birth) + card.mrz[_BIRTH.stop + 1 :]
        return _with_zone(workshop, card, _with_composite(mrz))

    return make


def _with_composite(mrz: str) -> str:
    digit = check_digit(mrz[5:30] + mrz[30:37] + mrz[38:45] + mrz[48:59])
    return mrz[:_COMPOSITE_AT] + digit + mrz[_COMPOSITE_AT + 1 :]


def _wrong_digit(place: int) -> Callable[[Workshop], LaidCard]:
    """One check digit is wrong; the composite fits what stands there, unless it is the wrong one."""

    def make(workshop: Workshop) -> LaidCard:
        card = workshop.genuine()
        mrz = card.mrz[:place] + str((int(card.mrz[place]) + 1) % 10) + card.mrz[place + 1 :]
        return _with_zone(workshop, card, mrz if place == _COMPOSITE_AT else _with_composite(mrz))

    return make


def _other_name_in_dg13(workshop: Workshop) -> LaidCard:
    build = usual_build()
    files = {ShortFile.DG13: national_group(workshop.person, "Người Khác Hẳn")}
    named = CardBuild(chip_key=build.chip_key, active_key=build.active_key, more_groups=files)
    return workshop.laid(workshop.genuine(named))


def _other_number_in_code(workshop: Workshop) -> LaidCard:
    card = workshop.genuine()
    number, _, rest = card.qr_text.partition("|")
    other = number[:-1] + str((int(number[-1]) + 1) % 10)
    return workshop.laid(replace(card, qr_text=f"{other}|{rest}"))


def _other_list_in_com(workshop: Workshop) -> LaidCard:
    card = workshop.genuine()
    return workshop.with_files(card, {ShortFile.COM: common_file((1, 2, 3, 13))})


def _ahead(today: date) -> str:
    """Six digits of birth that lie in the future however the century is taken: no such month."""
    return f"{today:%y}1301"


DOUBTFUL_DOCUMENTS: Final = {
    "expired-yesterday": Attack(row=12, story="DG1 says that the card lapsed yesterday.", make=_expired),
    "not-yet-issued": Attack(row=12, story="Signed and issued thirty days ahead.", make=_not_yet_issued),
    "born-in-month-thirteen": Attack(
        row=12, story="A date of birth that no calendar has.", make=_born(lambda w: _ahead(w.today))
    ),
    "born-in-another-year": Attack(
        row=12,
        story="A year of birth that the citizen number contradicts.",
        make=_born(lambda w: f"{(w.person.birth_date.year - 40) % 100:02d}{w.person.birth_date:%m%d}"),
    ),
    **{
        f"wrong-digit-{name}": Attack(
            row=13, story=f"The check digit of the zone's part {name} is wrong.", make=_wrong_digit(place)
        )
        for name, place in _CHECK_DIGITS.items()
    },
    "other-name-in-dg13": Attack(row=14, story="DG13, properly signed, names somebody else.", make=_other_name_in_dg13),
    "other-number-in-code": Attack(
        row=14, story="The printed code gives another citizen number than DG1.", make=_other_number_in_code
    ),
    "other-list-in-com": Attack(
        row=14, story="EF.COM, which nobody signs, lists other files than EF.SOD.", make=_other_list_in_com
    ),
}
