"""Every row of the refusal matrix has a test of its name here, and every attack that can be laid has its finding."""

import re
from pathlib import Path

from provisioning.rehearsal.attacks.attack_list import ATTACKS
from tests.builders.refusals import FINDINGS, FOUND_ELSEWHERE

ROWS = set(range(1, 28))
_NAMED = re.compile(r"^def test_row_(\d\d)_", re.MULTILINE)


def test_all_27_rows_have_a_test() -> None:
    files = Path(__file__).parent.glob("test_*.py")
    assert {int(row) for file in files for row in _NAMED.findall(file.read_text())} == ROWS


def test_every_attack_has_one_finding() -> None:
    assert FINDINGS.keys() | FOUND_ELSEWHERE.keys() == ATTACKS.keys()
    assert not FINDINGS.keys() & FOUND_ELSEWHERE.keys()


def test_every_attack_that_is_found_elsewhere_is_played_by_name() -> None:
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in FOUND_ELSEWHERE if f'"{name}"' not in tests] == []
