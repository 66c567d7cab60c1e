"""One text line of any student board becomes named numbers, or what else it is. The line's mark is taken off before.

Read: a JSON object or array, `name:value` and `name=value` (several on a line, units behind the number), comma,
semicolon, tab or space separated numbers, words and numbers in turn, one bare number. Everything in the line must be
explained, or the line is no reading: what is cut off or merged seldom is. Not here: cutting the stream, marks and the
memory of columns (`text_lines`).
"""

import json
import re
from typing import Final, NamedTuple

from firmware_bridge.drivers.metric_names import UNIT_WORDS, is_known, plain_name

Number = float | bool | None
"""None stands for a value that the board says it does not have (`nan`, `null`, `--`)."""


class Field(NamedTuple):
    """One value as written; `label` "" is known by its place alone."""

    label: str
    value: Number
    unit: str = ""


class Pairs(NamedTuple):
    """Values with names of their own."""

    fields: tuple[Field, ...]


class Row(NamedTuple):
    """Values known by their place."""

    fields: tuple[Field, ...]


class Header(NamedTuple):
    """Names of columns, units behind them where they are written."""

    names: tuple[tuple[str, str], ...]


class Talk(NamedTuple):
    """No reading: a banner, a prompt, a word of greeting."""


class Unreadable(NamedTuple):
    """It looks like a reading and is none that we can be sure of."""


LineMeaning = Pairs | Row | Header | Talk | Unreadable

_NUMBER: Final = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,3})?"
_COMMA_NUMBER: Final = r"[-+]?\d+,\d+"
_UNIT: Final = "|".join(re.escape(word) for word in UNIT_WORDS)
_ABSENT: Final = r"nan|null|none|n/a|--+|inf|-inf|ovf"
_WORD: Final = r"true|false|on|off|open|closed|yes|no"
_VALUE: Final = (
    rf"(?:(?P<number>{_NUMBER})(?:\s*(?P<unit>{_UNIT}))?|(?P<absent>{_ABSENT})(?:\s*(?:{_UNIT}))?|(?P<word>{_WORD}))"
)
_COMMA_AND_UNIT: Final = re.compile(rf"{_COMMA_NUMBER}\s*(?:{_UNIT})", re.IGNORECASE)
_ANNOUNCED_JSON: Final = re.compile(r"[\w :>\[\]-]{1,24}?(\{.*\})")
_END: Final = r"(?=[\s,;|&)\]]|$)"
_PAIR: Final = re.compile(
    rf"(?P<label>[^\W\d_][\w .%/()\[\]°³µ-]{{0,60}}?)[\"']?\s*(?:[:=]|->)\s*[\"']?{_VALUE}[\"']?{_END}", re.IGNORECASE
)
_NAMED_PAIR: Final = re.compile(rf"(?P<label>[^\W\d_][\w .]{{0,40}}?)\s+{_VALUE}{_END}", re.IGNORECASE)
_LOOSE: Final = re.compile(rf"(?:{_NUMBER})\s*(?:{_UNIT}){_END}", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"[\s,;|&)\]]*")
_LEADING: Final = re.compile(
    r"(?:\[[\w :.-]{1,24}\]|\d\d:\d\d:\d\d(?:\.\d+)?|\w[\w ]{0,24}:(?=\s)|[>$#-]+)?\s*(?:->\s*)?", re.IGNORECASE
)
_ALONE: Final = re.compile(_VALUE, re.IGNORECASE)
_TIME: Final = re.compile(r"(?:\d{4}-\d\d-\d\d[T ]?)?(?:\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?")
_COLUMN_NAME: Final = re.compile(r"([^\W\d_][\w .%/°-]{0,30}?)\s*(?:[(\[]([^)\]]{1,12})[)\]])?")
_BANNER: Final = re.compile(
    r">>>|\.\.\. |MicroPython|Adafruit|CircuitPython|Type \"help|Traceback|  File \"|rst:|ets |load:|entry 0x|boot:"
    r"|ESP-ROM|mode:|configsip|clk_drv|soft reboot|code\.py|Auto-reload|Press any key|\w*Error:|csum |tail \d|SPIWP",
    re.IGNORECASE,
)
_WORDS_VALUES: Final = {"true": True, "on": True, "open": True, "yes": True}
_VALUE_KEYS: Final = ("value", "val", "v", "vb", "gia_tri")
_NAME_KEYS: Final = ("name", "sensor", "metric", "type", "ten", "n")
_UNIT_KEYS: Final = ("unit", "units", "u", "don_vi")


def read_line(line: str) -> LineMeaning:
    """What a line means; it has no mark and no line end any more. Never raises."""
    text = line.strip()
    if text.startswith(("{", "[{")) or (text.startswith("[") and text.endswith("]") and "," in text):
        return _json(text)
    if _BANNER.match(line) or not text:
        return Talk()
    announced = _ANNOUNCED_JSON.fullmatch(text)
    if announced:
        return _json(announced[1])
    return _pairs(text) or _columns(text) or _otherwise(text)


def _otherwise(text: str) -> LineMeaning:
    looks_like_data = any(letter.isdigit() for letter in text) and any(sign in text for sign in ":=,;{}")
    return Unreadable() if looks_like_data or not any(letter.isalpha() for letter in text) else Talk()


# ---- JSON ----


def _json(text: str) -> LineMeaning:
    try:
        content = json.loads(text, object_pairs_hook=_unique, parse_constant=lambda _word: None)
    except (ValueError, RecursionError):
        return Unreadable()
    match content:
        case dict():
            fields = _members(content)
            return Unreadable() if fields is None else Pairs(tuple(fields))
        case list() if all(_is_number(item) or item is None for item in content):
            return Row(tuple(Field("", item) for item in content))
        case list() if all(isinstance(item, dict) for item in content):
            named = [_named_by_itself(item) for item in content]
            return Pairs(tuple(field for field in named if field)) if all(named) else Unreadable()
        case _:
            return Unreadable()


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice: two lines have run together")
    return dict(pairs)


def _is_number(item: object) -> bool:
    return isinstance(item, int | float) and abs(item) < 1e300


def _members(content: dict[str, object]) -> list[Field] | None:
    """Numbers one level deep. None when one of them has no bounds.

    `{"sensor": "temp", "value": 23.5}` names itself, alone or in a list (SenML's `n`, `v`, `u` too), and
    `{"temp": {"value": 23.5, "unit": "C"}}` is named by its key.
    """
    own = _named_by_itself(content)
    if own is not None:
        return [own]
    fields: list[Field] = []
    for key, item in content.items():
        found: list[Field | None]
        match item:
            case dict():
                one = _valued(key, item)
                found = [one] if one else [_leaf(f"{key} {below}", deeper) for below, deeper in item.items()]
            case list():
                found = [_item(key, place, deeper) for place, deeper in enumerate(item)]
            case _:
                found = [_leaf(key, item)]
                if found == [None] and isinstance(item, int | float):
                    return None
        fields += [field for field in found if field is not None]
    return fields


def _item(key: str, place: int, item: object) -> Field | None:
    return _named_by_itself(item) if isinstance(item, dict) else _leaf(f"{key} {place}", item)


def _named_by_itself(content: dict[str, object]) -> Field | None:
    names = (content[key] for key in content if plain_name(key) in _NAME_KEYS)
    name = next((name for name in names if isinstance(name, str)), None)
    return _valued(name, content) if name is not None else None


def _valued(label: str, content: dict[str, object]) -> Field | None:
    plain = {plain_name(key): item for key, item in content.items()}
    value = next((plain[key] for key in _VALUE_KEYS if _is_number(plain.get(key))), None)
    if not isinstance(value, int | float):
        return None
    unit = next((plain[key] for key in _UNIT_KEYS if isinstance(plain.get(key), str)), "")
    return Field(label, value, unit if isinstance(unit, str) else "")


def _leaf(label: str, leaf: object) -> Field | None:
    match leaf:
        case None:
            return Field(label, None)
        case bool() | int() | float() if _is_number(leaf):
            return Field(label, leaf)
        case str():
            alone = _ALONE.fullmatch(leaf.strip())
            return _field(label, alone) if alone else None
        case _:
            return None


# ---- names with values ----


def _field(label: str, found: re.Match[str]) -> Field:
    if found["number"]:
        return Field(label, float(found["number"].replace(",", ".")), found["unit"] or "")
    return Field(label, _WORDS_VALUES.get(found["word"].lower(), False) if found["word"] else None)


def _pairs(text: str) -> Pairs | None:
    if ":" not in text and "=" not in text:
        named = _pairs_from(text, 0, _NAMED_PAIR)
        return named if named and all(is_known(field.label) for field in named.fields) else None
    return _pairs_from(text, 0) or _pairs_from(text, _end(_LEADING, text, 0))


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _pairs_from(text: str, at: int, pair: re.Pattern[str] = _PAIR) -> Pairs | None:
    decimal_comma = "." not in text and re.search(rf"[:=]\s*{_COMMA_NUMBER}\s*(?:[^\d\s,]|$)", text) is not None
    if decimal_comma:
        text = re.sub(rf"(?<=[:=\s]){_COMMA_NUMBER}", lambda found: found[0].replace(",", "."), text)
    fields: list[Field] = []
    while at < len(text):
        found = pair.match(text, at)
        if found:
            fields.append(_field(found["label"].strip(), found))
        else:
            found = _LOOSE.match(text, at) if fields else None
            if not found:
                return None
        at = _end(_BETWEEN, text, found.end())
    return Pairs(tuple(fields)) if fields else None


# ---- columns ----


def _columns(text: str) -> LineMeaning | None:
    if _COMMA_AND_UNIT.fullmatch(text):
        text = text.replace(",", ".")
    for separator in (";", "\t", ","):
        if separator in text:
            return _row(text, [part.strip(' "') for part in text.split(separator)], separator)
    alone = _ALONE.fullmatch(text) or (_ALONE.fullmatch(text.replace(",", ".")) if text.count(",") == 1 else None)
    if alone and not alone["word"]:
        return Row((_field("", alone),))
    return _row(text, text.split(), " ")


def _row(text: str, parts: list[str], separator: str) -> LineMeaning | None:
    if parts[-1] == "" and len(parts) > 2:
        parts = parts[:-1]
    if separator == ";":
        parts = [part.replace(",", ".") if re.fullmatch(_COMMA_NUMBER, part) else part for part in parts]
    values = [_ALONE.fullmatch(part) for part in parts]
    if len(parts) % 2 == 0 and all(
        values[at] is None and values[at + 1] is not None and _COLUMN_NAME.fullmatch(parts[at])
        for at in range(0, len(parts), 2)
    ):
        named = zip(parts[::2], values[1::2], strict=True)
        return Pairs(tuple(_field(label, value) for label, value in named if value is not None))
    if any(value is not None and value["number"] for value in values):
        fields = []
        for part, value in zip(parts, values, strict=True):
            if value is None and not _TIME.fullmatch(part):
                return None
            fields.append(_field("", value) if value else Field("", None))
        return Row(tuple(fields))
    return _header(text, parts, separator)


def _header(text: str, parts: list[str], separator: str) -> Header | None:
    names = [_COLUMN_NAME.fullmatch(part) for part in (parts[0].lstrip("# "), *parts[1:])]
    if separator == " " or len(parts) < 2 or len(text) > 300:
        return None
    written = [(name[1], name[2] or "") for name in names if name]
    if len(written) < len(parts):
        return None
    sure = any(is_known(name) for name, _ in written) or not any(" " in name for name, _ in written)
    return Header(tuple(written)) if sure else None
