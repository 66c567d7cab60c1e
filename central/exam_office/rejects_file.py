"""Rejected rows as a CSV file that the exam office opens, mends and sends again. Holds personal values: mode 0600.

Not here: why a row is rejected (`roster_rows`, `roster_plan`).
"""

import csv
import io

from central.exam_office.formula_cells import tame
from central.exam_office.roster_columns import Column
from central.exam_office.roster_rows import RejectedRow


def rejects_csv(rejected: tuple[RejectedRow, ...]) -> bytes:
    """UTF-8 with mark, so that Excel reads Vietnamese; a cell that could act as a formula gets an apostrophe."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Trang", "Dòng", *(column.value for column in Column), "Lý do"])
    for row in rejected:
        cells = [row.cells.get(column, "") for column in Column]
        writer.writerow([tame(cell) for cell in (row.sheet, str(row.row_number), *cells, "; ".join(row.reasons))])
    return text.getvalue().encode("utf-8-sig")
