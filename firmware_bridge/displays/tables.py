"""A display family's table: its questions, its commands, its words for sources, and which document says so.

One TOML file for each family stands in `tables/`; README.md shows every field. Not here: what an answer then means
(`meaning`), frames (`codec`), when it is asked (`asking`).
"""

import re
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final, Self

import msgspec

from models.errors import SettingsError
from models.room_messages import FAULT_WORDS, IMPLAUSIBLE, DeviceCommandName

FOLDER: Final = Path(__file__).parent / "tables"
FAULTS: Final = FAULT_WORDS - {IMPLAUSIBLE}
ABOUT: Final = frozenset({"maker", "model", "serial", "firmware"})
SHORTEST_ROUND_SECONDS: Final = 5.0


class TableError(SettingsError):
    """A display's table is wrong, or the plan names one that does not exist. The sentence names table and field."""


class Often(StrEnum):
    """How often a question is asked."""

    ROUND = "round"
    SLOW = "slow"
    RARE = "rare"
    """At the first contact and once a day."""


class Says(StrEnum):
    """What a part of an answer says."""

    WORD = "word"
    """A metric that is a word: the part looked up in `words`."""
    NUMBER = "number"
    FAULT = "fault"
    """A fault, when the part stands in `words`."""
    FAULT_BITS = "fault bits"
    """Faults: `words` are the numbers of bits in the hex digits of the part, 0 the lowest of the last digit."""
    TEXT = "text"
    """A field of `About`, plain."""
    HEX_TEXT = "hex text"
    """A field of `About`, in hex digits."""
    NAME = "name"
    """What the display itself calls the `code` of the words `of`: "HDMI 1" makes hdmi1 of it."""


class Reading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one named group of an answer's pattern says.

    `of` is the metric or the field of `About`. `words` is the name of a table in `words`, or the table itself;
    `otherwise` is said of a code that is not in it ("" leaves it unsaid). Of a number: its `base`, `scale`, and `bits`
    when it is two's complement; `little`: its hex digits come with the lowest byte first. `each` cuts the group into
    pieces of this pattern (its first group, if it has one): of numbers the largest counts. `code` belongs to a name. A
    metric whose name begins with "_" is known for `when` and never said.
    """

    group: str
    says: Says
    of: str = ""
    words: str | dict[str, str] = ""
    otherwise: str = ""
    base: int = 10
    scale: float = 1.0
    bits: int = 0
    little: bool = False
    each: str = ""
    code: str = ""


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question that changes nothing. `answer` must match the whole payload, or the answer is noise."""

    name: str
    ask: str
    answer: str = ".*"
    often: Often = Often.ROUND
    when: dict[str, tuple[str, ...]] = {}
    """Asked only while each of these metrics is one of these words."""
    reads: tuple[Reading, ...] = ()
    verified: bool = True
    document: str = ""


class CommandRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One command. `{argument}` in `send` is a word of the table `argument` in `writes`, or a number in `form`.

    `confirmed_by` is the question that reads it back, `metric` and `wanted` what it must then say ("{argument}": the
    command's own argument). `answered` False: the protocol gives no answer to it.
    """

    send: str
    argument: str = ""
    lowest: int | None = None
    highest: int | None = None
    form: str = "d"
    confirmed_by: str = ""
    metric: str = ""
    wanted: tuple[str, ...] = ()
    patience_seconds: float = 10.0
    answered: bool = True
    cable_only: bool = False
    """The display takes it over RS-232 only."""
    verified: bool = True
    document: str = ""


class Pace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How fast this family may be asked. `rest_seconds` above 0: the line is closed between rounds."""

    spacing_seconds: float = 0.05
    timeout_seconds: float = 1.0
    retries: int = 1
    late_seconds: float = 1.0
    """After a time-out whatever comes is thrown away for so long, and nothing is asked."""
    round_seconds: float = SHORTEST_ROUND_SECONDS
    slow_seconds: float = 60.0
    rest_seconds: float = 0.0
    boot_seconds: float = 60.0
    """After "power on" silence is no sign that the display is gone, for so long."""


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where one model departs from its family: rows that replace or add, and names of rows that it does not have.

    `baud` 0 is the family's usual one. `codec` names another form of the family's frames (`families.FAMILIES`).
    `verified` False: nobody has seen such a display answer at all.
    """

    pace: Pace | None = None
    baud: int = 0
    codec: str = ""
    verified: bool = True
    identity: bool | None = None
    words: dict[str, dict[str, str]] = {}
    writes: dict[str, dict[str, str]] = {}
    questions: tuple[Question, ...] = ()
    commands: dict[DeviceCommandName, CommandRow] = {}
    without: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A family's table. `units` bounds the address of one display; an address for all displays is outside of it."""

    family: str
    title: str
    documents: dict[str, str]
    document: str
    units: tuple[int, int] = (0, 255)
    unasked: bool = False
    """The display tells changes by itself; such frames are believed."""
    verified: bool = True
    """False: nobody has seen a display of this family answer; without `unverified = true` it is not asked at all."""
    codec: str = ""
    identity: bool = False
    """A display of this family is called by letters of its own, which the plan's `map` says ("id = 5FA")."""
    pace: Pace = Pace()
    words: dict[str, dict[str, str]] = {}
    writes: dict[str, dict[str, str]] = {}
    questions: tuple[Question, ...]
    commands: dict[DeviceCommandName, CommandRow] = {}
    models: dict[str, Model] = {}
    maker: str = ""

    def of_model(self, name: str) -> Self:
        """The table with what this model says differently ("": the family's own). Raises TableError."""
        if not name:
            return self
        model = self.models.get(name)
        if model is None:
            known = ", ".join(sorted(self.models)) or "none"
            raise TableError(f"The table {self.family} knows no model {name!r}; it knows: {known}.")
        replaced = {row.name: row for row in model.questions}
        own = [replaced.pop(row.name, row) for row in self.questions if row.name not in model.without]
        commands = {**self.commands, **model.commands}
        return msgspec.structs.replace(
            self,
            models={},
            pace=model.pace or self.pace,
            codec=model.codec or self.codec,
            identity=self.identity if model.identity is None else model.identity,
            verified=self.verified and model.verified,
            words=_both(self.words, model.words),
            writes=_both(self.writes, model.writes),
            questions=(*own, *replaced.values()),
            commands={name: row for name, row in commands.items() if name not in model.without},
        )

    def named(self, metric: str, code: str, word: str) -> Self:
        """The table in which a code of `metric` has the name that the display gives it; no other code keeps it."""
        read, write = dict(self.words.get(metric, {})), dict(self.writes.get(metric, {}))
        if code not in read or word in read.values():
            return self
        read[code], write[word] = word, code
        return msgspec.structs.replace(self, words={**self.words, metric: read}, writes={**self.writes, metric: write})

    def verified_only(self) -> Self:
        """The table without the questions that nobody has verified; commands stay, and are refused when asked."""
        return msgspec.structs.replace(self, questions=tuple(row for row in self.questions if row.verified))

    def question(self, name: str) -> Question | None:
        """The question of this name."""
        return next((row for row in self.questions if row.name == name), None)

    def words_of(self, reading: Reading) -> dict[str, str]:
        """The words by which a reading is looked up."""
        if isinstance(reading.words, str):
            return self.words[reading.words] if reading.words else {}
        return reading.words


def _both(family: dict[str, dict[str, str]], model: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {name: {**family.get(name, {}), **model.get(name, {})} for name in {**family, **model}}


def read_table(path: Path) -> Table:
    """The table in a TOML file. Raises TableError that names the file and what is wrong in it."""
    try:
        table = msgspec.toml.decode(path.read_bytes(), type=Table)
    except OSError as error:
        raise TableError(f"The table {path.name} cannot be read: {error.strerror}.") from None
    except msgspec.DecodeError as error:
        raise TableError(f"The table {path.name} is wrong: {error}.") from None
    for model in ("", *table.models):
        whole = table.of_model(model)
        for wrong in (*_wrong_in_pace(whole), *_wrong_in_questions(whole), *_wrong_in_commands(whole)):
            raise TableError(f"The table {path.name} is wrong{f', model {model}' if model else ''}: {wrong}.")
    return table


@cache
def table_of(family: str) -> Table:
    """The table of a family, read once. Raises TableError."""
    return read_table(FOLDER / f"{family}.toml")


def _wrong_in_pace(table: Table) -> list[str]:
    wrong = []
    if table.pace.round_seconds < SHORTEST_ROUND_SECONDS:
        wrong.append(f"a display is asked at most once in {SHORTEST_ROUND_SECONDS:.0f} seconds")
    if table.document not in table.documents:
        wrong.append(f"documents has no {table.document!r}")
    return wrong


def _wrong_in_questions(table: Table) -> list[str]:
    names = [row.name for row in table.questions]
    if len(set(names)) != len(names):
        return ["two questions have the same name"]
    first = table.questions[0] if table.questions else None
    if first is None or "power" not in {reading.of for reading in first.reads}:
        return ["the first question must read power"]
    return [wrong for row in table.questions for wrong in _wrong_in_question(table, row)]


def _wrong_in_question(table: Table, row: Question) -> list[str]:
    try:
        groups = set(re.compile(row.answer).groupindex)
    except re.error as error:
        return [f"the answer of {row.name} is no pattern: {error}"]
    wrong = [f"{row.name}: documents has no {row.document!r}" for _ in "1" if _unknown_document(table, row.document)]
    for reading in row.reads:
        here = f"{row.name}, {reading.group}"
        if reading.group not in groups:
            wrong.append(f"{here}: the pattern has no such group")
        if isinstance(reading.words, str) and reading.words and reading.words not in table.words:
            wrong.append(f"{here}: words has no {reading.words!r}")
        elif reading.says in (Says.WORD, Says.FAULT, Says.FAULT_BITS) and not reading.words:
            wrong.append(f"{here}: its words are missing")
        elif reading.says in (Says.FAULT, Says.FAULT_BITS) and (
            unknown := {*table.words_of(reading).values()} - FAULTS
        ):
            wrong.append(f"{here}: no words for faults: {', '.join(sorted(unknown))}")
        if reading.says in (Says.TEXT, Says.HEX_TEXT) and reading.of not in ABOUT:
            wrong.append(f"{here}: a text is one of {', '.join(sorted(ABOUT))}")
        if reading.says is Says.NAME and reading.code not in table.words.get(reading.of, {}):
            wrong.append(f"{here}: words of {reading.of!r} have no code {reading.code!r}")
        if reading.says in (Says.WORD, Says.NUMBER) and not reading.of:
            wrong.append(f"{here}: the metric is missing")
    return wrong


def _wrong_in_commands(table: Table) -> list[str]:
    wrong = []
    for name, row in table.commands.items():
        if row.argument and row.argument not in table.writes:
            wrong.append(f"{name}: writes has no {row.argument!r}")
        if row.confirmed_by and table.question(row.confirmed_by) is None:
            wrong.append(f"{name}: there is no question {row.confirmed_by!r}")
        if bool(row.confirmed_by) != bool(row.metric and row.wanted):
            wrong.append(f"{name}: confirmed_by, metric and wanted belong together")
        if _unknown_document(table, row.document):
            wrong.append(f"{name}: documents has no {row.document!r}")
    return wrong


def _unknown_document(table: Table, document: str) -> bool:
    return bool(document) and document not in table.documents
