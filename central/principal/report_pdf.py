"""A report as a PDF of A4 pages, by reportlab with the letters that the printed sheets use.

Not here: what stands in it (`report_tables`).
"""

import io
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from central.it_office.qr_sheets import BOLD_FONT, TEXT_FONT, require_fonts
from central.principal.report_tables import Cell, Report, ReportTable

_TITLE = ParagraphStyle("title", fontName=BOLD_FONT, fontSize=16, leading=20, spaceAfter=2 * mm)
_HEAD = ParagraphStyle("head", fontName=BOLD_FONT, fontSize=11.5, leading=15, spaceBefore=5 * mm, spaceAfter=1.5 * mm)
_TEXT = ParagraphStyle("text", fontName=TEXT_FONT, fontSize=9, leading=12)
_NOTE = ParagraphStyle("note", fontName=TEXT_FONT, fontSize=7.5, leading=10, textColor=colors.HexColor("#444444"))
_CELL = ParagraphStyle("cell", fontName=TEXT_FONT, fontSize=8, leading=10)
_CELL_HEAD = ParagraphStyle("cell head", fontName=BOLD_FONT, fontSize=7.5, leading=9.5)
_LINES = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#999999")),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e9eef0")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ]
)


def report_pdf(report: Report) -> bytes:
    """The whole file. Raises SheetFontError where the letters are missing."""
    require_fonts()
    packed = io.BytesIO()
    document = SimpleDocTemplate(
        packed, pagesize=A4, title=report.title, author="", leftMargin=15 * mm, rightMargin=15 * mm,
        topMargin=15 * mm, bottomMargin=15 * mm,
    )  # fmt: skip
    parts: list[Any] = [Paragraph(escape(report.title), _TITLE)]
    parts += [Paragraph(escape(line), _TEXT) for line in report.lines]
    for table in report.tables:
        parts += _table(table, document.width)
    document.build(parts, onFirstPage=_foot, onLaterPages=_foot)
    return packed.getvalue()


def _table(table: ReportTable, width: float) -> list[Any]:
    head = [Paragraph(escape(word), _CELL_HEAD) for word in table.header]
    rows = [[Paragraph(escape(_shown(cell)), _CELL) for cell in row] for row in table.rows]
    shares = [2.2, *[1.0] * (len(head) - 1)]
    widths = [width * share / sum(shares) for share in shares]
    body: Any = (
        Table([head, *rows], colWidths=widths, repeatRows=1, style=_LINES) if rows else Paragraph("Không có.", _TEXT)
    )
    return [Paragraph(escape(table.title), _HEAD), body, Spacer(1, 1 * mm), Paragraph(escape(table.note), _NOTE)]


def _shown(cell: Cell) -> str:
    return f"{cell:g}".replace(".", ",") if isinstance(cell, float) else str(cell)


def _foot(canvas: Any, _document: Any) -> None:
    canvas.setFont(TEXT_FONT, 7)
    canvas.drawRightString(A4[0] - 15 * mm, 8 * mm, f"Trang {canvas.getPageNumber()}")
