"""One test per live id of BSI TR-03105 Part 5.1, the id in its name; self-assessed, not a certification."""

import csv
import re
from pathlib import Path
from typing import assert_never

import pytest

from tests.conformance.case import Case, NotApplicable, NotTried, Shortfall
from tests.conformance.live_cases import LIVE, live_cases

_CASES = live_cases()
_BY_FAMILY = {
    "ISO7816_A": 3, "ISO7816_B": 10, "ISO7816_C": 8, "ISO7816_D": 15, "ISO7816_F": 8, "ISO7816_G": 40,
    "LDS_A": 10, "LDS_B": 28, "LDS_C": 28, "LDS_F": 7, "LDS_H": 95, "LDS_I": 3, "LDS_J": 4, "LDS_K": 4,
}  # fmt: skip
_OUT_OF_SCOPE = re.compile(r"ISO7816_E|LDS_[DEG]")
_DELETED = {"ISO7816_F_03", "ISO7816_G_37", "LDS_H_16", "LDS_H_34", "LDS_H_35"}


@pytest.mark.parametrize("identifier", _CASES)
def test_case(identifier: str) -> None:
    match _CASES[identifier]:
        case Case(run=run, comes_out=comes_out):
            assert run() == comes_out
        case Shortfall(case=case, lacks=lacks):
            if case.run() != case.comes_out:
                pytest.xfail(lacks)
            raise AssertionError("It comes out as it should by now: make it a case.")
        case NotApplicable(reason=reason):
            pytest.skip(f"not applicable: {reason}")
        case NotTried():
            pytest.skip("not tried yet")
        case unknown:
            assert_never(unknown)


def test_every_live_id_has_its_entry_and_the_families_add_up() -> None:
    counted = {family: sum(name.startswith(f"{family}_") for name in _CASES) for family in _BY_FAMILY}
    assert (counted, len(_CASES), sum(_BY_FAMILY.values())) == (_BY_FAMILY, LIVE, LIVE)


def test_the_published_list_minus_what_is_deleted_and_out_of_scope_is_ours(chip_data_folder: Path) -> None:
    with (chip_data_folder / "tr03105_5_1_cases.csv").open(encoding="utf-8", newline="") as file:
        published = {row["id"] for row in csv.DictReader(file)}
    assert {one for one in published if not _OUT_OF_SCOPE.match(one)} - _DELETED == _CASES.keys()
