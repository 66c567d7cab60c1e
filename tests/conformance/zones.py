"""LDS_B: the machine readable zone in DG1, signed as it stands and judged."""

from typing import Final

from provisioning.rehearsal.data_group_writing import mrz_group
from provisioning.rehearsal.mrz_writing import check_digit
from provisioning.rehearsal.soft_chip.card import ShortFile
from tests.builders.chip_evidence import ZONE, groups
from tests.conformance.case import Case, Entry, NotApplicable
from tests.conformance.der_edits import Edit, at, gone, longer, retagged, same, shorter
from tests.conformance.judged_files import verdict_of_groups

_PASSPORT: Final = "P<VNMNGUYEN<<VAN<AN".ljust(44, "<") + f"C1234567<{check_digit('C1234567<')}VNM0809030M3309036"
_SHORT_NAME: Final = ZONE[:60] + "NGUYEN<<V".ljust(30, "<")


def _card(lays: str, comes_out: str, zone: str) -> Case:
    return Case(lays=lays, run=lambda: _verdict(zone), comes_out=comes_out)


def _file(lays: str, edit: Edit) -> Case:
    return Case(lays=lays, run=lambda: _verdict(ZONE, edit), comes_out="PARSE_ERROR")


def _verdict(zone: str, edit: Edit = same) -> str:
    return verdict_of_groups(groups() | {ShortFile.DG1: edit(mrz_group(zone))})


def _with(start: int, text: str) -> str:
    """The usual zone with `text` from `start` on; dates and the composite get digits that fit."""
    zone = ZONE[:start] + text + ZONE[start + len(text) :]
    zone = zone[:36] + check_digit(zone[30:36]) + zone[37:44] + check_digit(zone[38:44]) + zone[45:]
    return zone[:59] + check_digit(zone[5:37] + zone[38:45] + zone[48:59]) + zone[60:]


def _wrong_digit(place: int) -> str:
    """One check digit is wrong, and the composite fits what stands there."""
    zone = ZONE[:place] + str((int(ZONE[place]) + 1) % 10) + ZONE[place + 1 :]
    return zone if place == 59 else zone[:59] + check_digit(zone[5:37] + zone[38:45] + zone[48:59]) + zone[60:]


def _passport(optional: str, digit: str) -> str:
    zone = _PASSPORT + optional.ljust(14, "<") + digit
    lower = zone[44:]
    return zone + check_digit(lower[:10] + lower[13:20] + lower[21:43])


ZONES: Final[dict[str, Entry]] = {
    "01": _card("A citizen number in the optional field, as cards have it.", "GENUINE", ZONE),
    "02": _card("Other names cut to one letter.", "GENUINE", _SHORT_NAME),
    "03": _card("A name of one part.", "GENUINE", ZONE[:60] + "NGUYEN".ljust(30, "<")),
    "04": _card("A passport's empty optional field, its check digit 0.", "GENUINE", _passport("", "0")),
    "05": _file("Tag 62 instead of 61.", retagged(0x62)),
    "06": _file("The length is one too small.", shorter),
    "07": _file("The length is one too large.", longer),
    "08": _card("A kind of document that does not exist.", "PARSE_ERROR", _with(0, "X")),
    "09": _card("A digit in the issuing state.", "PARSE_ERROR", _with(2, "V1M")),
    "10": _card("No name.", "PARSE_ERROR", ZONE[:60] + "<" * 30),
    "11": NotApplicable(reason="No optical reader at the desk: the proctor compares the card's face with the roster."),
    "12": NotApplicable(reason="No optical reader at the desk; a wrong number would not open the chip by its zone."),
    "13": _card("Check digit of the document number.", "INCONSISTENT", _wrong_digit(14)),
    "14": _card("A digit in the nationality.", "PARSE_ERROR", _with(45, "V1M")),
    "15": _card("A letter in the date of birth.", "INCONSISTENT", _with(30, "08A903")),
    "16": _card("Born in month 13.", "INCONSISTENT", _with(30, "081303")),
    "17": _card("Check digit of the date of birth.", "INCONSISTENT", _wrong_digit(36)),
    "18": _card("A sex that does not exist.", "PARSE_ERROR", _with(37, "X")),
    "19": _card("A letter in the date of expiry.", "INCONSISTENT", _with(38, "33A903")),
    "20": _card("Expires in month 13.", "INCONSISTENT", _with(38, "331303")),
    "21": _card("Check digit of the date of expiry.", "INCONSISTENT", _wrong_digit(44)),
    "22": _card("Check digit of the optional field (the citizen number's).", "INCONSISTENT", _wrong_digit(29)),
    "23": _card("Composite check digit.", "INCONSISTENT", _wrong_digit(59)),
    "24": _file("No zone in the file.", at(0, put=gone)),
    "25": _card("Born on no known day.", "GENUINE", _with(30, "0809<<")),
    "26": _card("Born in no known month.", "GENUINE", _with(30, "08<<03")),
    "27": _card("Born in no known year.", "GENUINE", _with(30, "<<0903")),
    "28": _card("Born at no known date.", "GENUINE", _with(30, "<<<<<<")),
}
