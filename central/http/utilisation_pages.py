"""Utilisation of a month, of one school or the whole province.

Not here: what is counted (`central.principal.utilisation`), reports (`report_pages`).
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from central.http.front_desk import FrontDesk
from central.http.report_pages import MonthCode, months_before, wanted_month
from central.http.school_choice import SchoolCode, chosen_school
from central.http.visitors import Visitor
from central.it_office.digital_record import TARGETS
from central.principal.kept_pages import USE_FOR, KeptPages
from central.principal.periods import Period
from central.principal.utilisation import Utilisation, open_utilisation, read_equipment
from central.registers.place_register import School
from models.staff import Permission


def routes(desk: FrontDesk) -> APIRouter:
    """For who may see boxes."""
    router = APIRouter()
    province = KeptPages[Utilisation](USE_FOR)
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)

    @router.get("/utilisation")
    def utilisation(
        request: Request,
        visitor: Annotated[Visitor, Depends(onlooker)],
        school: SchoolCode = "",
        month: MonthCode = "",
    ) -> Response:
        now = desk.clock.now()
        period = wanted_month(month, now)
        with desk.database.reading() as connection:
            chosen = chosen_school(connection, visitor, school)
        if chosen is None:
            opened = province.of(period, now, lambda: _open(desk, None, period, now))
        else:
            opened = _open(desk, chosen, period, now)
        shown: dict[str, Any] = {"visitor": visitor, "use": opened, "months": months_before(now), "targets": TARGETS}
        return desk.pages.answer(request, "utilisation.html", health=desk.health, **shown)

    return router


def _open(desk: FrontDesk, school: School | None, period: Period, now: datetime) -> Utilisation:
    with desk.database.reading() as connection:
        half = read_equipment(connection, school)
    with desk.measurements.reading() as connection:
        return open_utilisation(half, connection, period, now)
