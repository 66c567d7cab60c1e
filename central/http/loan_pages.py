"""Lending a device and taking it back, from the device's page on a phone; what is out now.

Not here: the register (`device_loans`), the device's page itself (`device_pages`), stock-taking (`inventory_pages`).
"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from central.http.device_deeds import deed_of
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.registers import device_loans, device_register, place_register
from central.registers.device_loans import LONGEST_BORROWER, AlreadyOutError, LoanError
from central.registers.device_register import UnknownDeviceError
from models.clock import SCHOOL_ZONE
from models.staff import Permission


class NewLoan(BaseModel):
    """Which class or teacher has it, and until when."""

    borrower: str = Field(min_length=1, max_length=LONGEST_BORROWER)
    due_on: date | None = None


class Returned(BaseModel):
    """The device is here again; nothing more is asked."""


def routes(desk: FrontDesk) -> APIRouter:
    """Lending: who may ask devices, in the visitor's own schools. Looking: who sees boxes."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)
    lender = desk.visitors.with_permission(Permission.COMMAND_DEVICES)

    @router.get("/loans")
    def out(request: Request, visitor: Annotated[Visitor, Depends(onlooker)]) -> Response:
        now, scope = desk.clock.now(), visitor.school_id
        with desk.database.reading() as connection:
            loans = device_loans.everything_out(connection, scope)
            found = [device_register.find_device(connection, one.device_id, scope) for one in loans]
            devices = {one.device_id: one for one in found if one is not None}
            rooms = place_register.list_rooms(connection, scope, list({one.room_id for one in devices.values()}))
        return desk.pages.answer(
            request,
            "loans.html",
            visitor=visitor,
            loans=loans,
            devices=devices,
            rooms={one.room_id: one for one in rooms},
            most=device_loans.MOST_SHOWN,
            today=now.astimezone(SCHOOL_ZONE).date(),
            now=now,
            health=desk.health,
        )

    @router.post("/devices/{device_id}/loan", status_code=201)
    def lend(device_id: str, new: NewLoan, visitor: Annotated[Visitor, Depends(lender)]) -> Response:
        deed = deed_of(desk, visitor, "")
        if new.due_on is not None and new.due_on < deed.at.astimezone(SCHOOL_ZONE).date():
            raise Refusal(422, "BAD_INPUT", "The day of return is over already.")
        try:
            with desk.database.writing() as connection:
                scope = visitor.school_id
                device_loans.lend(connection, device_id, new.borrower, new.due_on, scope=scope, deed=deed)
        except UnknownDeviceError as error:
            raise Refusal(404, "NOT_HERE", str(error)) from None
        except AlreadyOutError as error:
            raise Refusal(409, "OUT_ALREADY", str(error)) from None
        except LoanError as error:
            raise Refusal(422, "BAD_INPUT", str(error)) from None
        return JSONResponse({"next": f"/devices/{device_id}"}, 201)

    @router.post("/devices/{device_id}/return")
    def take_back(device_id: str, _returned: Returned, visitor: Annotated[Visitor, Depends(lender)]) -> Response:
        deed = deed_of(desk, visitor, "")
        try:
            with desk.database.writing() as connection:
                device_loans.take_back(connection, device_id, scope=visitor.school_id, deed=deed)
        except UnknownDeviceError as error:
            raise Refusal(404, "NOT_HERE", str(error)) from None
        except LoanError as error:
            raise Refusal(409, "NOT_OUT", str(error)) from None
        return JSONResponse({"next": f"/devices/{device_id}"})

    return router
