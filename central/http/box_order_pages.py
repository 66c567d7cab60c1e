"""Orders to a box: given with a reason, looked at until the box answers, the support bundle taken away."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from central.http.box_pages import as_file, sheet_for
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.registers import audit_log, box_commands
from models.identifiers import parse_box_id
from models.staff import Permission
from models.wire.commands import CommandName


class NewCommand(BaseModel):
    """What a person orders, and why."""

    name: CommandName
    reason: str = Field(min_length=3, max_length=300)


def routes(desk: FrontDesk) -> APIRouter:
    """Routes for whoever may give orders, and the rows of what was ordered for whoever sees boxes."""
    router = APIRouter()
    looker = desk.visitors.with_permission(Permission.SEE_BOXES)
    commander = desk.visitors.with_permission(Permission.COMMAND_BOXES)

    @router.get("/boxes/{box_id}/commands")
    def commands(request: Request, box_id: str, visitor: Annotated[Visitor, Depends(looker)]) -> Response:
        now = desk.clock.now()
        sheet = sheet_for(desk, box_id, visitor, now, 1)
        return desk.pages.answer(request, "box_commands.html", visitor=visitor, sheet=sheet, now=now)

    @router.post("/boxes/{box_id}/commands", status_code=201)
    def order(box_id: str, new: NewCommand, visitor: Annotated[Visitor, Depends(commander)]) -> Response:
        now = desk.clock.now()
        sheet = sheet_for(desk, box_id, visitor, now, 1)
        if not sheet.takes_orders:
            raise Refusal(409, "BOX_TAKEN_OUT", "This box was taken out; it hears no orders any more.")
        if new.name is CommandName.DEVICE:
            raise Refusal(422, "BAD_INPUT", "What is asked of a device is asked on the device's page.")
        with desk.database.writing() as connection:
            command_id = desk.commands.order(
                connection,
                parse_box_id(box_id),
                new.name,
                ordered_by=visitor.account.login,
                reason=new.reason.strip(),
                now=now,
            )
        return JSONResponse({"command_id": command_id}, 201)

    @router.get("/boxes/{box_id}/commands/{command_id}/bundle")
    def bundle(box_id: str, command_id: str, visitor: Annotated[Visitor, Depends(commander)]) -> Response:
        now = desk.clock.now()
        sheet_for(desk, box_id, visitor, now, 1)
        with desk.database.writing() as connection:
            packed = box_commands.attachment_of(connection, box_id, command_id)
            if packed is None:
                raise Refusal(404, "NOT_HERE", "There is no such bundle, or it was deleted after thirty days.")
            audit_log.write(
                connection, at=now, actor=visitor.account.login, action="support bundle read", subject=box_id
            )
        return Response(packed, media_type="application/gzip", headers=as_file(f"{box_id}.txt.gz"))

    return router
