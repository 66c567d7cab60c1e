"""The evidence page as a report to take away. Not here: the figures (`evidence`), the files (`report_pdf`)."""

from typing import Final

from central.principal.evidence import NOT_HERE, EvidencePage
from central.principal.report_tables import Report, ReportTable, said

CAUTION: Final = (
    "Tên mục và điểm tối đa chép từ công cụ tự đánh giá của một trường. Hãy đối chiếu với bản gốc quyết định "
    "trước khi nộp. Hệ thống này không tự chấm điểm."
)


def evidence_report(page: EvidencePage) -> Report:
    """Figures first, then what this system does not have."""
    return Report(
        title="Minh chứng theo QĐ 4725/QĐ-BGDĐT năm 2022",
        lines=(page.school.school_name, f"Lập lúc {said(page.as_of)}.", CAUTION),
        tables=(
            ReportTable(
                title="Số liệu có trong hệ thống",
                header=("Mục", "Nội dung", "Điểm tối đa", "Số liệu", "Cách đếm", "Đúng lúc", "Xem từng dòng"),
                rows=tuple(
                    (one.criterion, one.name, one.points, one.figure, one.counted, said(one.at), one.rows)
                    for one in page.evidence
                ),
                note="Mỗi số liệu đếm lại từ sổ mỗi lần mở trang.",
            ),
            ReportTable(
                title="Hệ thống này không có số liệu",
                header=("Mục", "Nội dung", "Điểm tối đa"),
                rows=NOT_HERE,
                note="Lấy minh chứng từ phần mềm khác của trường.",
            ),
        ),
    )
