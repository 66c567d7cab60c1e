"""The few templates of Home Assistant's discovery that we carry out: a place in the payload, and harmless filters.

A template is a Jinja program. What is read here is `value`, `value_json.a.b`, `value_json['a'][0]`, followed by any of
`float`, `int`, `round` and `is_defined`; all else is refused, whatever it would do. A filter's default is not taken
over: what is missing gives nothing instead of an invented value. Not here: what a value means.
"""

import re
from typing import Final

import msgspec

LONGEST: Final = 300
_STEP = r"""\.[A-Za-z_][A-Za-z0-9_]*|\[\s*(?:'[^'\\]{1,80}'|"[^"\\]{1,80}"|[0-9]{1,3})\s*\]"""
_FILTER = r"(?:float|int|round|is_defined)(?:\(\s*-?[0-9]{0,4}(?:\.[0-9]{1,4})?\s*\))?"
_TEMPLATE = re.compile(
    rf"\s*\{{\{{-?\s*(?:(?P<plain>value)|value_json(?P<path>(?:{_STEP})*))(?P<filters>(?:\s*\|\s*{_FILTER})*)\s*-?\}}\}}\s*"
)
_STEPS = re.compile(_STEP)
_FILTERS = re.compile(r"\|\s*([a-z_]+)(?:\(\s*(-?[0-9]*)[^)]*\))?")
_MOST_DIGITS: Final = 6


class Missing:
    """What a template finds where there is nothing, or nothing that its filters can use."""


MISSING: Final = Missing()


class Payload(msgspec.Struct, frozen=True):
    """A payload as templates see it: its text, and its JSON where it is any."""

    text: str
    document: object


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One that we carry out. `path` None: the whole text; else steps into the payload's JSON."""

    path: tuple[str | int, ...] | None = None
    filters: tuple[tuple[str, int], ...] = ()


WHOLE: Final = Template()
"""Where a configuration names no template."""


def read_template(text: str) -> Template | None:
    """The template, None for one that is not among those above."""
    found = _TEMPLATE.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    path = None if found["plain"] else tuple(_step(one) for one in _STEPS.findall(found["path"]))
    filters = tuple(
        (name, int(digits) if digits.strip("-") else 0) for name, digits in _FILTERS.findall(found["filters"])
    )
    return Template(path=path, filters=filters)


def _step(text: str) -> str | int:
    inside = text[1:] if text.startswith(".") else text[1:-1].strip()
    if inside[0] in "'\"":
        return inside[1:-1]
    return int(inside) if inside.isdecimal() else inside


def read_payload(payload: bytes) -> Payload:
    """Never raises."""
    try:
        document = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        document = MISSING
    return Payload(payload.decode("utf-8", "replace"), document)


def find(template: Template, payload: Payload) -> object:
    """What stands there, or `MISSING`. Never raises."""
    found: object = payload.text if template.path is None else payload.document
    for step in template.path or ():
        if isinstance(step, str) and isinstance(found, dict):
            found = found.get(step, MISSING)
        elif isinstance(step, int) and isinstance(found, list) and step < len(found):
            found = found[step]
        else:
            return MISSING
    for name, digits in template.filters:
        if name != "is_defined":
            found = _filtered(name, digits, found)
    return found


def _filtered(name: str, digits: int, found: object) -> object:
    number = as_number(found)
    if number is None:
        return MISSING
    match name:
        case "int":
            return int(number)
        case "round":
            return round(number, max(-_MOST_DIGITS, min(_MOST_DIGITS, digits)))
        case _:
            return number


def as_number(found: object) -> float | None:
    """A finite number, also one that is written as text; None for all else."""
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    try:
        number = float(found)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None


def as_word(found: object) -> str | None:
    """A state as discovery compares it: booleans and numbers as text, in small letters."""
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, int | float | str):
        return str(found).strip().lower()
    return None
