"""Tables with a header in any of the spellings that schools use, as rows of named cells, and cells as people mean them.

Not here: which columns there are and what rows mean (`place_plan`, `device_plan`), files (`exam_office.table_file`).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

import msgspec

from central.exam_office.formula_cells import untamed
from central.exam_office.roster_columns import HEADER_ROWS, ColumnMissingError, HeaderNotFoundError, fold
from central.exam_office.roster_rows import Why, clean
from central.exam_office.table_file import Cell, Row, Sheet

Spellings = Mapping[str, frozenset[str]]
"""Column (its usual Vietnamese heading) → folded spellings. The heading itself need not be repeated."""

_EXCEL_DAY_ZERO = date(1899, 12, 30)
_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_YES = frozenset({"x", "co", "1", "true", "yes", "dung"})


class NamedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row below a header; `number` counts as the spreadsheet does."""

    sheet: str
    number: int
    cells: dict[str, Cell]

    def text(self, column: str) -> str:
        """The cell as words; empty when it is not there, or holds only a dash."""
        words = clean(self.cells.get(column))
        return "" if words in {"-", "—"} else untamed(words)

    def holds_formula(self) -> bool:
        """Whether a cell is a formula, which says nothing that we could keep."""
        return any(isinstance(cell, str) and cell.startswith("=") for cell in self.cells.values())


class RejectedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that cannot be used, and why."""

    sheet: str
    number: int
    reasons: tuple[str, ...]


class HeadedRows(msgspec.Struct, frozen=True, kw_only=True):
    """Every row that is not empty, of every sheet with a header; `unknown` are headings that nobody asks for."""

    rows: tuple[NamedRow, ...]
    unknown: tuple[str, ...]


def read_headed(sheets: tuple[Sheet, ...], spellings: Spellings, required: tuple[str, ...]) -> HeadedRows:
    """Rows by column. Raises `HeaderNotFoundError` and `ColumnMissingError`."""
    rows: list[NamedRow] = []
    unknown: list[str] = []
    found = False
    for sheet in sheets:
        header = _header_row(sheet, spellings, min(3, len(required)))
        if header is None:
            continue
        found = True
        columns, others = _columns(sheet.rows[header], spellings, required)
        unknown += others
        rows += _rows(sheet, header, columns)
    if not found:
        raise HeaderNotFoundError(
            f"No header was found in the first {HEADER_ROWS} rows. It needs the columns {', '.join(required)}."
        )
    return HeadedRows(rows=tuple(rows), unknown=tuple(dict.fromkeys(unknown)))


def read_day(row: NamedRow, column: str) -> date | Why | None:
    """A day written DD/MM/YYYY, as ISO, or as a spreadsheet's date; None when the cell is empty."""
    cell = row.cells.get(column)
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = row.text(column)
    try:
        return _day_written(text) if text else None
    except ValueError:
        return Why(f"{column}: cần một ngày có thật, NN/TT/NNNN (write a real day as DD/MM/YYYY)")


def _day_written(text: str) -> date:
    if written := _DAY_MONTH_YEAR.fullmatch(text):
        return date(*(int(part) for part in reversed(written.groups())))
    if re.fullmatch(r"\d{5}", text):
        return _EXCEL_DAY_ZERO + timedelta(days=int(text))
    return date.fromisoformat(re.sub(r"[T ]00:00:00$", "", text))


def is_yes(text: str) -> bool:
    """Whether a cell ticks its column."""
    return fold(text) in _YES


def _rows(sheet: Sheet, header: int, columns: dict[str, int]) -> Iterator[NamedRow]:
    for offset, row in enumerate(sheet.rows[header + 1 :]):
        cells = {column: row[index] if index < len(row) else None for column, index in columns.items()}
        if any(clean(cell) for cell in cells.values()):
            yield NamedRow(sheet=sheet.title, number=header + 2 + offset, cells=cells)


def _column_of(cell: Cell, spellings: Spellings) -> str | None:
    if not isinstance(cell, str):
        return None
    folded = fold(cell)
    return next((column for column, known in spellings.items() if folded == fold(column) or folded in known), None)


def _header_row(sheet: Sheet, spellings: Spellings, least: int) -> int | None:
    named = [len({_column_of(cell, spellings) for cell in row} - {None}) for row in sheet.rows[:HEADER_ROWS]]
    most = max(named, default=0)
    return named.index(most) if most >= least else None


def _columns(row: Row, spellings: Spellings, required: tuple[str, ...]) -> tuple[dict[str, int], list[str]]:
    columns: dict[str, int] = {}
    unknown: list[str] = []
    for index, cell in enumerate(row):
        column = _column_of(cell, spellings)
        if column is None:
            unknown += [clean(cell)] if clean(cell) else []
        elif column in columns:
            raise ColumnMissingError(f"The column {column} stands in the header twice; keep one of them.")
        else:
            columns[column] = index
    missing = [column for column in required if column not in columns]
    if missing:
        raise ColumnMissingError(f"The header has no column {', '.join(missing)}.")
    return columns, unknown
