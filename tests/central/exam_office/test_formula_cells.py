"""No cell of a file that people take away acts as a formula, and what was made harmless is read back as it was."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from central.exam_office.formula_cells import tame, untamed


@example(cell='"\r')
@given(cell=st.text(st.sampled_from("=+-@;'\"\t\r\n ,a"), max_size=12) | st.text(max_size=20))
def test_what_was_tamed_comes_back_and_no_part_of_it_begins_a_formula(cell: str) -> None:
    tamed = tame(cell)
    assert untamed(tamed) == cell
    assert not any(part.lstrip('" ').startswith(("=", "+", "-", "@", "\t", "\r")) for part in re.split("[;\\n]", tamed))


@pytest.mark.parametrize(
    ("cell", "tamed"),
    [
        ("=1+1", "'=1+1"),
        ("a;=1", "a;'=1"),
        ("'=1", "''=1"),
        (",=1", ",=1"),
        ("SN-1", "SN-1"),
        ("O'Neill; Lan", "O'Neill; Lan"),
    ],
)
def test_only_what_could_act_is_changed(cell: str, tamed: str) -> None:
    assert tame(cell) == tamed
