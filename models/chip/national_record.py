"""DG13 of Vietnamese citizen cards: national data, from which four fields and no others leave this module.

The file also holds religion, ethnicity, parents and bodily marks, so no check-in reads it, and nothing in this program
calls this reader by itself: an exam profile must ask for it (`NationalRecordUse`). Not part of ICAO Doc 9303; the
layout is what independent readers of real cards agree on: 6D > SEQUENCE { 1, the identifier of UTF-8, SET OF SEQUENCE
{ number, values } }.
"""

import re
from datetime import date
from enum import StrEnum

import msgspec

from models.chip.data_groups import FILE_TAGS
from models.chip.tlv import ParseError, Tlv, check_nesting, parse_all, parse_integer, parse_one
from models.errors import ClassroomError
from models.identifiers import CitizenId

_UTF8 = Tlv(tag=0x06, value=bytes.fromhex("28d316010008"))  # 1.0.10646.1.0.8
_VERSION = Tlv(tag=0x02, value=b"\x01")
_UTF8_STRING, _PRINTABLE_STRING = 0x0C, 0x13
_NAME = r"[^\x00-\x1f\x7f]{1,200}"


class NationalRecordUse(StrEnum):
    """What an exam profile says about the national data."""

    NEVER = "never"
    """As delivered."""
    COMPARE_NAME_AND_NUMBER = "compare name and number"


class NationalRecordRefusedError(ClassroomError):
    """The exam profile does not allow the national data on the card to be read; the exam office can allow it."""


class NationalRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Fields 1, 2, 3 and 15: citizen number, name with its diacritics, birth date, the old number of nine digits."""

    citizen_id: CitizenId
    full_name: str
    birth_date: date
    old_number: str | None


def read_national_record(dg13: bytes, use: NationalRecordUse) -> NationalRecord:
    """The four fields of the whole file DG13. Raises `NationalRecordRefusedError`, `ParseError`.

    Every object is walked strictly, but other fields are not kept, whatever their shape: of field 13 (the parents) two
    are about, one SEQUENCE with both names or two SEQUENCEs.
    """
    if use is NationalRecordUse.NEVER:
        raise NationalRecordRefusedError("The exam profile does not allow the national data to be read.")
    content = parse_one(dg13, FILE_TAGS[13])
    check_nesting(content)
    version, coding, fields = _three(parse_all(parse_one(content, 0x30)))
    if (version, coding, fields.tag) != (_VERSION, _UTF8, 0x31):
        raise ParseError("The national data do not begin as on any known card.")
    kept: dict[int, tuple[Tlv, ...]] = {}
    for field in parse_all(fields.value):
        parts = parse_all(field.value)
        if field.tag != 0x30 or not parts or parts[0].tag != 0x02:
            raise ParseError("A field of the national data has no number.")
        number = parse_integer(parts[0].value)
        if number in kept:
            raise ParseError("A field of the national data stands twice.")
        kept[number] = parts[1:] if number in {1, 2, 3, 15} else ()
    return NationalRecord(
        citizen_id=CitizenId(_matching(kept, 1, _PRINTABLE_STRING, r"[0-9]{12}")),
        full_name=_matching(kept, 2, _UTF8_STRING, _NAME),
        birth_date=_date(_matching(kept, 3, _PRINTABLE_STRING, r"[0-9]{2}/[0-9]{2}/[0-9]{4}")),
        old_number=_old_number(kept.get(15, ())),
    )


def _three(parts: tuple[Tlv, ...]) -> tuple[Tlv, Tlv, Tlv]:
    if len(parts) != 3:
        raise ParseError("The national data do not have their three parts.")
    return parts[0], parts[1], parts[2]


def _matching(kept: dict[int, tuple[Tlv, ...]], number: int, tag: int, form: str) -> str:
    parts = kept.get(number, ())
    try:
        text = parts[0].value.decode("utf-8") if [part.tag for part in parts] == [tag] else ""
    except UnicodeDecodeError as error:
        raise ParseError(f"Field {number} of the national data is not UTF-8.") from error
    if not re.fullmatch(form, text):
        raise ParseError(f"Field {number} of the national data is missing or has another form.")
    return text


def _date(text: str) -> date:
    try:
        return date(int(text[6:]), int(text[3:5]), int(text[:2]))
    except ValueError as error:
        raise ParseError("The birth date of the national data is not in the calendar.") from error


def _old_number(parts: tuple[Tlv, ...]) -> str | None:
    """Readers disagree whether field 15 or 16 is the old number; nine digits in field 15 are one."""
    match parts:
        case (Tlv(tag=0x13, value=value),) if re.fullmatch(rb"[0-9]{9}", value):
            return value.decode("ascii")
        case _:
            return None
