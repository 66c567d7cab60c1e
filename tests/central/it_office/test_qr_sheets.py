"""Printed codes: every label can be scanned and read, and the CSV opens no formula."""

import csv
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest
from cv2.typing import MatLike

from central.it_office.qr_sheets import COLUMNS, CSV_HEADER, ROWS, SheetFontError, qr_svg, sheet_csv, sheet_pdf
from models.enrollment import CodeKind
from models.fleet import MadeCode
from models.identifiers import RoomId
from models.wire.enrollment_code import link_of, make_code, read_link
from provisioning.device.batch import read_rows
from tests.builders.needed_programs import need

_POPPLER = Path("/usr/bin/pdftoppm")


@pytest.fixture(autouse=True)
def _poppler() -> None:
    need("poppler-utils", _POPPLER.exists())


SCHOOL = "Trường THPT Nguyễn Thị Minh Khai"
GOOD_UNTIL = datetime(2026, 6, 11, 11, 30, tzinfo=UTC)


def _code(number: int, school: str = SCHOOL, room: str = "Phòng Ỷ Lan") -> MadeCode:
    code = make_code(CodeKind.PRINTED)
    return MadeCode(
        room_id=RoomId(f"P{number}"),
        room_name=f"{room} {number}",
        school_name=school,
        code=code,
        link=link_of("authority.test:8443", code),
        good_until=GOOD_UNTIL,
    )


def _words(pdf: bytes, folder: Path) -> str:
    (folder / "sheet.pdf").write_bytes(pdf)
    return subprocess.run(
        [_POPPLER.with_name("pdftotext"), "-layout", folder / "sheet.pdf", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_every_qr_of_a_sheet_is_scanned(tmp_path: Path) -> None:
    codes = [_code(number) for number in range(8)]
    (tmp_path / "sheet.pdf").write_bytes(sheet_pdf(codes, "Giao máy"))
    unread = {place: code.link for place, code in enumerate(codes)}
    for dots_per_inch in (300, 200, 250, 150, 400):
        page = _photographed(tmp_path, dots_per_inch)
        for place, link in list(unread.items()):
            if cv2.QRCodeDetector().detectAndDecode(_label(page, place))[0] == link:
                del unread[place]
        if not unread:
            break
    assert unread == {}


def _photographed(folder: Path, dots_per_inch: int) -> MatLike:
    """The sheet from near or far. OpenCV misses one code in thirty from one distance, so a camera gets a few."""
    resolution = ["-r", str(dots_per_inch)]
    subprocess.run([_POPPLER, *resolution, "-png", "-singlefile", folder / "sheet.pdf", folder / "page"], check=True)
    picture = cv2.imread(str(folder / "page.png"))
    assert picture is not None
    return picture


def _label(page: MatLike, place: int) -> MatLike:
    """One label of the sheet, as it is held before a camera."""
    row, column = divmod(place, COLUMNS)
    height, width = page.shape[0] // ROWS, page.shape[1] // COLUMNS
    return page[row * height : (row + 1) * height, column * width : (column + 1) * width]


def test_a_label_says_school_room_code_and_school_time_with_all_marks(tmp_path: Path) -> None:
    code = _code(1)
    words = _words(sheet_pdf([code], "Giao máy đợt 1"), tmp_path)
    for expected in (SCHOOL, "Phòng Ỷ Lan 1", "18:30 11/06/2026", "Giao máy đợt 1"):
        assert expected in words
    assert all(group in words for group in code.code.split("-"))


def test_a_long_name_is_cut_and_nothing_else_is_lost(tmp_path: Path) -> None:
    words = _words(sheet_pdf([_code(1, "Trường " * 40, "Phòng học " * 30)], "x"), tmp_path)
    assert words.count("…") == 2


def test_nine_codes_need_two_sheets(tmp_path: Path) -> None:
    assert "2/2" in _words(sheet_pdf([_code(number) for number in range(9)], "x"), tmp_path)


def test_missing_letters_are_named(tmp_path: Path) -> None:
    with pytest.raises(SheetFontError, match="fonts-dejavu-core"):
        sheet_pdf([_code(1)], "x", tmp_path)


def test_the_csv_comes_back_and_begins_no_formula() -> None:
    codes = [_code(1), _code(2, school="=HYPERLINK(1)")]
    rows = list(csv.DictReader(sheet_csv(codes).splitlines()))
    assert tuple(rows[0]) == CSV_HEADER
    assert [read_link(row["link"]).code for row in rows] == [code.code.replace("-", "") for code in codes]
    assert rows[1]["school"] == "'=HYPERLINK(1)"


def test_the_imaging_bench_reads_the_csv(tmp_path: Path) -> None:
    code = _code(1)
    (tmp_path / "delivery.csv").write_text(sheet_csv([code]), "utf-8")
    (row,) = read_rows(tmp_path / "delivery.csv")
    assert (row.link, row.room, str(row.box)) == (code.link, code.room_id, code.room_id)


def test_the_pages_qr_holds_no_style_that_the_page_forbids() -> None:
    svg = qr_svg("classroom+https://authority.test:8443/ABC")
    assert svg.startswith("<svg")
    assert "style=" not in svg
