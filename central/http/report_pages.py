"""Month reports and the evidence of QĐ 4725: pages, and the same as PDF and XLSX. Each file is written into the log.

Not here: what stands in them (`central.principal`).
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from central.http.box_pages import as_file
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.school_choice import SchoolCode, chosen_school
from central.http.visitors import Visitor
from central.it_office.qr_sheets import SheetFontError
from central.measuring import views
from central.measuring.history import end_of, start_of
from central.principal.evidence import NOT_HERE, EvidencePage, open_evidence
from central.principal.evidence_table import CAUTION, evidence_report
from central.principal.heat_map import open_heat_map
from central.principal.periods import Period, month_period, today
from central.principal.report_pdf import report_pdf
from central.principal.report_tables import Report, month_report
from central.principal.report_xlsx import report_xlsx
from central.principal.utilisation import open_utilisation, read_equipment
from central.registers import audit_log, place_register
from models.staff import Permission

MonthCode = Annotated[str, Query(pattern=r"^(\d{4}-\d{2})?$")]
MONTHS_KEPT = 25


class Form(StrEnum):
    """How a report is taken away."""

    PDF = "pdf"
    XLSX = "xlsx"


_TYPES = {
    Form.PDF: "application/pdf",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def routes(desk: FrontDesk) -> APIRouter:
    """For who may see boxes, one school at a time."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)

    @router.get("/reports")
    def reports(
        request: Request, visitor: Annotated[Visitor, Depends(onlooker)], school: SchoolCode = "", month: MonthCode = ""
    ) -> Response:
        report = _month_report(desk, visitor, school, month)
        if report is None:
            return RedirectResponse("/morning", 303)
        now = desk.clock.now()
        with desk.database.reading() as connection:
            chosen = chosen_school(connection, visitor, school)
        shown: dict[str, Any] = {"visitor": visitor, "report": report, "school": chosen, "months": months_before(now)}
        return desk.pages.answer(
            request, "reports.html", month=wanted_month(month, now).first, health=desk.health, **shown
        )

    @router.get("/exports/reports")
    def take_report(
        visitor: Annotated[Visitor, Depends(onlooker)],
        form: Form = Form.PDF,
        school: SchoolCode = "",
        month: MonthCode = "",
    ) -> Response:
        report = _month_report(desk, visitor, school, month)
        name = f"bao-cao-{wanted_month(month, desk.clock.now()).first:%Y-%m}"
        return _taken(desk, visitor, report, form, name)

    @router.get("/evidence")
    def evidence(request: Request, visitor: Annotated[Visitor, Depends(onlooker)], school: SchoolCode = "") -> Response:
        page = _evidence(desk, visitor, school)
        if page is None:
            return RedirectResponse("/morning", 303)
        shown: dict[str, Any] = {"visitor": visitor, "page_of": page, "not_here": NOT_HERE, "caution": CAUTION}
        return desk.pages.answer(request, "evidence.html", health=desk.health, **shown)

    @router.get("/exports/evidence")
    def take_evidence(
        visitor: Annotated[Visitor, Depends(onlooker)], form: Form = Form.PDF, school: SchoolCode = ""
    ) -> Response:
        page = _evidence(desk, visitor, school)
        return _taken(desk, visitor, None if page is None else evidence_report(page), form, "minh-chung-qd-4725")

    return router


def wanted_month(month: str, now: datetime) -> Period:
    """The month of an address (2026-11), this one when none is named; 404 for one that has not begun or is no month."""
    first = today(now).replace(day=1)
    year, number = (first.year, first.month) if not month else (int(month[:4]), int(month[5:]))
    try:
        return month_period(year, number, now)
    except ValueError:
        raise Refusal(404, "NOT_HERE", "There is no report of this month.") from None


def months_before(now: datetime) -> list[date]:
    """The first days of this month and of those before that are kept, newest first."""
    months = [today(now).replace(day=1)]
    while len(months) < MONTHS_KEPT:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months


def _month_report(desk: FrontDesk, visitor: Visitor, asked: str, month: str) -> Report | None:
    now = desk.clock.now()
    period = wanted_month(month, now)
    with desk.database.reading() as connection:
        school = chosen_school(connection, visitor, asked)
        if school is None:
            return None
        half = read_equipment(connection, school)
        rooms = place_register.rooms_of(connection, school.school_id, visitor.school_id)
    with desk.measurements.reading() as connection:
        use = open_utilisation(half, connection, period, now)
        heat = open_heat_map(school, rooms, connection, period, now)
        begun = views.alerts_begun(connection, half.room_ids, start_of(period.first), end_of(period.last))
    return month_report(use, heat, begun)


def _evidence(desk: FrontDesk, visitor: Visitor, asked: str) -> EvidencePage | None:
    with desk.database.reading() as connection:
        school = chosen_school(connection, visitor, asked)
        return None if school is None else open_evidence(connection, school, desk.clock.now())


def _taken(desk: FrontDesk, visitor: Visitor, report: Report | None, form: Form, name: str) -> Response:
    if report is None:
        raise Refusal(404, "NOT_HERE", "Say of which school.")
    try:
        content = report_pdf(report) if form is Form.PDF else report_xlsx(report)
    except SheetFontError as error:
        raise Refusal(503, "NO_FONTS", str(error)) from None
    with desk.database.writing() as connection:
        audit_log.write(
            connection, at=desk.clock.now(), actor=visitor.account.login, action="report taken",
            subject=report.lines[0], name=name, form=form,
        )  # fmt: skip
    return Response(content, media_type=_TYPES[form], headers=as_file(f"{name}.{form}"))
