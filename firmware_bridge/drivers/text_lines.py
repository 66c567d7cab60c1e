"""Driver `text-lines`: any student board that prints a line for each reading. Nothing is ever written to it.

A line may end in an integrity mark, `<text>*HHHH`: four hex digits of the CRC of sensor link v1 over every byte before
the `*`. On a line where a good mark was ever seen, one without is an error. Not here: what a line says
(`line_reading`), names and units (`metric_names`).
"""

import re
from collections.abc import Sequence
from typing import Final

from firmware_bridge.drivers.columns import Column, Columns, map_of, only_device, read_columns
from firmware_bridge.drivers.driver import Counts, Done, Driver, Said, Word
from firmware_bridge.drivers.frames import crc16
from firmware_bridge.drivers.line_reading import (
    Field,
    Header,
    LineMeaning,
    Pairs,
    Row,
    Talk,
    Unreadable,
    read_line,
)
from firmware_bridge.drivers.metric_names import Reading, in_its_unit, plain_name
from firmware_bridge.drivers.readings import batches
from models.equipment import EquipmentKind
from models.room_messages import (
    MOST_METRICS,
    About,
    DeviceCommand,
    DeviceOutcome,
    DeviceResult,
    Entry,
    Integrity,
    MetricAbout,
    State,
)
from models.room_plan import PlannedDevice

LONGEST_LINE: Final = 512
ROWS_TO_BELIEVE: Final = 3
"""So many rows in turn with another number of columns are a new form, not a damaged line."""

_ENDS: Final = re.compile(rb"[\r\n]")
_MARK: Final = re.compile(rb"(.*)\*([0-9A-Fa-f]{4})[ \t]*", re.DOTALL)
_OLD_DEGREE: Final = re.compile(rb"(?<!\xc2)[\xb0\xdf](?=[CF])")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def make(devices: Sequence[PlannedDevice]) -> Driver:
    """The driver of the one board on a line; its `map` names columns or fields. Raises SettingsError."""
    device = only_device(devices, "text-lines")
    return TextLines(device.device_id, read_columns(map_of(device)))


class MarkedText:
    """Takes marks off lines, and remembers for ever that there were good ones."""

    def __init__(self) -> None:
        self.seen = False

    def read(self, line: bytes) -> tuple[str, Integrity] | None:
        """The text and what guards it; None when the mark or the letters are wrong, or a mark is missing."""
        found = _MARK.fullmatch(line)
        if found:
            if crc16(found[1]) != int(found[2], 16):
                return None
            self.seen = True
            line = found[1]
        try:
            text = _OLD_DEGREE.sub(b"", line).decode()
        except UnicodeDecodeError:
            return None
        text = _COLOURS.sub("", text)
        if any(letter < " " and letter != "\t" for letter in text) or "\x7f" in text:
            return None
        if self.seen and not found and not isinstance(read_line(text), Talk):
            return None
        return text, Integrity.CRC if found else Integrity.NONE


class TextLines:
    """One board's lines; `columns` are what the plan says of them."""

    def __init__(self, device_id: str, columns: Columns) -> None:
        self.counts = Counts()
        self._device_id = device_id
        self._columns = columns
        self._marks = MarkedText()
        self._metrics: dict[str, MetricAbout] = {}
        self._begin()

    def _begin(self) -> None:
        self._begun = b""
        self._dropping = False
        self._fragment = True
        self._header: tuple[tuple[str, str], ...] = ()
        self._width = 0
        self._other_width = (0, 0)
        self._reached = False

    def open(self, now: float) -> None:
        """Forget columns and what was begun, not that the board marks its lines."""
        del now
        self.counts = Counts()
        self._begin()

    def take(self, data: bytes, now: float) -> Sequence[Word]:
        """All readings of one read with the same integrity are one batch."""
        *lines, self._begun = _ENDS.split(self._begun + data)
        entries: dict[Integrity, list[Entry]] = {Integrity.CRC: [], Integrity.NONE: []}
        known = len(self._metrics)
        for line in lines:
            self._line(line.lstrip(b"\0"), entries, now)
        if len(self._begun) > LONGEST_LINE:
            self.counts.bad += not self._dropping
            self._begun, self._dropping = b"", True
        words: list[Word] = []
        if self.counts.last_good_at is not None and not self._reached:
            self._reached = True
            words.append(Said(device_id=self._device_id, state=State(at=0)))
        if len(self._metrics) > known:
            words.append(Said(device_id=self._device_id, about=self._about()))
        for integrity, found in entries.items():
            words += batches(self._device_id, found, integrity)
        return words

    def _line(self, line: bytes, entries: dict[Integrity, list[Entry]], now: float) -> None:
        fragment, self._fragment = self._fragment, False
        if self._dropping:
            self._dropping = False
            return
        if not line.strip():
            return
        read = self._marks.read(line) if len(line) <= LONGEST_LINE else None
        if read is None:
            self.counts.bad += 1
            return
        text, integrity = read
        meaning = read_line(text)
        if fragment and integrity is Integrity.NONE and _may_be_cut(meaning, text):
            meaning = Talk()
        readings = self._readings(meaning)
        if isinstance(readings, Talk):
            self.counts.skipped += 1
        elif readings is None:
            self.counts.bad += 1
        else:
            self.counts.good += 1
            self.counts.last_good_at = now
            entries[integrity] += [
                Entry(n=reading.name, x=reading.value, u=reading.unit) for reading in readings if self._knows(reading)
            ]

    def _readings(self, meaning: LineMeaning) -> list[Reading] | Talk | None:
        match meaning:
            case Pairs(fields):
                return _without_doubles([self._named(field) for field in fields if field.value is not None])
            case Row(fields):
                return self._row(fields)
            case Header(names):
                self._header, self._width = names, len(names)
                return Talk()
            case Talk():
                return meaning
            case Unreadable():
                return None

    def _named(self, field: Field) -> Reading:
        planned = self._columns.by_source.get(plain_name(field.label))
        return _scaled(planned, field) if planned else _reading(field, "value")

    def _row(self, fields: tuple[Field, ...]) -> list[Reading] | None:
        planned = self._columns.by_place
        if not self._right_width(len(fields), len(planned)):
            return None
        readings = []
        for place, field in enumerate(fields):
            if field.value is None:
                continue
            if planned:
                column = planned[place]
                readings += [] if column is None else [_scaled(column, field)]
            elif self._header:
                label, unit = self._header[place]
                readings.append(self._named(Field(label, field.value, field.unit or unit)))
            else:
                readings.append(_reading(field, "value" if len(fields) == 1 else f"c{place}"))
        return _without_doubles(readings)

    def _right_width(self, width: int, planned: int) -> bool:
        expected = planned or self._width
        if not expected:
            self._width = width
        elif width != expected:
            last, times = self._other_width
            self._other_width = (width, times + 1 if last == width else 1)
            if planned or self._other_width[1] < ROWS_TO_BELIEVE:
                return False
            self._width, self._header = width, ()
        self._other_width = (0, 0)
        return True

    def _knows(self, reading: Reading) -> bool:
        if reading.name not in self._metrics:
            if len(self._metrics) >= MOST_METRICS:
                return False
            written = reading.full if reading.full != reading.name else ""
            self._metrics[reading.name] = MetricAbout(unit=reading.unit, title=written)
        return True

    def _about(self) -> About:
        return About(kind=EquipmentKind.SENSOR_BOARD, via="text lines", metrics=dict(self._metrics))

    def due(self, now: float) -> Sequence[Word]:
        """Nothing: a board may print as seldom as it likes."""
        del now
        return ()

    def to_write(self) -> bytes:
        """Never anything."""
        return b""

    def ask(self, device_id: str, command: DeviceCommand, now: float) -> Sequence[Word]:
        """Refused, whatever it is."""
        del now
        sentence = "A board that prints text lines takes no commands."
        result = DeviceResult(id=command.id, outcome=DeviceOutcome.REFUSED, sentence=sentence, at=0)
        return [Done(device_id=device_id, result=result)]

    def withdraw(self, device_id: str, result: DeviceResult, now: float) -> Sequence[Word]:
        """Nothing waits: it takes no commands."""
        del device_id, result, now
        return ()

    def farewell(self) -> bytes:
        """Nothing."""
        return b""


def _may_be_cut(meaning: LineMeaning, text: str) -> bool:
    """Whether the first line since opening, of which we may have missed the beginning, looks whole without being so."""
    return isinstance(meaning, Pairs | Row) and not text.lstrip().startswith("{")


def _reading(field: Field, nameless: str) -> Reading:
    value = 0.0 if field.value is None else field.value
    return in_its_unit(field.label, value if isinstance(value, bool) else float(value), field.unit, nameless)


def _scaled(column: Column, field: Field) -> Reading:
    value = 0.0 if field.value is None else field.value
    number = value if isinstance(value, bool) else column.scale.value_of_float(float(value))
    return Reading(column.name, number, column.unit, plain_name(field.label))


def _without_doubles(readings: list[Reading]) -> list[Reading] | None:
    """Two names for one metric keep their whole names; one name twice in the same unit is two lines run together."""
    names = [reading.name for reading in readings]
    named: dict[str, Reading] = {}
    for reading in readings:
        name = reading.full if names.count(reading.name) > 1 and reading.full else reading.name
        if name in named:
            return None
        named[name] = reading._replace(name=name)
    return list(named.values())
