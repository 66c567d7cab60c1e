"""Roster files as exam offices send them."""

import io
from collections.abc import Sequence
from datetime import datetime

from openpyxl import Workbook

Cell = str | int | float | datetime | None

HEADER: tuple[Cell, ...] = ("STT", "SBD", "Họ và tên", "Ngày sinh", "Số định danh", "Phòng", "Chỗ")
AN: tuple[Cell, ...] = (1, "01000001", "Nguyễn Văn An", "03/09/2008", "001208000001", "Phòng 101", "01")
BINH: tuple[Cell, ...] = (2, "01000002", "Trần Thị Bình", "17/02/2008", "001308000002", "Phòng 101", "02")
CHI: tuple[Cell, ...] = (3, "01000003", "Lê Đỗ Thị Chi", "30/12/2008", "001308000003", "Phòng 102", "01")
ROWS = (HEADER, AN, BINH, CHI)


def varied(row: tuple[Cell, ...], **cells: Cell) -> tuple[Cell, ...]:
    """The row with other cells, named stt, sbd, name, born, citizen, room, seat."""
    places = ("stt", "sbd", "name", "born", "citizen", "room", "seat")
    return tuple(cells.get(place, cell) for place, cell in zip(places, row, strict=True))


def csv_file(rows: Sequence[Sequence[Cell]] = ROWS, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    lines = (delimiter.join("" if cell is None else str(cell) for cell in row) for row in rows)
    return "\r\n".join(lines).encode(encoding)


def xlsx_file(rows: Sequence[Sequence[Cell]] = ROWS, **more_sheets: Sequence[Sequence[Cell]]) -> bytes:
    book = Workbook()
    first = book.active
    assert first is not None
    for title, table in {"Sheet1": rows, **more_sheets}.items():
        sheet = first if title == "Sheet1" else book.create_sheet(title)
        for row in table:
            sheet.append(list(row))
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()
