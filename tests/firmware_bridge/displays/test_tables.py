"""The tables of all families can be read, and a wrong one is refused in a sentence that names table and field."""

from pathlib import Path

import pytest

from firmware_bridge.displays.families import FAMILIES
from firmware_bridge.displays.meaning import understand
from firmware_bridge.displays.tables import FOLDER, TableError, read_table, table_of
from models.measurements import METRICS

GOOD = """
family = "made-up"
title = "Made up"
document = "paper"
documents = { paper = "A paper" }
words = { source = { 1 = "hdmi1" } }
writes = { source = { hdmi1 = "1" } }

[[questions]]
name = "power"
ask = "p"
answer = "(?P<power>[01])"
reads = [{ group = "power", says = "word", of = "power", words = { 0 = "off", 1 = "on" } }]

[[questions]]
name = "second"
ask = "s"
answer = "(?P<part>.*)"
reads = [{ group = "part", says = "fault", words = { 1 = "fan" } }]

[commands."power on"]
send = "p1"
confirmed_by = "power"
metric = "power"
wanted = ["on"]

[models.X]
without = ["second"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "made-up.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_family_has_its_table_and_every_table_its_family() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(FAMILIES)
    for family in FAMILIES:
        assert table_of(family).family == family


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_what_displays_say_has_a_name_that_others_know(family: str) -> None:
    table = table_of(family)
    for question in table.questions:
        for reading in question.reads:
            if reading.says in ("word", "number") and not reading.of.startswith("_"):
                assert reading.of in METRICS, f"{family}, {question.name}"


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_word_that_is_written_is_a_word_that_is_read(family: str) -> None:
    table = table_of(family)
    for name, words in table.writes.items():
        assert set(words) <= set(table.words.get(name, {}).values()), f"{family}, {name}"


def test_a_good_table_is_read(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, GOOD))
    assert [row.name for row in table.of_model("X").questions] == ["power"]
    learned = understand(table, table.questions[1], "1")
    assert learned is not None
    assert learned.faults == {"fan"}


def test_questions_that_nobody_has_verified_can_be_left_out(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, GOOD.replace('ask = "s"', 'ask = "s"\nverified = false')))
    assert [row.name for row in table.verified_only().questions] == ["power"]


@pytest.mark.parametrize(
    ("good", "wrong", "sentence"),
    [
        ('title = "Made up"', 'titel = "Made up"', "titel"),
        ('document = "paper"', 'document = "book"', "documents has no 'book'"),
        ('"(?P<power>[01])"', '"(?P<power>[01)"', "no pattern"),
        ('group = "power"', 'group = "powder"', "power, powder: the pattern has no such group"),
        ('of = "power", words = { 0 = "off", 1 = "on" }', 'of = "power"', "its words are missing"),
        ('of = "power", words = { 0 = "off", 1 = "on" }', 'of = "power", words = "powers"', "words has no 'powers'"),
        ('says = "word", of = "power"', 'says = "word", of = "light"', "the first question must read power"),
        ('1 = "fan"', '1 = "fun"', "no words for faults: fun"),
        ('says = "fault", words = { 1 = "fan" }', 'says = "text", of = "colour"', "a text is one of"),
        ('says = "fault", words = { 1 = "fan" }', 'says = "number"', "the metric is missing"),
        ('name = "second"', 'name = "power"', "two questions have the same name"),
        ('[commands."power on"]', '[commands."dance"]', "dance"),
        ('confirmed_by = "power"', 'confirmed_by = "sours"', "there is no question 'sours'"),
        ('wanted = ["on"]', "", "belong together"),
        ('send = "p1"', 'send = "p1"\nargument = "colour"', "writes has no 'colour'"),
        ("words = { source", "pace = { round_seconds = 1.0 }\nwords = { source", "at most once in 5 seconds"),
        ('without = ["second"]', 'without = ["power"]', "model X: the first question must read power"),
        ('family = "made-up"', "family = ", "made-up.toml"),
    ],
)
def test_a_wrong_table_is_named_with_its_field(tmp_path: Path, good: str, wrong: str, sentence: str) -> None:
    assert good in GOOD
    with pytest.raises(TableError) as refused:
        read_table(written(tmp_path, GOOD.replace(good, wrong, 1)))
    assert sentence in str(refused.value)
    assert "made-up.toml" in str(refused.value)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"none\.toml cannot be read"):
        read_table(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("family", "question", "payload", "value"),
    [
        ("nec", "temperature", "0032", 25.0),
        ("nec", "temperature", "FFF6", -5.0),
        ("nec", "hours", "03E8", 500.0),
        ("mdc", "hours", "1770", 1000.0),
        ("mdc", "hours", "00012750", 12600.0),
        ("lg", "hours", "04b0", 1200.0),
        ("lg", "temperature", "26", 38.0),
        ("pjlink", "lamps", "1200 1", 1200.0),
        ("pjlink", "lamps", "5 1 1 0", 5.0),
        ("pjlink", "lamps", "0 1 0 0", 0.0),
    ],
)
def test_numbers_have_their_scale(family: str, question: str, payload: str, value: float) -> None:
    row = table_of(family).question(question)
    assert row is not None
    learned = understand(table_of(family), row, payload)
    assert learned is not None
    assert list(learned.values.values()) == [value]


@pytest.mark.parametrize("payload", ["00312E323033202020", "0000312E323033000000", "00001.203"])
def test_a_nec_version_is_read_in_plain_letters_and_in_hex(payload: str) -> None:
    row = table_of("nec").question("firmware")
    assert row is not None
    learned = understand(table_of("nec"), row, payload if payload.startswith("0000") else f"00{payload}")
    assert learned is not None
    assert learned.about == {"firmware": "1.203"}
