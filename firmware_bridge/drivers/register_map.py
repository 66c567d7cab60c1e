"""Register maps of Modbus sensors: one TOML file for each model, ours in `register_maps/`, or an operator's own.

A map is named in the room's plan: `xy-md02` is one of ours, a path that ends in `.toml` is any other. Every field is
checked, and what is wrong is named with its file. Not here: asking a sensor (`modbus`).
"""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from struct import unpack
from typing import Final, TypeVar

import msgspec

from firmware_bridge import register_maps
from firmware_bridge.drivers.scaling import PLAIN, Scale, ScaleError, scale_of
from models.errors import SettingsError
from models.measurements import METRICS

Word = TypeVar("Word", bound=StrEnum)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
_METRIC: Final = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_FIELDS: Final = frozenset(
    {"maker", "model", "source", "verified", "baud", "every_seconds", "timeout_seconds", "notes"}
)
_REGISTER_FIELDS: Final = frozenset(
    {"metric", "address", "function", "type", "word_order", "scale", "offset", "unit", "range", "missing", "title"}
)


class RegisterMapError(SettingsError):
    """A register map cannot be used; the sentence names file, register and field."""


class RegisterType(StrEnum):
    """How the words of a value are read."""

    U16 = "u16"
    I16 = "i16"
    U32 = "u32"
    I32 = "i32"
    FLOAT32 = "float32"


class WordOrder(StrEnum):
    """Of a value of two registers: which comes first."""

    HIGH_FIRST = "high first"
    LOW_FIRST = "low first"


_FORMATS: Final = {
    RegisterType.U16: ">H",
    RegisterType.I16: ">h",
    RegisterType.U32: ">I",
    RegisterType.I32: ">i",
    RegisterType.FLOAT32: ">f",
}


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a sensor. `lowest` and `highest` are in its unit, `missing` are raw numbers for "no value"."""

    metric: str
    address: int
    function: int = 3
    type: RegisterType = RegisterType.U16
    word_order: WordOrder = WordOrder.HIGH_FIRST
    scale: Scale = PLAIN
    unit: str = ""
    title: str = ""
    lowest: float | None = None
    highest: float | None = None
    missing: frozenset[int] = frozenset()

    @property
    def words(self) -> int:
        """How many registers it takes."""
        return 1 if self.type in (RegisterType.U16, RegisterType.I16) else 2

    def value(self, raw: bytes) -> float | None:
        """The value of 2 or 4 bytes as they stand in an answer; None where the sensor says that it has none."""
        content = raw if self.word_order is WordOrder.HIGH_FIRST else raw[2:] + raw[:2]
        if int.from_bytes(content) in self.missing:
            return None
        (number,) = unpack(_FORMATS[self.type], content)
        if self.type is not RegisterType.FLOAT32:
            return self.scale.value(number)
        return None if number != number else float(f"{self.scale.value_of_float(number):.7g}")  # noqa: PLR0124 - the one test that finds NaN

    def believes(self, value: float) -> bool:
        """Whether the sensor's document allows this value."""
        return (self.lowest is None or value >= self.lowest) and (self.highest is None or value <= self.highest)


class RegisterMap(msgspec.Struct, frozen=True, kw_only=True):
    """One model of sensor. `verified`: the values were taken from the maker's own document (`source`)."""

    maker: str
    model: str
    source: str
    verified: bool
    registers: tuple[Register, ...]
    baud: int = 9600
    every_seconds: float = 5.0
    timeout_seconds: float = 0.5


def known_maps() -> list[str]:
    """The names of the maps that come with this program."""
    names = (entry.name for entry in resources.files(register_maps).iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def load_register_map(name: str) -> RegisterMap:
    """The map of this name or path. Raises RegisterMapError."""
    if name.endswith(".toml"):
        source: Path | Traversable = Path(name)
    elif _NAME.fullmatch(name) and name in known_maps():
        source = resources.files(register_maps) / f"{name}.toml"
    else:
        raise RegisterMapError(
            f'There is no register map "{name}". Known: {", ".join(known_maps())}; or a path to a .toml.'
        )
    try:
        return read_register_map(source.read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise RegisterMapError(f'The register map "{name}" cannot be read: {error}.') from None


def read_register_map(text: str, name: str) -> RegisterMap:
    """The map that this TOML says; `name` stands in every complaint. Raises RegisterMapError."""
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise RegisterMapError(f'The register map "{name}" is not TOML: {error}.') from None
    rows = content.pop("register", None)
    asked = _Fields(content, f'The register map "{name}"', _FIELDS)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise asked.wrong("register", "at least one [[register]] table")
    registers = tuple(_register(row, f'The register map "{name}", register {at + 1}') for at, row in enumerate(rows))
    if len({register.metric for register in registers}) < len(registers):
        raise asked.wrong("register", "each metric once")
    return RegisterMap(
        maker=asked.text("maker", ""),
        model=asked.text("model"),
        source=asked.text("source"),
        verified=asked.flag("verified"),
        baud=int(asked.number("baud", 1200, 4_000_000, 9600)),
        every_seconds=asked.number("every_seconds", 0.1, 3600, 5),
        timeout_seconds=asked.number("timeout_seconds", 0.05, 5, 0.5),
        registers=registers,
    )


def _register(row: dict[str, object], where: str) -> Register:
    asked = _Fields(row, where, _REGISTER_FIELDS)
    metric = asked.text("metric")
    if not _METRIC.fullmatch(metric):
        raise asked.wrong("metric", "a name of small letters, digits and underscores, such as soil_temperature")
    function = int(asked.number("function", 3, 4, 3))
    unit = asked.text("unit", METRICS[metric].unit if metric in METRICS else "")
    if metric in METRICS and unit != METRICS[metric].unit:
        raise asked.wrong("unit", f'"{METRICS[metric].unit}", the unit of {metric}, with a scale that leads there')
    try:
        scale = scale_of(asked.decimal("scale", "1"), asked.decimal("offset", "0"))
    except ScaleError as error:
        raise RegisterMapError(f"{where}: scale or offset: {error}") from None
    lowest, highest = asked.bounds("range")
    register = Register(
        metric=metric,
        address=int(asked.number("address", 0, 65_535)),
        function=function,
        type=asked.choice("type", RegisterType, RegisterType.U16),
        word_order=asked.choice("word_order", WordOrder, WordOrder.HIGH_FIRST),
        scale=scale,
        unit=unit[:16],
        title=asked.text("title", "")[:120],
        lowest=lowest,
        highest=highest,
        missing=asked.numbers("missing"),
    )
    if register.address + register.words > 65_536:
        raise asked.wrong("address", "one that leaves room for both registers of the value")
    return register


class _Fields:
    """The fields of one table, each given in its type or complained of in a sentence."""

    def __init__(self, table: Mapping[str, object], where: str, known: frozenset[str]) -> None:
        self._table = table
        self._where = where
        unknown = sorted(set(table) - known)
        if unknown:
            raise RegisterMapError(
                f'{where}: nobody knows the field "{unknown[0]}". Known: {", ".join(sorted(known))}.'
            )

    def wrong(self, field: str, must: str) -> RegisterMapError:
        return RegisterMapError(f"{self._where}: {field} must be {must}.")

    def text(self, field: str, default: str | None = None) -> str:
        value = self._table.get(field, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.wrong(field, "a text")
        return value

    def flag(self, field: str) -> bool:
        value = self._table.get(field)
        if not isinstance(value, bool):
            raise self.wrong(field, "true or false")
        return value

    def number(self, field: str, lowest: float, highest: float, default: float | None = None) -> float:
        value = self._table.get(field, default)
        whole = isinstance(lowest, int) and isinstance(highest, int) and not field.endswith("_seconds")
        right = isinstance(value, int) if whole else isinstance(value, int | float | Decimal)
        if isinstance(value, bool) or not right or not lowest <= float(str(value)) <= highest:
            raise self.wrong(field, f"a {'whole ' if whole else ''}number from {lowest} to {highest}")
        return float(str(value))

    def decimal(self, field: str, default: str) -> str:
        value = self._table.get(field, default)
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise self.wrong(field, "a decimal number")
        return str(value)

    def bounds(self, field: str) -> tuple[float | None, float | None]:
        value = self._table.get(field)
        if value is None:
            return None, None
        match value:
            case [int() | Decimal() as lowest, int() | Decimal() as highest] if lowest < highest:
                return float(lowest), float(highest)
            case _:
                raise self.wrong(field, "two numbers in the value's unit, the lower first")

    def numbers(self, field: str) -> frozenset[int]:
        value = self._table.get(field, [])
        if not isinstance(value, list) or not all(isinstance(number, int) and number >= 0 for number in value):
            raise self.wrong(field, "a list of raw numbers such as [0x7FFF]")
        return frozenset(value)

    def choice(self, field: str, kind: type[Word], default: Word) -> Word:
        value = self._table.get(field, default)
        if value not in list(kind):
            raise self.wrong(field, "one of " + ", ".join(f'"{word}"' for word in kind))
        return kind(str(value))
