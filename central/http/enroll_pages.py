"""A new box for a room, or another one in a dead box's place: a one-time code on the screen, and how far the box is.

The code stands in the answer to the request and nowhere else. Not here: many rooms at once (`delivery_pages`), taking a
box out (`revocation_pages`).
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from central.exam_day import box_word
from central.http.asking_authority import asking_authority
from central.http.device_deeds import deed_of
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office.qr_sheets import qr_svg
from central.registers import audit_log, box_records, box_register, deliveries, place_register
from central.registers.deliveries import DeliveryRoom
from central.registers.place_register import Room
from models.enrollment import CodeKind
from models.fleet import BoxRecord, CodesRequest, Errand, MadeCode, RoomForBox
from models.staff import Permission
from models.wire.enrollment_code import read_link

MOST_FOUND = 30


class NewBox(BaseModel):
    """Why a box is wanted; `replaces` names the box that the asking person saw in the room."""

    reason: str = Field(min_length=3, max_length=300)
    replaces: str | None = Field(default=None, max_length=63)


def routes(desk: FrontDesk) -> APIRouter:
    """Routes for whoever may enrol boxes, each within the own school."""
    router = APIRouter()
    enroller = desk.visitors.with_permission(Permission.ENROLL_BOXES)

    @router.get("/new-boxes")
    def new_boxes(
        request: Request,
        visitor: Annotated[Visitor, Depends(enroller)],
        room: Annotated[str, Query(max_length=80)] = "",
    ) -> Response:
        scope = visitor.account.school_id
        with desk.database.reading() as connection:
            found = place_register.search_rooms(connection, scope, room, MOST_FOUND) if room else []
            live = {one.room_id: one for one in _live(connection, [one.room_id for one in found])}
            made = deliveries.newest(connection, scope)
        return desk.pages.answer(
            request,
            "new_boxes.html",
            visitor=visitor,
            found=found,
            live=live,
            made=made,
            search=room,
            now=desk.clock.now(),
            health=desk.health,
            authority=desk.authority_health,
        )

    @router.get("/new-boxes/{room_id}")
    def new_box(request: Request, room_id: str, visitor: Annotated[Visitor, Depends(enroller)]) -> Response:
        now = desk.clock.now()
        with desk.database.reading() as connection:
            room = room_in_scope(connection, room_id, visitor)
            records = box_records.of_rooms(connection, [room.room_id])
            present = next((one for one in records if box_records.is_live(one)), None)
            word = box_word(box_register.boxes_in(connection, [room.room_id]), now)
        return desk.pages.answer(
            request,
            "new_box.html",
            visitor=visitor,
            room=room,
            records=records,
            present=present,
            box=word,
            now=now,
            health=desk.health,
            authority=desk.authority_health,
        )

    @router.post("/new-boxes/{room_id}")
    def make_code(room_id: str, new: NewBox, visitor: Annotated[Visitor, Depends(enroller)]) -> Response:
        with desk.database.reading() as connection:
            room = room_in_scope(connection, room_id, visitor)
            present = next(iter(_live(connection, [room.room_id])), None)
        if (present.box_id if present else None) != (new.replaces or None):
            raise Refusal(409, "ROOM_CHANGED", "The room's box is another one than this page shows. Load it again.")
        wanted = CodesRequest(
            errand=Errand(actor=visitor.account.login, reason=new.reason),
            kind=CodeKind.TYPED,
            rooms=(room_for_box(room, present),),
        )
        with asking_authority(desk) as office:
            made = office.make_codes(wanted)
        if not made.codes:
            refusal = next(iter(made.refused.values()))
            raise Refusal(409, refusal.code.value, refusal.sentence)
        number = _note(desk, visitor, new.reason, room, made.codes[0], present)
        return JSONResponse(_shown(made.codes[0], number, desk.clock.now()), 201)

    return router


def room_in_scope(connection: Connection, room_id: str, visitor: Visitor) -> Room:
    """The room, if the visitor's school has it; else the answer of a page that does not exist."""
    room = place_register.find_room(connection, room_id, visitor.account.school_id)
    if room is None:
        raise Refusal(404, "NOT_HERE", "There is no such page.")
    return room


def room_for_box(room: Room, present: BoxRecord | None) -> RoomForBox:
    """What the authority is told of a room; the present box is to be replaced."""
    return RoomForBox(
        room_id=room.room_id,
        room_name=room.room_name,
        school_id=room.school_id,
        school_name=room.school_name,
        replaces=present.box_id if present else None,
    )


def _live(connection: Connection, room_ids: list[str]) -> list[BoxRecord]:
    return [record for record in box_records.of_rooms(connection, room_ids) if box_records.is_live(record)]


def _note(desk: FrontDesk, visitor: Visitor, reason: str, room: Room, code: MadeCode, present: BoxRecord | None) -> int:
    row = DeliveryRoom(
        room_id=room.room_id,
        room_name=room.room_name,
        school_name=room.school_name,
        good_until=code.good_until,
        refusal=None,
        replaces=present.box_id if present else None,
    )
    deed = deed_of(desk, visitor, reason)
    with desk.database.writing() as connection:
        number = deliveries.add(connection, deed, kind=CodeKind.TYPED, school_id=room.school_id, rooms=[row])
        audit_log.write(
            connection,
            at=deed.at,
            actor=deed.actor,
            action="box code made" if present is None else "box replacement begun",
            subject=room.room_id,
            reason=deed.reason,
            delivery=number,
            replaces=row.replaces or "",
        )
    return number


def _shown(code: MadeCode, delivery: int, now: datetime) -> dict[str, str | int]:
    """`seconds_left` is counted here: the clock of a school's PC may be anything."""
    return {
        "code": code.code,
        "link": code.link,
        "authority": read_link(code.link).address,
        "qr": qr_svg(code.link),
        "seconds_left": max(0, int((code.good_until - now).total_seconds())),
        "delivery": delivery,
    }
