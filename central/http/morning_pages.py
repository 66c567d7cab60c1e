"""The principal's morning: one school on one screen; whoever sees the province chooses a school first.

Not here: what is looked at (`central.principal`).
"""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.principal.kept_pages import MORNING_FOR, KeptPages
from central.principal.morning import Morning, open_morning, read_registers
from central.principal.province_morning import SCHOOLS_ON_A_PAGE, ProvinceMorning, open_province, read_places
from models.room_readiness import RoomReadiness
from models.staff import Permission

SchoolCode = Annotated[str, Query(max_length=63)]


def routes(desk: FrontDesk) -> APIRouter:
    """For who may see boxes; what lies outside the visitor's school is as if it were not there."""
    router = APIRouter()
    kept = KeptPages[ProvinceMorning](MORNING_FOR)
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)

    @router.get("/morning")
    def morning(
        request: Request,
        visitor: Annotated[Visitor, Depends(onlooker)],
        school: SchoolCode = "",
        q: Annotated[str, Query(max_length=80)] = "",
        skip: Annotated[int, Query(ge=0, le=10_000)] = 0,
    ) -> Response:
        wanted = visitor.school_id or school
        if not wanted:
            found = kept.of(q, desk.clock.now(), lambda: _province(desk, q))
            province = msgspec.structs.replace(found, skipped=skip)
            shown: dict[str, Any] = {"visitor": visitor, "province": province, "words": q, "most": SCHOOLS_ON_A_PAGE}
            return desk.pages.answer(request, "province_morning.html", health=desk.health, **shown)
        return _page(desk, request, visitor, "morning.html", morning_of(desk, visitor, wanted))

    @router.get("/morning/content")
    def content(request: Request, visitor: Annotated[Visitor, Depends(onlooker)], school: SchoolCode = "") -> Response:
        opened = morning_of(desk, visitor, visitor.school_id or school)
        return _page(desk, request, visitor, "morning_content.html", opened)

    return router


def _province(desk: FrontDesk, words: str) -> ProvinceMorning:
    with desk.database.reading() as connection:
        places = read_places(connection, None, words)
    with desk.measurements.reading() as connection:
        return open_province(places, connection, desk.clock.now())


def _page(desk: FrontDesk, request: Request, visitor: Visitor, template: str, opened: Morning) -> Response:
    return desk.pages.answer(
        request, template, visitor=visitor, morning=opened, states=list(RoomReadiness), health=desk.health
    )


def morning_of(desk: FrontDesk, visitor: Visitor, school_id: str) -> Morning:
    """The morning of a school in the visitor's scope; 404 for any other."""
    now = desk.clock.now()
    with_exams = visitor.may(Permission.SEE_EXAM_DAY)
    with desk.database.reading() as connection:
        half = read_registers(connection, school_id, visitor.school_id, now, with_exams=with_exams)
    if half is None:
        raise Refusal(404, "NOT_HERE", "There is no such school.")
    with desk.measurements.reading() as connection:
        return open_morning(half, connection, now)
