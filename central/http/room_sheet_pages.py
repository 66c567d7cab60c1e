"""A room's page for principals, and the part of it that is asked for again while it is open.

Not here: the room's record, its box and its labels (`place_pages`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.principal.room_sheet import RoomSheet, open_room, read_room
from central.principal.sensor_charts import MOST_CHARTS, Span
from models.staff import Permission

Skipped = Annotated[int, Query(ge=0, le=10_000)]


def routes(desk: FrontDesk) -> APIRouter:
    """For who may see boxes; a room outside the visitor's school is not there."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)

    @router.get("/rooms/{room_id}")
    def room(
        request: Request,
        room_id: str,
        visitor: Annotated[Visitor, Depends(onlooker)],
        span: Span | None = None,
        skip: Skipped = 0,
    ) -> Response:
        return _page(desk, request, visitor, "room_sheet.html", _sheet(desk, visitor, room_id, span, skip))

    @router.get("/rooms/{room_id}/content")
    def content(
        request: Request,
        room_id: str,
        visitor: Annotated[Visitor, Depends(onlooker)],
        span: Span | None = None,
        skip: Skipped = 0,
    ) -> Response:
        return _page(desk, request, visitor, "room_sheet_content.html", _sheet(desk, visitor, room_id, span, skip))

    return router


def _page(desk: FrontDesk, request: Request, visitor: Visitor, template: str, sheet: RoomSheet) -> Response:
    return desk.pages.answer(
        request, template, visitor=visitor, sheet=sheet, spans=list(Span), most=MOST_CHARTS, health=desk.health
    )


def _sheet(desk: FrontDesk, visitor: Visitor, room_id: str, span: Span | None, skip: int) -> RoomSheet:
    now = desk.clock.now()
    with desk.database.reading() as connection:
        record = read_room(connection, room_id, visitor.school_id, now)
    if record is None:
        raise Refusal(404, "NOT_HERE", "There is no such room.")
    with desk.measurements.reading() as connection:
        return open_room(record, connection, span, now, skip)
