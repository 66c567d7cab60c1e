"""What an answer means: the groups of its pattern become metrics, faults and what the display is.

Not here: tables (`tables`) and frames (`codec`). An answer that does not fit its pattern means nothing at all.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from firmware_bridge.displays.tables import Question, Reading, Says, Table
from models.measurements import Value

LONGEST_TEXT: Final = 60
SOCKETS: Final = {
    "hdmi": "hdmi",
    "displayport": "dp",
    "usbc": "usb-c",
    "typec": "usb-c",
    "hdbaset": "hdbaset",
    "dvi": "dvi",
    "computer": "vga",
    "vga": "vga",
    "video": "video",
}
SOCKET: Final = re.compile(rf"({'|'.join(SOCKETS)})([1-9]?)")


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer told: metrics, words for faults, fields of `About`."""

    values: dict[str, Value] = {}
    faults: frozenset[str] = frozenset()
    about: dict[str, str] = {}
    names: tuple[tuple[str, str, str], ...] = ()
    """What the display calls codes of a metric: metric, code, our word."""


def understand(table: Table, question: Question, payload: str) -> Learned | None:
    """What a payload says in answer to a question; None when it is not of the form that the table gives."""
    matched = re.fullmatch(question.answer, payload)
    if matched is None:
        return None
    learned = Learned(values={}, about={}, faults=frozenset())
    faults: set[str] = set()
    names: list[tuple[str, str, str]] = []
    for reading in question.reads:
        words = table.words_of(reading)
        for part in _parts(reading, matched[reading.group]):
            match reading.says:
                case Says.FAULT:
                    faults.update({words[part]} if part in words else ())
                case Says.FAULT_BITS:
                    faults.update(word for bit, word in words.items() if int(part, 16) >> int(bit) & 1)
                case Says.NAME:
                    names += [(reading.of, reading.code, word) for word in [socket_word(part)] if word]
                case Says.TEXT:
                    learned.about[reading.of] = clean(part)
                case Says.HEX_TEXT:
                    learned.about[reading.of] = _from_hex(part)
                case Says.WORD | Says.NUMBER:
                    _note_value(learned.values, reading, words, part)
    return msgspec.structs.replace(learned, faults=frozenset(faults), names=tuple(names))


def _note_value(values: dict[str, Value], reading: Reading, words: dict[str, str], part: str) -> None:
    value: Value | None
    if reading.says is Says.WORD:
        value = words.get(part, reading.otherwise) or None
    else:
        value, before = _number(reading, part), values.get(reading.of)
        if value is not None and isinstance(before, float):
            value = max(before, value)
    if value is not None:
        values[reading.of] = value


def socket_word(name: str) -> str:
    """Our word for an input that its display calls `name`: "HDMI" and "HDMI 1" are hdmi1; "" when we have none."""
    found = SOCKET.match("".join(filter(str.isalnum, name.casefold())))
    if found is None:
        return ""
    word, number = SOCKETS[found[1]], found[2]
    return word + (number or "1") if word == "hdmi" else word + ("" if number == "1" else number)


def clean(text: str) -> str:
    """Printable letters of a display's text, without the spaces around them, cut to a length that can be shown."""
    return "".join(letter for letter in text if letter.isprintable()).strip()[:LONGEST_TEXT]


def _parts(reading: Reading, group: str | None) -> Iterator[str]:
    if group is None:
        return
    if reading.each:
        yield from (found[1 if found.re.groups else 0] for found in re.finditer(reading.each, group))
    else:
        yield group


def _number(reading: Reading, part: str) -> float | None:
    try:
        number = int(bytes.fromhex(part)[::-1].hex(), 16) if reading.little else int(part, reading.base)
    except ValueError:
        return None
    if reading.bits and number >= 1 << (reading.bits - 1):
        number -= 1 << reading.bits
    return round(float(number * reading.scale), 2)


def _from_hex(part: str) -> str:
    try:
        return clean(bytes.fromhex(part).decode("ascii", errors="ignore"))
    except ValueError:
        return ""
