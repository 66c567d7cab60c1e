"""Entering devices of a room: one, a set of forty, or a pasted list of serial numbers."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from central.http.device_change_pages import Reason, ToldFacts
from central.http.device_deeds import answered, deed_of
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.registers import device_register
from central.registers.device_register import MOST_AT_ONCE
from central.registers.device_tables import LONGEST, DeviceFacts
from models.staff import Permission


class NewDevices(ToldFacts):
    """`count` devices alike, or one for each line of `serials`; numbers and places of many are counted from 1."""

    count: int = Field(default=1, ge=1, le=MOST_AT_ONCE)
    serials: str = Field(default="", max_length=MOST_AT_ONCE * (LONGEST + 2))
    reason: Reason

    def each(self) -> list[DeviceFacts]:
        """The facts of every device."""
        facts, lines = self.facts(), [line.strip() for line in self.serials.splitlines() if line.strip()]
        if lines and self.count not in (1, len(lines)):
            raise Refusal(422, "COUNT_DIFFERS", "The list of serial numbers and the count differ.")
        numbers = lines or [facts.serial] * self.count
        many = len(numbers) > 1
        return [
            msgspec.structs.replace(
                facts,
                serial=serial,
                inventory_number=_counted(facts.inventory_number, "-", number) if many else facts.inventory_number,
                place=_counted(facts.place, " ", number) if many else facts.place,
            )
            for number, serial in enumerate(numbers, start=1)
        ]


def routes(desk: FrontDesk) -> APIRouter:
    """For who keeps devices, in the visitor's own schools."""
    router = APIRouter()
    keeper = desk.visitors.with_permission(Permission.KEEP_DEVICES)

    @router.post("/places/rooms/{room_id}/devices", status_code=201)
    def add(room_id: str, new: NewDevices, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        deed = deed_of(desk, visitor, new.reason)
        with answered(), desk.database.writing() as connection:
            names = device_register.add_devices(connection, room_id, new.each(), scope=visitor.school_id, deed=deed)
        following = f"/devices/{names[0]}" if len(names) == 1 else f"/places/rooms/{room_id}"
        return JSONResponse({"next": following, "devices": names}, 201)

    return router


def _counted(words: str, joint: str, number: int) -> str:
    return f"{words}{joint}{number:02}" if words else ""
