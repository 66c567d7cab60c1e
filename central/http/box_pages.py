"""Room boxes for who sees them: the list with its table to take away, and one box with its history.

Not here: orders to a box (`box_order_pages`).
"""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office.box_list import HEADER, every_box, find_boxes, table_rows
from central.it_office.box_sheet import BoxSheet, open_sheet
from central.it_office.box_states import RoomBoxState
from central.it_office.table_export import csv_pieces, xlsx_file
from central.registers import audit_log, quarantine
from models.errors import BadInputError
from models.staff import Permission
from models.wire.commands import CommandName

Words = Annotated[str, Query(max_length=80)]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def routes(desk: FrontDesk) -> APIRouter:
    """Routes for whoever sees boxes, each within the own school."""
    router = APIRouter()
    looker = desk.visitors.with_permission(Permission.SEE_BOXES)

    @router.get("/boxes")
    def boxes(
        request: Request,
        visitor: Annotated[Visitor, Depends(looker)],
        search: Words = "",
        state: RoomBoxState | Literal[""] = "",
        after: Annotated[str, Query(max_length=63)] = "",
    ) -> Response:
        now = desk.clock.now()
        with desk.database.reading() as connection:
            found = find_boxes(connection, visitor.school_id, now, words=search, state=_asked(state), after=after)
            waiting = quarantine.count(connection, visitor.school_id) if visitor.may(Permission.SEE_QUARANTINE) else 0
        return desk.pages.answer(
            request,
            "boxes.html",
            visitor=visitor,
            found=found,
            waiting=waiting,
            search=search,
            state=state,
            after=after,
            now=now,
            health=desk.health,
        )

    @router.get("/exports/boxes")
    def export(
        visitor: Annotated[Visitor, Depends(looker)],
        search: Words = "",
        state: RoomBoxState | Literal[""] = "",
        form: Literal["csv", "xlsx"] = "csv",
    ) -> Response:
        now = desk.clock.now()
        with desk.database.writing() as connection:
            found = every_box(connection, visitor.school_id, now, words=search, state=_asked(state))
            audit_log.write(
                connection,
                at=now,
                actor=visitor.account.login,
                action="boxes exported",
                subject=visitor.school_id or "province",
                rows=len(found),
            )
        if form == "xlsx":
            try:
                content = xlsx_file("Máy phòng", HEADER, table_rows(found))
            except BadInputError as error:
                raise Refusal(409, "TOO_MANY_ROWS", str(error)) from None
            return Response(content, media_type=_XLSX, headers=as_file("boxes.xlsx"))
        pieces = csv_pieces(HEADER, table_rows(found))
        return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=as_file("boxes.csv"))

    @router.get("/boxes/{box_id}")
    def box(
        request: Request,
        box_id: str,
        visitor: Annotated[Visitor, Depends(looker)],
        days: Annotated[int, Query(ge=1, le=7)] = 1,
    ) -> Response:
        now = desk.clock.now()
        sheet = sheet_for(desk, box_id, visitor, now, days)
        return desk.pages.answer(
            request,
            "box.html",
            visitor=visitor,
            sheet=sheet,
            days=days,
            names=[name for name in CommandName if name is not CommandName.DEVICE],
            now=now,
            health=desk.health,
        )

    return router


def _asked(state: RoomBoxState | Literal[""]) -> RoomBoxState | None:
    return state or None


def sheet_for(desk: FrontDesk, box_id: str, visitor: Visitor, now: datetime, days: int) -> BoxSheet:
    """The box's sheet with `days` of health. What lies outside the visitor's school does not exist: 404."""
    with desk.database.reading() as connection:
        sheet = open_sheet(connection, box_id, visitor.school_id, now, days)
    if sheet is None:
        raise Refusal(404, "NOT_HERE", "There is no such box.")
    return sheet


def as_file(name: str) -> dict[str, str]:
    """The header that makes a browser save an answer under this name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}
