"""A list of rooms as a spreadsheet saves it, for a delivery of boxes: which rooms get a code, and why others do not.

Not here: looking rooms up (`central.registers.place_register`).
"""

import csv
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Self

import msgspec

from central.registers.place_register import Room
from models.errors import BadInputError

HEADERS: Final = ("room", "room_id", "room code", "phòng", "mã phòng", "ma phong", "phong")


class RoomListError(BadInputError):
    """The text is no list of rooms. Send a CSV whose first line names a column `room` or `mã phòng`."""


class RoomList(msgspec.Struct, frozen=True, kw_only=True):
    """Rooms that get a code, in the list's order; codes that nobody knows, and rooms that have a box already."""

    rooms: tuple[Room, ...]
    unknown: tuple[str, ...]
    taken: tuple[Room, ...]
    doubled: tuple[str, ...]

    @classmethod
    def of(cls, codes: Sequence[str], known: Mapping[str, Room], taken: Collection[str]) -> Self:
        """The list, sorted out."""
        counts = Counter(codes)
        once = list(counts)
        found = [known[code] for code in once if code in known]
        return cls(
            rooms=tuple(room for room in found if room.room_id not in taken),
            unknown=tuple(code for code in once if code not in known),
            taken=tuple(room for room in found if room.room_id in taken),
            doubled=tuple(code for code in once if counts[code] > 1),
        )


def read_room_list(text: str) -> list[str]:
    """The room codes of a CSV (`,` `;` or tab) or of plain lines. Raises RoomListError."""
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if not lines:
        raise RoomListError("The list is empty. Send a CSV with one room code a line.")
    delimiter = max(",;\t", key=lines[0].count)
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    header = [cell.casefold() for cell in rows[0]]
    named = next((position for position, cell in enumerate(header) if cell in HEADERS), None)
    if named is None and len(rows[0]) > 1:
        raise RoomListError("No column is named `room` or `mã phòng`. Name the column of room codes so.")
    column, body = (0, rows) if named is None else (named, rows[1:])
    codes = [row[column] for row in body if len(row) > column and row[column]]
    if not codes:
        raise RoomListError("The list holds no room. Put one room code on each line.")
    return codes
