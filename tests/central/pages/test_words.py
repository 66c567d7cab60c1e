"""Words of the pages: every code has one, and everything that is shown exists in English."""

import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.ext import babel_extract

from central.pages import principal_words, words
from central.pages.po_catalogue import CatalogueError, read_po
from central.pages.rendering import Pages, clock_time, day
from central.registers.admission_register import DESK_KINDS, CandidateState, JudgedAgain
from central.registers.quarantine import QuarantineReason
from models.admission import Light, ReasonCode
from models.chip.verdict import ChipVerdict
from models.clock import from_unix_ms
from models.evidence import FaceDecision
from models.measurements import METRICS
from models.room_messages import FAULT_WORDS
from models.room_readiness import DeviceCondition
from models.staff import Role

_TEMPLATES = Path(str(files("central.pages"))) / "templates"


def _shown() -> set[str]:
    found = set(words.every_word())
    for template in _TEMPLATES.glob("*.html"):
        with template.open("rb") as file:
            for _line, _function, message, _comments in babel_extract(file, ["_"], [], {}):
                found.add(message if isinstance(message, str) else str((message or ("",))[0]))
    return found


def _catalogue() -> dict[str, str]:
    return read_po(files("central.pages").joinpath("english.po").read_text("utf-8"))


def test_everything_shown_has_its_english_and_nothing_is_left_over() -> None:
    assert set(_catalogue()) == _shown()


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (words.ROLES, Role),
        (words.STATES, CandidateState),
        (words.LIGHTS, Light),
        (words.KINDS, DESK_KINDS),
        (words.JUDGED, JudgedAgain),
        (words.FACES, FaceDecision),
        (words.CHIPS, ChipVerdict),
        (words.REASONS, ReasonCode),
        (words.QUARANTINE, QuarantineReason),
        (principal_words.METRICS, METRICS),
        (principal_words.FAULTS, FAULT_WORDS),
        (principal_words.CONDITIONS, DeviceCondition),
    ],
)
def test_every_code_has_a_word(table: dict[str, str], codes: Iterable[str]) -> None:
    assert set(table) == set(codes)


def test_values_stand_in_both_languages() -> None:
    for message, english in _catalogue().items():
        assert _values(message) == _values(english), message


def _values(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert Pages().translator("en")("không ai dịch") == "không ai dịch"


def test_times_are_those_of_the_school() -> None:
    instant = from_unix_ms(1_781_137_800_000)
    assert (clock_time(instant), day(instant)) == ("07:30:00", "11/06/2026")
    assert clock_time(None) == day(None) == ""


def test_comments_continuations_and_escapes_of_a_catalogue() -> None:
    text = (
        '# x\nmsgid ""\nmsgstr "Language: en"\n\n#: y\nmsgid "một "\n"\\"hai\\""\n'
        'msgstr "one\\n"\n"two"\n\nmsgid "ba"\nmsgstr ""\n'
    )
    assert read_po(text) == {'một "hai"': "one\ntwo"}


@pytest.mark.parametrize("text", ['"x"', "msgid x", 'msgid "x', 'msgid "a" "b"'])
def test_a_broken_catalogue_is_named(text: str) -> None:
    with pytest.raises(CatalogueError):
        read_po(text)


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20), max_size=5))
def test_a_catalogue_comes_back_as_it_was_written(messages: dict[str, str]) -> None:
    text = "\n".join(f"msgid {json.dumps(one)}\nmsgstr {json.dumps(other)}\n" for one, other in messages.items())
    assert read_po(text) == messages
