"""A device's life for principals. Not here: its record and changing it (`device_pages`, `device_change_pages`)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.principal.device_life import open_life, read_device
from models.staff import Permission


def routes(desk: FrontDesk) -> APIRouter:
    """For who may see boxes; a device outside the visitor's school is not there."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)

    @router.get("/devices/{device_id}/life")
    def life(request: Request, device_id: str, visitor: Annotated[Visitor, Depends(onlooker)]) -> Response:
        now = desk.clock.now()
        with desk.database.reading() as connection:
            record = read_device(connection, device_id, visitor.school_id)
        if record is None:
            raise Refusal(404, "NOT_HERE", "There is no such device.")
        with desk.measurements.reading() as connection:
            opened = open_life(record, connection, now)
        return desk.pages.answer(request, "device_life.html", visitor=visitor, life=opened, health=desk.health)

    return router
