"""DG11 (of the person) and DG12 (of the document), ICAO Doc 9303-10 sections 4.7.11 and 4.7.12.

No check-in reads them, and no citizen card is known to carry them; they are here for the inspection of passports.
Numbers of entries, lengths of texts and sizes of pictures are bounded before anything is kept.
"""

import msgspec

from models.chip.data_groups import FILE_TAGS
from models.chip.tlv import ParseError, parse_all, parse_integer, parse_one, parse_tag_list

_MOST_ENTRIES = 16
_LONGEST_TEXT = 1000
_LARGEST_PICTURE = 1_000_000
_TAG_LIST, _COUNTED = 0x5C, 0xA0


class AdditionalDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What DG11 or DG12 holds, by the standard's names of the fields in lower case.

    Dates are digits (YYYYMMDD, or with hhmmss); texts keep the fillers "<" that part names and lines. `others` are the
    other names of the holder (DG11) or the other people in the document (DG12).
    """

    texts: dict[str, str]
    pictures: dict[str, bytes]
    others: tuple[str, ...]


class _Layout(msgspec.Struct, frozen=True, kw_only=True):
    """A file's fields by tag; `dates` with the number of their digits; `other` is the tag of each counted entry."""

    file: int
    texts: dict[int, str]
    dates: dict[int, tuple[str, int]]
    pictures: dict[int, str]
    other: int


_PERSON = _Layout(
    file=FILE_TAGS[11],
    texts={
        0x5F0E: "full name", 0x5F10: "personal number", 0x5F11: "place of birth", 0x5F42: "permanent address",
        0x5F12: "telephone", 0x5F13: "profession", 0x5F14: "title", 0x5F15: "personal summary",
        0x5F17: "other valid travel document numbers", 0x5F18: "custody information",
    },
    dates={0x5F2B: ("full date of birth", 8)},
    pictures={0x5F16: "proof of citizenship"},
    other=0x5F0F,
)  # fmt: skip
_DOCUMENT = _Layout(
    file=FILE_TAGS[12],
    texts={
        0x5F19: "issuing authority", 0x5F1B: "endorsements and observations", 0x5F1C: "tax or exit requirements",
        0x5F56: "serial number of personalization system",
    },
    dates={0x5F26: ("date of issue", 8), 0x5F55: ("date and time of personalization", 14)},
    pictures={0x5F1D: "image of front", 0x5F1E: "image of rear"},
    other=0x5F1A,
)  # fmt: skip


def read_person_details(dg11: bytes) -> AdditionalDetails:
    """What the whole file DG11 holds. Raises `ParseError`."""
    return _read(dg11, _PERSON)


def read_document_details(dg12: bytes) -> AdditionalDetails:
    """What the whole file DG12 holds. Raises `ParseError`."""
    return _read(dg12, _DOCUMENT)


def _read(file: bytes, layout: _Layout) -> AdditionalDetails:
    objects = parse_all(parse_one(file, layout.file))
    if not objects or objects[0].tag != _TAG_LIST:
        raise ParseError("A file of additional details does not begin with the list of its fields.")
    listed = [_COUNTED if tag == layout.other else tag for tag in parse_tag_list(objects[0].value)]
    if sorted(one.tag for one in objects[1:]) != sorted(listed):
        raise ParseError("A file of additional details holds other fields than it lists.")
    texts: dict[str, str] = {}
    pictures: dict[str, bytes] = {}
    others: tuple[str, ...] = ()
    for one in objects[1:]:
        if one.tag == _COUNTED:
            others = _counted(one.value, layout.other)
        elif one.tag in layout.texts:
            texts[layout.texts[one.tag]] = _text(one.value)
        elif one.tag in layout.dates:
            name, digits = layout.dates[one.tag]
            texts[name] = _digits(one.value, digits)
        elif one.tag in layout.pictures and len(one.value) <= _LARGEST_PICTURE:
            pictures[layout.pictures[one.tag]] = one.value
        else:
            raise ParseError("A file of additional details holds an unknown field, or too large a picture.")
    return AdditionalDetails(texts=texts, pictures=pictures, others=others)


def _counted(content: bytes, tag: int) -> tuple[str, ...]:
    """A count and as many entries; the count is compared, never used to make room."""
    count, *entries = parse_all(content) or (None,)
    if count is None or count.tag != 0x02 or not 1 <= parse_integer(count.value) <= _MOST_ENTRIES:
        raise ParseError("A list of additional details gives no count, or one out of bounds.")
    if len(entries) != parse_integer(count.value) or any(entry.tag != tag for entry in entries):
        raise ParseError("A list of additional details holds other entries than it counts.")
    return tuple(_text(entry.value) for entry in entries)


def _text(value: bytes) -> str:
    if len(value) > _LONGEST_TEXT:
        raise ParseError("A text among the additional details is too long.")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError("A text among the additional details is not UTF-8.") from error


def _digits(value: bytes, digits: int) -> str:
    """A date in ASCII, or in the older coding of two digits a byte."""
    text = value.hex() if len(value) == digits // 2 else value.decode("ascii", "replace")
    if len(text) != digits or not (text.isascii() and text.isdecimal()):
        raise ParseError("A date among the additional details is not made of digits.")
    return text
