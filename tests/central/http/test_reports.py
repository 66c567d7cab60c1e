"""Utilisation, the month's report and the evidence: figures with their instants, as pages, PDF and XLSX."""

import io

import pytest
from openpyxl import load_workbook

from models.equipment import EquipmentKind
from models.staff import Role
from tests.builders.front_desk import Reception
from tests.builders.measured_school import MeasuredSchool


@pytest.fixture
def school(reception: Reception) -> MeasuredSchool:
    school = MeasuredSchool(reception)
    school.device("DK-101", EquipmentKind.INTERACTIVE_BOARD, days=11, used=(7, 8))
    school.device("DK-101", EquipmentKind.INTERACTIVE_BOARD, ever_spoke=False)
    school.device("TP-201", EquipmentKind.PROJECTOR, days=11, used=(7,))
    return school


def test_use_is_divided_by_working_and_by_synced_devices_over_school_days(school: MeasuredSchool) -> None:
    text = school.page("/utilisation")
    row = text[text.index("<td>Bảng tương tác</td>") :].split("</tr>")[0]
    cells = [part.split("<td>")[1] for part in row.split("</td>")[:-1]]
    assert cells[1:] == ["2", "2", "1", "16,5", "0,92", "1,83", "0"]
    assert "Chia cho 9 ngày học" in text
    assert "tính đến 06:59" in text


def test_the_province_is_added_up_and_another_school_is_not_seen(school: MeasuredSchool) -> None:
    assert "Máy chiếu" not in school.page("/utilisation?school=TP")
    province = school.reception.visit(Role.IT).get("/utilisation").text
    assert "<td>Máy chiếu</td>" in province
    assert "<td>Bảng tương tác</td>" in province


def test_a_report_says_its_month_its_school_and_until_when_it_is_true(school: MeasuredSchool) -> None:
    text = school.page("/reports?month=2026-06")
    assert "Báo cáo thiết bị tháng 06/2026" in text
    assert "Lập lúc 07:00 ngày 11/06/2026. Số liệu sử dụng đúng đến 06:59 ngày 11/06/2026." in text
    assert "Trần Phú" not in text
    assert school.principal().get("/reports?month=2026-07").status_code == 404
    assert school.principal().get("/reports?month=2026-13").status_code == 404
    assert school.reception.visit(Role.IT).get("/reports").headers["location"] == "/morning"


def test_the_same_report_is_a_spreadsheet_with_numbers(school: MeasuredSchool) -> None:
    answer = school.principal().get("/exports/reports?form=xlsx")
    book = load_workbook(io.BytesIO(answer.content))
    assert len(book.sheetnames) == 4
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[0][0] == "Báo cáo thiết bị tháng 06/2026"
    assert next(row for row in rows if row[0] == "Bảng tương tác")[1:5] == (2, 2, 1, 16.5)


def test_the_same_report_is_a_pdf_with_vietnamese_letters(school: MeasuredSchool) -> None:
    answer = school.principal().get("/exports/reports?form=pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert b"DejaVuSans" in answer.content
    rows = school.reception.centre.rows("audit_log", "id, action, subject")
    assert rows[-1][1:] == ("report taken", "Trường THCS Đồng Khởi")


def test_evidence_says_what_was_counted_when_and_where_its_rows_are(school: MeasuredSchool) -> None:
    text = school.page("/evidence")
    assert "1.7.1 Phòng học có thiết bị trình chiếu và internet" in text
    assert "0 trên 2 phòng" in text
    assert "Đúng lúc 07:00:00 11/06/2026." in text
    assert 'href="/places/DK"' in text
    assert "đối chiếu với bản gốc" in text
    assert "2.4.1" in text


@pytest.mark.parametrize("form", ["pdf", "xlsx"])
def test_evidence_is_taken_away(school: MeasuredSchool, form: str) -> None:
    answer = school.principal().get(f"/exports/evidence?form={form}")
    assert answer.status_code == 200
    assert f'filename="minh-chung-qd-4725.{form}"' in answer.headers["content-disposition"]
