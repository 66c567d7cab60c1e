"""A spreadsheet or text table as rows of cells, whatever program saved it.

Not here: what the columns mean (`roster_columns`). A broken or hostile file raises one of the named errors below and
costs a bounded amount of memory.
"""

import csv
import io
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Final

import msgspec
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from models.errors import BadInputError

Cell = str | int | float | datetime | date | None
Row = tuple[Cell, ...]

MOST_BYTES: Final = 20_000_000
MOST_UNPACKED_BYTES: Final = 200_000_000
MOST_MEMBERS: Final = 2_000
MOST_ROWS: Final = 50_000
MOST_COLUMNS: Final = 64
MOST_CELL_LETTERS: Final = 500
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 1 << 16


class RosterFileError(BadInputError):
    """The roster file cannot be used as it is. Nothing was stored."""


class OldExcelFormatError(RosterFileError):
    """The file is in the binary format of Excel 97-2003, or protected by a password."""


class FileTooLargeError(RosterFileError):
    """The file, or what it unpacks to, is larger than any roster."""


class BrokenFileError(RosterFileError):
    """The file is damaged or is not what its name says."""


class UnknownEncodingError(RosterFileError):
    """The text is in an encoding that we do not read."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a file; `title` is empty for text files. The first row has number 1."""

    title: str
    rows: tuple[Row, ...]


def read_tables(content: bytes) -> tuple[Sheet, ...]:
    """Every sheet of an XLSX file; for a text file the same text read with each delimiter (`,` `;` tab).

    The kind is told by the first bytes, not by a name. Formulas come as their text.
    """
    if len(content) > MOST_BYTES:
        raise FileTooLargeError(f"The file is larger than {MOST_BYTES // 1_000_000} MB; a roster is much smaller.")
    if content.startswith(_OLE_MAGIC):
        raise OldExcelFormatError("This is an old .xls file or has a password. Save it as .xlsx without password.")
    if content.startswith(b"PK"):
        return _read_workbook(content)
    return _read_text(content)


def _read_workbook(content: bytes) -> tuple[Sheet, ...]:
    try:
        _refuse_bombs(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            return tuple(
                Sheet(title=sheet.title, rows=_bounded(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS)))
                for sheet in book.worksheets
            )
        finally:
            book.close()
    except RosterFileError:
        raise
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        OSError,
        EOFError,
        IndexError,
        SyntaxError,
        NotImplementedError,
        RuntimeError,
    ) as error:  # what openpyxl and zipfile raise on damaged files; it has no one family of errors
        raise BrokenFileError("This Excel file is damaged. Open it in Excel and save it again as .xlsx.") from error


def _refuse_bombs(content: bytes) -> None:
    """Unpack once into nothing, counting: a header may lie about sizes."""
    unpacked = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if len(archive.infolist()) > MOST_MEMBERS:
            raise FileTooLargeError("The Excel file holds more parts than any roster needs.")
        for member in archive.infolist():
            with archive.open(member) as part:
                first = True
                while chunk := part.read(_CHUNK):
                    unpacked += len(chunk)
                    if unpacked > MOST_UNPACKED_BYTES:
                        raise FileTooLargeError("The Excel file unpacks to far more than any roster holds.")
                    if first and b"<!DOCTYPE" in chunk:
                        raise BrokenFileError("The Excel file holds a document type, which Excel never writes.")
                    first = False


def _read_text(content: bytes) -> tuple[Sheet, ...]:
    text = decode_text(content)
    if "\x00" in text:
        raise BrokenFileError("This is neither a CSV nor an Excel file.")
    sheets = []
    for delimiter in (",", ";", "\t"):
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            sheets.append(Sheet(title="", rows=_bounded(tuple(line) for line in lines)))
        except csv.Error as error:
            raise BrokenFileError("The CSV file has a cell that never ends. Save it again as CSV UTF-8.") from error
    return tuple(sheets)


def decode_text(content: bytes) -> str:
    """Text in UTF-8 (with or without mark), UTF-16 with mark, or Windows-1258."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "cp1258"]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnknownEncodingError("The letters cannot be read. Save the file as CSV UTF-8 or as .xlsx.")


def _bounded(rows: object) -> tuple[Row, ...]:
    kept: list[Row] = []
    for row in rows:  # type: ignore[attr-defined]  # openpyxl and csv give different iterators
        if len(kept) >= MOST_ROWS:
            raise FileTooLargeError(f"The table has more than {MOST_ROWS} rows. Import one exam session at a time.")
        kept.append(tuple(_plain(cell) for cell in row[:MOST_COLUMNS]))
    while kept and all(cell is None or cell == "" for cell in kept[-1]):
        kept.pop()
    return tuple(kept)


def _plain(cell: object) -> Cell:
    match cell:
        case None | bool():
            return None if cell is None else str(cell)
        case str():
            return cell[:MOST_CELL_LETTERS]
        case int() | float() | datetime() | date():
            return cell
        case time() | timedelta():
            return str(cell)
        case _:
            return str(getattr(cell, "text", cell))[:MOST_CELL_LETTERS]
