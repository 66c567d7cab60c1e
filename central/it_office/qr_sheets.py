"""Codes of a delivery on paper and as a file: A4 labels with QR, and a CSV for the imaging bench. Nothing is stored.

Not here: asking for codes (`central.http.enroll_pages`), the letters of a code (`models.wire.enrollment_code`).
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from central.exam_office.formula_cells import tame
from models.clock import SCHOOL_ZONE
from models.errors import ClassroomError
from models.fleet import MadeCode

FONTS: Final = Path("/usr/share/fonts/truetype/dejavu")
"""Where Debian's fonts-dejavu-core puts them; they have every Vietnamese letter."""

COLUMNS: Final = 2
ROWS: Final = 4
CSV_HEADER: Final = ("box", "room", "link", "school", "room_name", "good_until")

TEXT_FONT: Final = "Classroom-Text"
BOLD_FONT: Final = "Classroom-Bold"
"""What the letters are called once `require_fonts` has found them."""

_TEXT, _BOLD, _CODE = TEXT_FONT, BOLD_FONT, "Classroom-Code"
_FILES: Final = {_TEXT: "DejaVuSans.ttf", _BOLD: "DejaVuSans-Bold.ttf", _CODE: "DejaVuSansMono-Bold.ttf"}
_MARGIN: Final = 9 * mm
_PAD: Final = 4 * mm
_QR: Final = 46 * mm
_QUIET_MODULES: Final = 4


class SheetFontError(ClassroomError):
    """The letters of the printed sheets are missing. Install the Debian package fonts-dejavu-core."""


def require_fonts(fonts: Path = FONTS) -> None:
    """Asked before codes are made, because they are told only once. Raises SheetFontError."""
    _register(fonts)


def sheet_pdf(codes: Sequence[MadeCode], title: str, fonts: Path = FONTS) -> bytes:
    """A4 pages of 2 x 4 labels, one for each code. Raises SheetFontError where the fonts are missing."""
    _register(fonts)
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, pageCompression=1)
    canvas.setTitle(title)
    per_page = COLUMNS * ROWS
    pages = max(1, -(-len(codes) // per_page))
    width = (A4[0] - 2 * _MARGIN) / COLUMNS
    height = (A4[1] - 2 * _MARGIN) / ROWS
    for number in range(pages):
        for place, code in enumerate(codes[number * per_page : (number + 1) * per_page]):
            row, column = divmod(place, COLUMNS)
            left, bottom = _MARGIN + column * width, A4[1] - _MARGIN - (row + 1) * height
            _draw_label(canvas, code, left, bottom, width, height)
        canvas.setFont(_TEXT, 7)
        canvas.drawCentredString(A4[0] / 2, 5 * mm, f"{title} · {number + 1}/{pages}")
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def sheet_csv(codes: Sequence[MadeCode]) -> str:
    """The same codes for `provisioning enroll --batch`, one room a line; a name never begins a formula.

    `box` is the folder of the memory card, here the room's code; whoever works at the bench may name another.
    """
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(CSV_HEADER)
    for code in codes:
        names = [tame(name) for name in (code.school_name, code.room_name)]
        writer.writerow((code.room_id, code.room_id, code.link, *names, code.good_until.isoformat()))
    return target.getvalue()


def qr_svg(link: str) -> str:
    """The link as an SVG element that a page takes up as it is: black on white with its quiet zone."""
    return _qr(link).svg_inline(scale=6, border=_QUIET_MODULES, light="#fff")


def _qr(link: str) -> segno.QRCode:
    """The mask is fixed: looking for the best of eight takes most of the time and no scanner needs it."""
    return segno.make_qr(link, error="m", mask=3)


def _register(fonts: Path) -> None:
    missing = SheetFontError(
        f"{fonts} lacks the letters of the printed sheets. Install the Debian package fonts-dejavu-core."
    )
    if not all((fonts / file).is_file() for file in _FILES.values()):
        raise missing
    try:
        for name, file in _FILES.items():
            if name not in pdfmetrics.getRegisteredFontNames():
                pdfmetrics.registerFont(TTFont(name, str(fonts / file)))
    except (TTFError, OSError):
        raise missing from None


def _draw_label(canvas: Any, code: MadeCode, left: float, bottom: float, width: float, height: float) -> None:
    canvas.saveState()
    canvas.setStrokeGray(0.6)
    canvas.setLineWidth(0.4)
    canvas.setDash(2, 2)
    canvas.rect(left, bottom, width, height)
    canvas.restoreState()
    inner = width - 2 * _PAD
    top = bottom + height - _PAD
    y = top - 9
    canvas.setFont(_TEXT, 9)
    canvas.drawString(left + _PAD, y, _fitting(code.school_name, _TEXT, 9, inner))
    y -= 16
    size = 15 if pdfmetrics.stringWidth(code.room_name, _BOLD, 15) <= inner else 10
    canvas.setFont(_BOLD, size)
    canvas.drawString(left + _PAD, y, _fitting(code.room_name, _BOLD, size, inner))
    qr_bottom = y - 2.5 * mm - _QR
    _draw_qr(canvas, code.link, left + _PAD - 1.5 * mm, qr_bottom)
    _draw_words(canvas, code, left + _PAD + _QR, qr_bottom + _QR, width - 2 * _PAD - _QR)
    canvas.setFont(_TEXT, 6.4)
    canvas.drawString(left + _PAD, bottom + _PAD, "Dùng một lần. Đưa QR trước máy ảnh của máy phòng, hoặc gõ các chữ.")


def _draw_words(canvas: Any, code: MadeCode, left: float, top: float, width: float) -> None:
    """The code's letters, two groups a line, and how long it is good."""
    groups = code.code.split("-")
    lines = ["-".join(groups[start : start + 2]) for start in range(0, len(groups), 2)]
    y = top - 14
    canvas.setFont(_CODE, 12.5)
    for line in lines:
        canvas.drawString(left, y, line)
        y -= 15.5
    until = code.good_until.astimezone(SCHOOL_ZONE)
    y -= 3
    for font, size, line in (
        (_TEXT, 7, "Dùng đến"),
        (_BOLD, 8.5, f"{until:%H:%M %d/%m/%Y}"),
        (_TEXT, 7, f"Phòng {code.room_id}"),
    ):
        canvas.setFont(font, size)
        canvas.drawString(left, y, _fitting(line, font, size, width))
        y -= 10.5


def _draw_qr(canvas: Any, link: str, left: float, bottom: float) -> None:
    """Runs of dark modules as one filled path: sharp at any size, and small in the file."""
    matrix = _qr(link).matrix
    canvas.saveState()
    side = _QR / (len(matrix) + 2 * _QUIET_MODULES)
    canvas.translate(left, bottom)
    canvas.scale(side, side)
    path = canvas.beginPath()
    for number, row in enumerate(matrix):
        y = _QUIET_MODULES + len(matrix) - number - 1
        start = None
        for column, dark in enumerate((*row, 0)):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                path.rect(_QUIET_MODULES + start, y, column - start, 1)
                start = None
    canvas.setFillGray(0)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.restoreState()


def _fitting(text: str, font: str, size: float, width: float) -> str:
    """The text, or its beginning with an ellipsis where it is too wide."""
    shown = text
    while pdfmetrics.stringWidth(shown, font, size) > width:
        shown = shown.removesuffix("…").rstrip()[:-1] + "…"
    return shown
