"""Roster files as they really come: what can be read is read, what cannot is named, nothing is guessed."""

import io
import unicodedata
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.exam_office.rejects_file import rejects_csv
from central.exam_office.roster_columns import ColumnMissingError, HeaderNotFoundError
from central.exam_office.roster_plan import NothingToImportError, RosterPlan, plan_import
from central.exam_office.roster_rows import room_id_of
from central.exam_office.table_file import (
    BrokenFileError,
    FileTooLargeError,
    OldExcelFormatError,
    RosterFileError,
    UnknownEncodingError,
)
from models.identifiers import parse_room_id
from tests.builders.exams import profile
from tests.builders.roster_files import AN, BINH, CHI, HEADER, ROWS, Cell, csv_file, varied, xlsx_file

_TODAY = date(2026, 6, 1)


def _plan(content: bytes) -> RosterPlan:
    return plan_import(content, profile(), _TODAY)


def _one(**cells: Cell) -> RosterPlan:
    return _plan(xlsx_file([HEADER, varied(AN, **cells)]))


def _names(plan: RosterPlan) -> list[str]:
    return [row.candidate.full_name for row in plan.rows]


_EVERYBODY = ["Nguyễn Văn An", "Trần Thị Bình", "Lê Đỗ Thị Chi"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_files_in_each_encoding_and_with_each_delimiter(encoding: str, delimiter: str) -> None:
    plan = _plan(csv_file(encoding=encoding, delimiter=delimiter))
    assert _names(plan) == _EVERYBODY
    assert plan.rejected == ()


def test_windows_1258_letters_are_composed_again() -> None:
    text = csv_file().decode()
    marked = "".join(
        letter if letter in "ăâđêôơưĂÂĐÊÔƠƯ" else _split_tone(letter) for letter in unicodedata.normalize("NFC", text)
    )
    assert _names(_plan(marked.encode("cp1258"))) == _EVERYBODY


def _split_tone(letter: str) -> str:
    """A letter as Windows-1258 writes it: the vowel with its hat in one byte, the tone after it."""
    try:
        letter.encode("cp1258")
    except UnicodeEncodeError:
        apart = unicodedata.normalize("NFD", letter)
        tone = next(mark for mark in apart if mark in "\u0300\u0301\u0303\u0309\u0323")
        return unicodedata.normalize("NFC", apart.replace(tone, "")) + tone
    return letter


def test_an_xlsx_file() -> None:
    plan = _plan(xlsx_file())
    assert _names(plan) == _EVERYBODY
    assert plan.rooms == {"Phong-101": "Phòng 101", "Phong-102": "Phòng 102"}


def test_titles_above_the_header_and_a_footer_below_are_passed_over() -> None:
    rows = [("SỞ GIÁO DỤC VÀ ĐÀO TẠO",), ("DANH SÁCH THÍ SINH",), (None,), *ROWS, (None,), ("Tổng số: 3 thí sinh",)]
    plan = _plan(xlsx_file(rows))
    assert (len(plan.rows), plan.rejected) == (3, ())


def test_row_numbers_are_those_of_the_spreadsheet() -> None:
    rows = [("DANH SÁCH",), HEADER, AN, varied(BINH, born="?")]
    assert _plan(xlsx_file(rows)).rejected[0].row_number == 4


@pytest.mark.parametrize(
    "heading",
    ["Họ và Tên ", "HỌ VÀ TÊN", " Họ  tên*", "Họ\xa0và tên", unicodedata.normalize("NFD", "Họ và tên"), "Họ tên:"],
)
def test_headings_are_found_in_the_spellings_of_schools(heading: str) -> None:
    rows = [tuple(heading if cell == "Họ và tên" else cell for cell in HEADER), AN]
    assert _names(_plan(xlsx_file(rows))) == ["Nguyễn Văn An"]


def test_names_are_composed_and_single_spaced_and_otherwise_left_alone() -> None:
    plan = _one(name=unicodedata.normalize("NFD", " Nguyễn\xa0Thị  Hoà\u200b "))
    assert _names(plan) == ["Nguyễn Thị Hoà"]


@pytest.mark.parametrize("name", ["H'Mông Y Byă", "Hồ A Páo", "Y", "Nguyễn Thị Thu-Hà"])
def test_names_of_every_people_are_names(name: str) -> None:
    assert _names(_one(name=name)) == [name]


@pytest.mark.parametrize("born", ["03/09/2008", "3/9/2008", "03-09-2008", "2008-09-03", datetime(2008, 9, 3), 39694])  # noqa: DTZ001 a spreadsheet's dates have no zone
def test_birth_dates_as_text_as_dates_and_as_excel_numbers(born: Cell) -> None:
    assert [row.candidate.birth_date for row in _one(born=born).rows] == [date(2008, 9, 3)]


@pytest.mark.parametrize("born", ["2008", 2008, "31/02/2008", "09/2008", "", "03/09/1899", "03/09/2030", "=TODAY()"])
def test_birth_dates_that_say_less_or_nothing_are_rejected(born: Cell) -> None:
    plan = _one(born=born)
    assert plan.rows == ()
    assert any("Ngày sinh" in reason for reason in plan.rejected[0].reasons)


@pytest.mark.parametrize(
    ("sbd", "read"), [("01000001", "01000001"), (1000001, "01000001"), (1000001.0, "01000001"), ("1000001", "01000001")]
)
def test_candidate_numbers_are_text_and_get_their_zeros_back(sbd: Cell, read: str) -> None:
    plan = _one(sbd=sbd)
    assert [row.candidate.candidate_number for row in plan.rows] == [read]
    assert bool(plan.rows[0].warnings) == (sbd != read)


@pytest.mark.parametrize(
    ("citizen", "read"),
    [("001208000001", "001208000001"), (1208000001, "001208000001"), ("01208000001", "001208000001")],
)
def test_citizen_numbers_of_ten_and_eleven_digits_get_their_zeros_back(citizen: Cell, read: str) -> None:
    assert [row.candidate.citizen_id for row in _one(citizen=citizen).rows] == [read]


@pytest.mark.parametrize("citizen", ["123456789", 123456789, "1.20800E+09", "00120800000X", "", "0012080000012"])
def test_an_old_cmnd_and_what_is_no_number_are_rejected(citizen: Cell) -> None:
    plan = _one(citizen=citizen)
    assert plan.rows == ()
    assert len(plan.rejected) == 1


def test_a_number_that_disagrees_with_the_birth_year_is_only_noted() -> None:
    plan = _one(born="03/09/2007")
    assert any("Số định danh không khớp" in warning for warning in plan.rows[0].warnings)


@pytest.mark.parametrize(
    "cells", [{"name": "=HYPERLINK(1)"}, {"name": 5}, {"name": "<b>An</b>"}, {"room": "=A1"}, {"seat": None}]
)
def test_formulas_and_empty_cells_are_rejected(cells: dict[str, Cell]) -> None:
    assert _one(**cells).rows == ()


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (varied(BINH, sbd="01000001"), "SBD trùng dòng 2"),
        (varied(BINH, citizen="001208000001"), "Số định danh trùng dòng 2"),
        (varied(BINH, seat="01"), "Chỗ ngồi trùng dòng 2"),
        (varied(BINH, room="Phong 101"), "Hai tên phòng"),
    ],
)
def test_a_row_that_repeats_another_is_rejected_and_the_first_one_stays(second: tuple[Cell, ...], why: str) -> None:
    plan = _plan(xlsx_file([HEADER, AN, second]))
    assert len(plan.rows) == 1
    assert why in plan.rejected[0].reasons[0]


def test_several_sheets_are_read_together_and_others_are_named() -> None:
    plan = _plan(xlsx_file([HEADER, AN], Phong102=[HEADER, CHI], GhiChu=[("chỉ là ghi chú",)]))
    assert len(plan.rows) == 2
    assert any("GhiChu" in note for note in plan.notes)


def test_unknown_columns_and_full_rooms_are_reported() -> None:
    rows = [
        (*HEADER, "M1"),
        *((*varied(AN, sbd=f"0100{n:04}", citizen=f"00120800{n:04}", seat=n), 7) for n in range(25)),
    ]
    notes = _plan(xlsx_file(rows)).notes
    assert any("M1" in note for note in notes)
    assert any("25 thí sinh" in note for note in notes)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), OldExcelFormatError),
        (b"PK\x03\x04 torn", BrokenFileError),
        (xlsx_file()[:2000], BrokenFileError),
        (b"\x00\x01\x02", BrokenFileError),
        (b"%PDF-1.7 \x81\x8d\xff", UnknownEncodingError),
        (b"", HeaderNotFoundError),
        (csv_file([AN, BINH]), HeaderNotFoundError),
        (csv_file([HEADER[:4], AN[:4]]), ColumnMissingError),
        (csv_file([(*HEADER, "SBD"), AN]), ColumnMissingError),
        (csv_file([HEADER]), NothingToImportError),
        (b"," * 20_000_001, FileTooLargeError),
        (csv_file([HEADER, *([AN] * 50_001)]), FileTooLargeError),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_name(content: bytes, error: type[RosterFileError]) -> None:
    with pytest.raises(error):
        _plan(content)


def _archive(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def test_a_bomb_is_refused_before_it_is_unpacked_into_memory() -> None:
    bomb = _archive("xl/worksheets/sheet1.xml", bytes(210_000_000))
    assert len(bomb) < 1_000_000
    with pytest.raises(FileTooLargeError):
        _plan(bomb)


def test_a_document_type_inside_an_xlsx_is_refused() -> None:
    with pytest.raises(BrokenFileError, match="document type"):
        _plan(_archive("xl/workbook.xml", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>'))


@given(st.binary(max_size=300))
def test_no_bytes_at_all_raise_anything_but_a_roster_file_error(content: bytes) -> None:
    for start in (b"", b"PK\x03\x04", csv_file([HEADER]) + b"\r\n"):
        try:
            _plan(start + content)
        except RosterFileError:
            continue


@given(st.text(min_size=1, max_size=40))
def test_every_room_code_is_safe_as_a_topic_level(name: str) -> None:
    code = room_id_of(name)
    if code:
        assert parse_room_id(code) == code


def test_the_rejects_file_keeps_the_cells_and_tames_formulas() -> None:
    plan = _plan(xlsx_file([HEADER, varied(AN, name="=cmd|' /C calc'!A0"), varied(BINH, born="2008")]))
    lines = rejects_csv(plan.rejected).decode("utf-8-sig").splitlines()
    assert "'=cmd" in lines[1]
    assert "Ngày sinh chỉ có năm" in lines[2]
    assert "01000002" in lines[2]
