"""One row of a roster file: cells into a candidate and a room, or the reasons why not.

Excel's habits are undone where that is safe (eaten zeros, dates as numbers, decomposed letters) and reported; nothing
that could be read two ways is guessed. Not here: what rows say about each other (`roster_import`).
"""

import re
import unicodedata
from datetime import date, datetime, timedelta

import msgspec

from central.exam_office.roster_columns import Column, Table, fold
from central.exam_office.table_file import Cell, Row
from models.exams import Candidate, ExamProfile
from models.identifiers import CandidateNumber, CitizenId, RoomId, Sex, citizen_id_agrees

_EXCEL_DAY_ZERO = date(1899, 12, 30)
_OLDEST_BIRTH_YEAR = 1920
_LONGEST_NUMBER = 12
_LONGEST_NAME = 150
_LONGEST_PLACE = 40
_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_YEAR_MONTH_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00:00)?")
_FOOTERS = ("tong so", "tong cong", "danh sach nay co", "danh sach gom", "an dinh danh sach")
_SEXES = {"nam": Sex.MALE, "nu": Sex.FEMALE, "m": Sex.MALE, "f": Sex.FEMALE}


class RosterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A readable row. `warnings` tell what was mended or looks odd, without personal values."""

    sheet: str
    row_number: int
    room_name: str
    room_id: RoomId
    candidate: Candidate
    warnings: tuple[str, ...]


class RejectedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that cannot be used; `cells` are what the file said, for the rejects file only."""

    sheet: str
    row_number: int
    reasons: tuple[str, ...]
    cells: dict[Column, str]


class Why(str):
    """The reason why a cell cannot be used, in Vietnamese and English; it never repeats the cell."""

    __slots__ = ()


def read_rows(table: Table, profile: ExamProfile, today: date) -> list[RosterRow | RejectedRow]:
    """Every row of the table that is neither empty nor its footer."""
    answers: list[RosterRow | RejectedRow] = []
    for offset, row in enumerate(table.rows):
        cells = {column: _cell(row, index) for column, index in table.columns.items()}
        if _says_nothing(cells, row):
            continue
        answers.append(_read_row(table.title, table.first_row_number + offset, cells, profile, today))
    return answers


def clean(cell: Cell) -> str:
    """Text as people mean it: composed (NFC), no-break and zero-width spaces gone, single spaces."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = "" if cell is None else str(cell)
    visible = "".join(letter for letter in text if letter not in "\u200b\u200c\u200d\ufeff\u2060")
    return unicodedata.normalize("NFC", " ".join(visible.split()))


def room_id_of(room_name: str) -> RoomId:
    """The code of a room from its name: "Phòng 101" and "phong  101" are Phong-101 and phong-101."""
    words = re.findall(r"[A-Za-z0-9]+", _bare(room_name))
    return RoomId("-".join(words)[:63])


def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _cell(row: Row, index: int) -> Cell:
    return row[index] if index < len(row) else None


def _says_nothing(cells: dict[Column, Cell], row: Row) -> bool:
    if all(clean(cell) == "" for cell in cells.values()):
        return True
    if clean(cells[Column.CANDIDATE_NUMBER]) and clean(cells[Column.CITIZEN_ID]):
        return False
    first = next((folded for cell in row if (folded := fold(clean(cell)))), "")
    return first.startswith(_FOOTERS)


def _read_row(
    sheet: str, row_number: int, cells: dict[Column, Cell], profile: ExamProfile, today: date
) -> RosterRow | RejectedRow:
    notes: list[str] = []
    number = _candidate_number(cells[Column.CANDIDATE_NUMBER], profile, notes)
    name = _full_name(cells[Column.FULL_NAME])
    birth_date = _birth_date(cells[Column.BIRTH_DATE], today)
    citizen_id = _citizen_id(cells[Column.CITIZEN_ID], notes)
    room = _place(cells[Column.ROOM], "Phòng (room)")
    seat = _place(cells[Column.SEAT], "Chỗ (seat)")
    sex = _sex(cells.get(Column.SEX))
    if (
        isinstance(number, Why)
        or isinstance(name, Why)
        or isinstance(birth_date, Why)
        or isinstance(citizen_id, Why)
        or isinstance(room, Why)
        or isinstance(seat, Why)
        or isinstance(sex, Why)
    ):
        answers = (number, name, birth_date, citizen_id, room, seat, sex)
        return RejectedRow(
            sheet=sheet,
            row_number=row_number,
            reasons=tuple(str(answer) for answer in answers if isinstance(answer, Why)),
            cells={column: clean(cell) for column, cell in cells.items()},
        )
    if not citizen_id_agrees(citizen_id, sex, birth_date):
        notes.append("Số định danh không khớp năm sinh hoặc giới tính (number and birth year or sex disagree)")
    candidate = Candidate(
        candidate_number=number, full_name=name, birth_date=birth_date, citizen_id=citizen_id, seat=seat, sex=sex
    )
    return RosterRow(
        sheet=sheet,
        row_number=row_number,
        room_name=room,
        room_id=room_id_of(room),
        candidate=candidate,
        warnings=tuple(notes),
    )


def _candidate_number(cell: Cell, profile: ExamProfile, notes: list[str]) -> CandidateNumber | Why:
    text = clean(cell)
    pattern = re.compile(profile.candidate_number_pattern)
    if pattern.fullmatch(text):
        return CandidateNumber(text)
    if text.isascii() and text.isdigit():
        for width in range(len(text) + 1, _LONGEST_NUMBER + 1):
            if pattern.fullmatch(text.zfill(width)):
                notes.append("SBD: đã thêm số 0 ở đầu (leading zeros restored)")
                return CandidateNumber(text.zfill(width))
    return Why("SBD không đúng mẫu của kỳ thi (candidate number does not fit the exam's pattern)")


def _full_name(cell: Cell) -> str | Why:
    name = clean(cell)
    if not isinstance(cell, str) or not any(letter.isalpha() for letter in name):
        return Why("Thiếu họ tên (no name)")
    if name.startswith(("=", "+", "@")) or len(name) > _LONGEST_NAME:
        return Why("Họ tên không phải là tên (the name is a formula or too long)")
    if not all(letter.isalpha() or letter in " '’-.," for letter in name):
        return Why("Họ tên có ký tự lạ (the name holds signs that no name has)")
    return name


def _birth_date(cell: Cell, today: date) -> date | Why:
    born: date | None = None
    if isinstance(cell, datetime):
        born = cell.date()
    elif isinstance(cell, date):
        born = cell
    else:
        text = clean(cell)
        if written := _DAY_MONTH_YEAR.fullmatch(text):
            born = _date_or_none(*(int(part) for part in reversed(written.groups())))
        elif written := _YEAR_MONTH_DAY.fullmatch(text):
            born = _date_or_none(*(int(part) for part in written.groups()))
        elif re.fullmatch(r"(19|20)\d\d", text):
            return Why("Ngày sinh chỉ có năm (birth date is only a year)")
        elif re.fullmatch(r"\d{4,5}", text):
            born = _EXCEL_DAY_ZERO + timedelta(days=int(text))
    if born is None:
        return Why("Ngày sinh không đọc được, cần NN/TT/NNNN (birth date is not DD/MM/YYYY)")
    if not born.year >= _OLDEST_BIRTH_YEAR or born >= today:
        return Why("Ngày sinh không hợp lý (birth date is not plausible)")
    return born


def _date_or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _citizen_id(cell: Cell, notes: list[str]) -> CitizenId | Why:
    text = clean(cell).replace(" ", "")
    if not (text.isascii() and text.isdigit()):
        return Why("Số định danh phải là 12 chữ số (citizen number is not 12 digits)")
    if len(text) in (10, 11):  # a spreadsheet ate the zeros of an old province code 001-096
        text = text.zfill(_LONGEST_NUMBER)
        notes.append("Số định danh: đã thêm số 0 ở đầu (leading zeros restored)")
    if len(text) == 9:
        return Why("Số 9 chữ số là CMND cũ, không còn dùng (nine digits are an old CMND, no longer valid)")
    if len(text) != _LONGEST_NUMBER:
        return Why("Số định danh phải là 12 chữ số (citizen number is not 12 digits)")
    if not 1 <= int(text[:3]) <= 96:
        notes.append("Số định danh có mã tỉnh lạ (unusual province code)")
    return CitizenId(text)


def _place(cell: Cell, what: str) -> str | Why:
    text = clean(cell)
    if not text or len(text) > _LONGEST_PLACE or text.startswith(("=", "+", "@")) or not room_id_of(text):
        return Why(f"{what}: thiếu hoặc không đọc được (missing or not readable)")
    return text


def _sex(cell: Cell) -> Sex | Why | None:
    text = fold(clean(cell))
    if not text:
        return None
    return _SEXES.get(text, Why("Giới tính phải là Nam hoặc Nữ (sex is neither Nam nor Nữ)"))
