"""Where the header stands in a table and which column is which, in the spellings that schools use."""

import unicodedata
from enum import StrEnum

import msgspec

from central.exam_office.table_file import Cell, RosterFileError, Row, Sheet

HEADER_ROWS = 8
"""The header is looked for in so many first rows; titles and the office's name stand above it."""


class Column(StrEnum):
    """A column of a roster; the value is its usual Vietnamese heading."""

    ORDER = "STT"
    CANDIDATE_NUMBER = "SBD"
    FULL_NAME = "Họ và tên"
    BIRTH_DATE = "Ngày sinh"
    CITIZEN_ID = "Số định danh"
    ROOM = "Phòng"
    SEAT = "Chỗ"
    SEX = "Giới tính"


_SPELLINGS: dict[Column, frozenset[str]] = {
    Column.ORDER: frozenset({"stt", "tt", "so tt", "so thu tu"}),
    Column.CANDIDATE_NUMBER: frozenset({"sbd", "so bao danh", "so bd"}),
    Column.FULL_NAME: frozenset({"ho ten", "ho va ten", "ho ten thi sinh", "ho va ten thi sinh", "ho, ten"}),
    Column.BIRTH_DATE: frozenset({"ngay sinh", "ngay thang nam sinh", "ngay, thang, nam sinh", "nam sinh"}),
    Column.CITIZEN_ID: frozenset(
        {"so dinh danh", "so dinh danh ca nhan", "so ddcn", "ddcn", "cccd", "so cccd", "can cuoc", "so can cuoc"}
        | {"so can cuoc cong dan", "so cccd/dinh danh", "cmnd/cccd", "so cmnd/cccd", "ma dinh danh"}
    ),
    Column.ROOM: frozenset({"phong", "phong thi", "ma phong", "ten phong"}),
    Column.SEAT: frozenset({"cho", "cho ngoi", "so cho", "so ghe", "vi tri", "so may", "ghe"}),
    Column.SEX: frozenset({"gioi tinh", "gt", "phai"}),
}
REQUIRED = tuple(column for column in Column if column not in {Column.ORDER, Column.SEX})


class HeaderNotFoundError(RosterFileError):
    """No row near the top names the columns of a roster."""


class ColumnMissingError(RosterFileError):
    """A header was found, but a column that a roster needs is absent or stands there twice."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet whose columns are known. `first_row_number` counts as the spreadsheet does; `unknown` are headings."""

    title: str
    columns: dict[Column, int]
    unknown: tuple[str, ...]
    first_row_number: int
    rows: tuple[Row, ...]


def find_tables(sheets: tuple[Sheet, ...]) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """The sheets that are rosters, and the titles of those that are not.

    Raises `HeaderNotFoundError` when no sheet is one, `ColumnMissingError` when a header lacks a column.
    """
    tables: list[Table] = []
    others: list[str] = []
    for sheet in sheets:
        row_number = _header_row(sheet)
        if row_number is None:
            others.append(sheet.title)
        else:
            tables.append(_table(sheet, row_number))
    if not tables:
        raise HeaderNotFoundError(
            f"No header was found in the first {HEADER_ROWS} rows. It needs the columns {', '.join(REQUIRED)}. "
            "If the letters look wrong, the file is in an old font encoding: save it as CSV UTF-8 or .xlsx."
        )
    return tuple(tables), tuple(title for title in others if title)


def fold(text: str) -> str:
    """Letters without marks, lower case, single spaces: for comparing headings, never for storing names."""
    decomposed = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(bare.replace("*", " ").replace(":", " ").casefold().split())


def _column_of(cell: Cell) -> Column | None:
    if not isinstance(cell, str):
        return None
    folded = fold(cell)
    return next((column for column, spellings in _SPELLINGS.items() if folded in spellings), None)


def _header_row(sheet: Sheet) -> int | None:
    """Index of the row that names most columns, if it names at least three."""
    named = [len({_column_of(cell) for cell in row} - {None}) for row in sheet.rows[:HEADER_ROWS]]
    most = max(named, default=0)
    return named.index(most) if most >= 3 else None


def _table(sheet: Sheet, header: int) -> Table:
    columns: dict[Column, int] = {}
    unknown: list[str] = []
    for index, cell in enumerate(sheet.rows[header]):
        column = _column_of(cell)
        if column is None:
            if cell not in (None, ""):
                unknown.append(" ".join(str(cell).split()))
        elif column in columns:
            raise ColumnMissingError(f"The column {column} stands in the header twice; keep one of them.")
        else:
            columns[column] = index
    missing = [column for column in REQUIRED if column not in columns]
    if missing:
        raise ColumnMissingError(f"The header has no column {', '.join(missing)}.")
    return Table(
        title=sheet.title,
        columns=columns,
        unknown=tuple(unknown),
        first_row_number=header + 2,
        rows=sheet.rows[header + 1 :],
    )
