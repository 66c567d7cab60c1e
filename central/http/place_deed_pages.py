"""Rooms added and changed by hand, and what a room should hold.

Not here: looking at places (`place_pages`), spreadsheets of them (`import_pages`).
"""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.registers import audit_log, place_register
from central.registers.place_register import MOST_EXPECTED
from central.registers.rooms_without_place import rooms_without_place
from models.equipment import EquipmentKind
from models.errors import BadInputError
from models.staff import Permission

Reason = Annotated[str, Field(min_length=1, max_length=300)]
_OF_PROVINCE: Final = (
    "Phòng này đã có hộp hoặc danh sách thi, nên chỉ bộ phận IT của tỉnh được thêm vào trường. "
    "A box or a roster already uses this room's code: the province's IT staff must enter the room."
)


class NewRoom(BaseModel):
    """A room that is added by hand, or a known one with a new name."""

    room_id: str = Field(max_length=63)
    room_name: str = Field(max_length=120)
    is_smart: bool = False
    reason: Reason


class ExpectedDevices(BaseModel):
    """What a room should hold, by kind."""

    counts: dict[EquipmentKind, Annotated[int, Field(ge=0, le=MOST_EXPECTED)]]
    reason: Reason


def routes(desk: FrontDesk) -> APIRouter:
    """For who keeps devices, in the visitor's own schools."""
    router = APIRouter()
    keeper = desk.visitors.with_permission(Permission.KEEP_DEVICES)

    @router.post("/places/{school_id}/rooms", status_code=201)
    def add_room(school_id: str, new: NewRoom, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        now = desk.clock.now()
        with desk.database.writing() as connection:
            if place_register.find_school(connection, school_id, visitor.school_id) is None:
                raise Refusal(404, "NOT_HERE", "There is no such place.")
            known = place_register.find_room(connection, new.room_id, None)
            if known is not None and known.school_id != school_id:
                raise Refusal(409, "ROOM_TAKEN", "Another school has a room of this code.")
            if known is None and visitor.school_id is not None and new.room_id in rooms_without_place(connection):
                raise Refusal(409, "ROOM_OF_PROVINCE", _OF_PROVINCE)
            try:
                place_register.add_or_change_room(
                    connection,
                    room_id=new.room_id,
                    school_id=school_id,
                    room_name=new.room_name.strip(),
                    is_smart=new.is_smart,
                    at=now,
                )
            except BadInputError as error:
                raise Refusal(422, "BAD_INPUT", str(error)) from None
            audit_log.write(
                connection,
                at=now,
                actor=visitor.account.login,
                action="room changed" if known else "room added",
                subject=new.room_id,
                school=school_id,
                smart=new.is_smart,
                reason=new.reason,
            )
        return JSONResponse({"next": f"/places/rooms/{new.room_id}"}, 201)

    @router.post("/places/rooms/{room_id}/expected")
    def expect(room_id: str, wanted: ExpectedDevices, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        with desk.database.writing() as connection:
            if place_register.find_room(connection, room_id, visitor.school_id) is None:
                raise Refusal(404, "NOT_HERE", "There is no such place.")
            place_register.expect(connection, room_id, wanted.counts)
            audit_log.write(
                connection,
                at=desk.clock.now(),
                actor=visitor.account.login,
                action="expected devices set",
                subject=room_id,
                counts={kind.value: count for kind, count in wanted.counts.items() if count},
                reason=wanted.reason,
            )
        return JSONResponse({"next": f"/places/rooms/{room_id}"})

    return router
