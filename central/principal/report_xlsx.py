"""A report as a spreadsheet, one sheet for each table; figures stay numbers, no text acts as a formula.

Not here: what stands in it (`report_tables`).
"""

import io
import re

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from central.exam_office.formula_cells import tame
from central.principal.report_tables import Cell, Report


def report_xlsx(report: Report) -> bytes:
    """The whole file."""
    book = Workbook(write_only=True)
    for number, table in enumerate(report.tables, 1):
        name = re.sub(r"[\\/*?:\[\]]", " ", table.title)[:26].strip()
        sheet = book.create_sheet(f"{number}. {name}")
        sheet.freeze_panes = f"A{len(report.lines) + 4}"
        for line in (
            report.title,
            *report.lines,
            f"{table.title}. {table.note}",
            *(() if table.rows else ("Không có.",)),
        ):
            sheet.append([_cell(sheet, line)])
        sheet.append([_cell(sheet, word) for word in table.header])
        for row in table.rows:
            sheet.append([_cell(sheet, cell) for cell in row])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _cell(sheet: object, cell: Cell) -> object:
    if isinstance(cell, str):
        cell = tame("".join(sign for sign in cell if sign.isprintable()))
    return WriteOnlyCell(sheet, cell)  # type: ignore[arg-type]  # openpyxl's types know only full sheets
