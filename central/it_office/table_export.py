"""Tables that people take away: CSV piece by piece and XLSX, in which no cell can act as a formula.

Not here: which rows (`device_export`).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from central.exam_office.formula_cells import tame
from models.errors import BadInputError

MOST_XLSX_ROWS: Final = 20_000
_PIECE_BYTES: Final = 64 * 1024


class TooManyRowsError(BadInputError):
    """More rows than a spreadsheet is made for here; take the CSV or a narrower list."""


def csv_pieces(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """UTF-8 with mark, so that Excel reads Vietnamese; pieces of about 64 KB, the first one at once."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write("\ufeff")
    writer.writerow(header)
    yield _taken(text)
    for row in rows:
        writer.writerow([tame(cell) for cell in row])
        if text.tell() > _PIECE_BYTES:
            yield _taken(text)
    yield _taken(text)


def xlsx_file(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """One sheet, every cell a text. Raises `TooManyRowsError`."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append(list(header))
    for number, row in enumerate(rows):
        if number >= MOST_XLSX_ROWS:
            raise TooManyRowsError(f"A spreadsheet here has at most {MOST_XLSX_ROWS} rows. Take CSV, or fewer rows.")
        sheet.append([_text_cell(sheet, cell) for cell in row])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _text_cell(sheet: object, cell: str) -> object:
    printable = "".join(sign for sign in cell if sign.isprintable())
    return WriteOnlyCell(sheet, tame(printable))  # type: ignore[arg-type]  # openpyxl's types know only full sheets


def _taken(text: io.StringIO) -> bytes:
    piece = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return piece
