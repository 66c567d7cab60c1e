"""Names of things: text from end to end, checked where they enter.

Not here: what the things are. Every function raises `BadInputError` with the offending text's shape, never its value
where the value is personal.
"""

import re
from datetime import date
from enum import StrEnum
from typing import NewType

from models.errors import BadInputError

BoxId = NewType("BoxId", str)
"""A room box's name: the common name of its certificate and its MQTT user name."""

RoomId = NewType("RoomId", str)
ExamId = NewType("ExamId", str)
SessionId = NewType("SessionId", str)
"""A sitting (ca thi) of an exam."""

CandidateNumber = NewType("CandidateNumber", str)
"""Số báo danh: digits kept as text, leading zeros matter (TT 24/2024/TT-BGDĐT uses eight)."""

CitizenId = NewType("CitizenId", str)
"""Số định danh cá nhân: twelve digits as text (NĐ 137/2015/NĐ-CP)."""

_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_CITIZEN_ID = re.compile(r"[0-9]{12}")


def parse_box_id(text: str) -> BoxId:
    """A box name that is safe as one topic level, file name and certificate name: ASCII, no dot, 1-63 long."""
    return BoxId(_segment(text, "box name"))


def parse_room_id(text: str) -> RoomId:
    """A room code with the same alphabet as a box name."""
    return RoomId(_segment(text, "room code"))


def parse_school_id(text: str) -> str:
    """A school's code with the same alphabet as a box name."""
    return _segment(text, "school code")


def parse_device_id(text: str) -> str:
    """A device's name in register and room, with the same alphabet as a box name."""
    return _segment(text, "device name")


def _segment(text: str, what: str) -> str:
    if not _SEGMENT.fullmatch(text):
        raise BadInputError(f"A {what} uses only letters, digits, '-' and '_', at most 63 of them.")
    return text


def parse_citizen_id(text: str) -> CitizenId:
    """Twelve ASCII digits; there is no check digit (NĐ 137/2015/NĐ-CP)."""
    if not _CITIZEN_ID.fullmatch(text):
        raise BadInputError("A citizen number (số định danh) has exactly 12 digits.")
    return CitizenId(text)


class Sex(StrEnum):
    """Sex as the citizen number and the machine readable zone know it."""

    MALE = "M"
    FEMALE = "F"


def citizen_id_agrees(citizen_id: CitizenId, sex: Sex | None, birth_date: date | None) -> bool:
    """Whether digits 4-6 (century and sex, year of birth; TT 07/2016/TT-BCA) agree with what else is known.

    What is not known (None) agrees with everything.
    """
    century, odd = divmod(int(citizen_id[3]), 2)
    if sex is not None and (Sex.FEMALE if odd else Sex.MALE) is not sex:
        return False
    return birth_date is None or birth_date.year == 1900 + century * 100 + int(citizen_id[4:6])


def access_number_of(citizen_id: CitizenId) -> str:
    """The card access number (CAN) of a Vietnamese citizen card: the last six digits of the citizen number."""
    return citizen_id[-6:]
