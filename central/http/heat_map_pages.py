"""Rooms by hours of use, of the week, the month or the term.

Not here: what is added up (`central.principal.heat_map`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from central.http.front_desk import FrontDesk
from central.http.school_choice import SchoolCode, chosen_school
from central.http.visitors import Visitor
from central.principal.heat_map import open_heat_map
from central.principal.periods import Length, period_of
from central.registers import place_register
from models.staff import Permission


def routes(desk: FrontDesk) -> APIRouter:
    """For who may see boxes, one school at a time."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)

    @router.get("/room-hours")
    def heat_map(
        request: Request,
        visitor: Annotated[Visitor, Depends(onlooker)],
        school: SchoolCode = "",
        length: Length = Length.WEEK,
    ) -> Response:
        now = desk.clock.now()
        with desk.database.reading() as connection:
            chosen = chosen_school(connection, visitor, school)
            if chosen is None:
                return RedirectResponse("/morning", 303)
            rooms = place_register.rooms_of(connection, chosen.school_id, visitor.school_id)
        with desk.measurements.reading() as connection:
            opened = open_heat_map(chosen, rooms, connection, period_of(length, now), now)
        return desk.pages.answer(
            request,
            "heat_map.html",
            visitor=visitor,
            heat=opened,
            length=length,
            lengths=list(Length),
            health=desk.health,
        )

    return router
