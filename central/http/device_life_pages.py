"""A device's life for principals, and entering what it cost.

Not here: its record and changing it (`device_pages`, `device_change_pages`).
"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from central.http.device_deeds import answered, deed_of
from central.http.device_order_pages import deeds_of
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.principal.device_life import open_life, read_device
from central.principal.periods import today
from central.registers.device_costs import CostKind, enter_cost
from models.staff import Permission


class Cost(BaseModel):
    """What was spent on a device, and what for."""

    kind: CostKind
    amount_vnd: int
    spent_on: date
    reason: str = Field(min_length=1, max_length=120)


def routes(desk: FrontDesk) -> APIRouter:
    """For who may see boxes, costs for who keeps devices; a device outside the visitor's school is not there."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)
    keeper = desk.visitors.with_permission(Permission.KEEP_DEVICES)

    @router.get("/devices/{device_id}/life")
    def life(request: Request, device_id: str, visitor: Annotated[Visitor, Depends(onlooker)]) -> Response:
        now = desk.clock.now()
        with desk.database.reading() as connection:
            record = read_device(connection, device_id, visitor.school_id)
        if record is None:
            raise Refusal(404, "NOT_HERE", "There is no such device.")
        with desk.measurements.reading() as connection:
            opened = open_life(record, connection, now)
        return desk.pages.answer(
            request,
            "device_life.html",
            visitor=visitor,
            life=opened,
            deeds=deeds_of(desk, record.device),
            cost_kinds=list(CostKind),
            today=today(now),
            health=desk.health,
        )

    @router.post("/devices/{device_id}/costs", status_code=201)
    def enter(device_id: str, cost: Cost, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        deed = deed_of(desk, visitor, cost.reason)
        with answered(), desk.database.writing() as connection:
            enter_cost(
                connection,
                device_id,
                cost.kind,
                cost.amount_vnd,
                cost.spent_on,
                scope=visitor.school_id,
                deed=deed,
            )
        return JSONResponse({"next": f"/devices/{device_id}/life"}, 201)

    return router
