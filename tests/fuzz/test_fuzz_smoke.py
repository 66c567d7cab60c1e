"""A taste of `make fuzz` in every run: each kept input, and some thousand small changes to them."""

import time
from itertools import islice

import pytest

from tests.fuzz.kept_inputs import FOLDER, kept_inputs
from tests.fuzz.mutations import mutated
from tests.fuzz.targets import NAMES, read_by, try_target

CHANGES = 6000
LONGEST_SECONDS_OF_ONE_INPUT = 5.0


@pytest.mark.parametrize("name", NAMES)
def test_what_was_made_up_is_read_and_what_was_found_is_refused_by_name(name: str) -> None:
    kept = kept_inputs(name)
    assert kept
    for what, content in kept.items():
        if what.startswith("found"):
            try_target(name, content)
        else:
            read_by(name, content)


@pytest.mark.parametrize("name", NAMES)
def test_changed_inputs_are_read_or_refused_by_name_and_soon(name: str) -> None:
    for content in islice(mutated(list(kept_inputs(name).values()), name), CHANGES):
        began = time.process_time()
        try:
            try_target(name, content)
        except Exception as error:
            error.add_note(f"the input: {content.hex()}")
            raise
        assert time.process_time() - began < LONGEST_SECONDS_OF_ONE_INPUT, content.hex()


def test_every_kept_file_belongs_to_a_target() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(NAMES)


def test_changes_are_the_same_each_time() -> None:
    kept = list(kept_inputs("tlv").values())
    assert list(islice(mutated(kept, "tlv"), 50)) == list(islice(mutated(kept, "tlv"), 50))
