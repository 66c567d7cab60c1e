"""Codes for a whole delivery: a list of rooms, a look at it, then sheets to print; and how far each room is.

Codes stand in the answer to the request and nowhere else. Not here: one room (`enroll_pages`).
"""

import base64
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from central.http.asking_authority import asking_authority
from central.http.device_deeds import deed_of
from central.http.enroll_pages import room_for_box
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office.arrivals import arrivals_of
from central.it_office.qr_sheets import SheetFontError, require_fonts, sheet_csv, sheet_pdf
from central.it_office.room_list import RoomList, read_room_list
from central.registers import audit_log, box_records, deliveries, place_register
from central.registers.deliveries import Delivery, DeliveryRoom
from central.registers.place_register import Room
from models.enrollment import CodeKind
from models.errors import BadInputError
from models.fleet import MOST_ROOMS_AT_ONCE, CodesRequest, Errand, MadeCodes
from models.staff import Permission


class ListOfRooms(BaseModel):
    """The text of a CSV with a column of room codes."""

    text: str = Field(max_length=200_000)


class NewDelivery(ListOfRooms):
    """The same list once more, and why."""

    reason: str = Field(min_length=3, max_length=300)


def routes(desk: FrontDesk) -> APIRouter:
    """Routes for whoever may enrol boxes, each within the own school."""
    router = APIRouter()
    enroller = desk.visitors.with_permission(Permission.ENROLL_BOXES)

    @router.post("/deliveries/preview")
    def preview(request: Request, wanted: ListOfRooms, visitor: Annotated[Visitor, Depends(enroller)]) -> Response:
        with desk.database.reading() as connection:
            checked = _checked(connection, wanted.text, visitor)
        return desk.pages.answer(request, "delivery_preview.html", checked=checked, most=MOST_ROOMS_AT_ONCE)

    @router.post("/deliveries")
    def deliver(wanted: NewDelivery, visitor: Annotated[Visitor, Depends(enroller)]) -> Response:
        with desk.database.reading() as connection:
            rooms = _checked(connection, wanted.text, visitor).rooms
        if not 1 <= len(rooms) <= MOST_ROOMS_AT_ONCE:
            raise Refusal(422, "NO_ROOMS", f"A delivery has 1 to {MOST_ROOMS_AT_ONCE} rooms without a box.")
        try:
            require_fonts()
        except SheetFontError as error:
            raise Refusal(503, "NO_FONTS", str(error)) from None
        errand = Errand(actor=visitor.account.login, reason=wanted.reason)
        with asking_authority(desk) as office:
            made = office.make_codes(
                CodesRequest(
                    errand=errand, kind=CodeKind.PRINTED, rooms=tuple(room_for_box(room, None) for room in rooms)
                )
            )
        number = _note(desk, visitor, wanted.reason, rooms, made)
        pdf = sheet_pdf(made.codes, f"{wanted.reason[:60]} · {number}")
        return JSONResponse(
            {
                "delivery": number,
                "codes": len(made.codes),
                "refused": len(made.refused),
                "pdf": base64.b64encode(pdf).decode(),
                "csv": sheet_csv(made.codes),
            },
            201,
        )

    @router.get("/deliveries/{number}")
    def delivery(request: Request, number: int, visitor: Annotated[Visitor, Depends(enroller)]) -> Response:
        return _progress(desk, request, number, visitor, "delivery.html")

    @router.get("/deliveries/{number}/rows")
    def rows(request: Request, number: int, visitor: Annotated[Visitor, Depends(enroller)]) -> Response:
        return _progress(desk, request, number, visitor, "delivery_rows.html")

    return router


def _progress(desk: FrontDesk, request: Request, number: int, visitor: Visitor, template: str) -> Response:
    now = desk.clock.now()
    with desk.database.reading() as connection:
        found = _delivery(connection, number, visitor)
        arrivals = arrivals_of(connection, number, now)
    return desk.pages.answer(
        request,
        template,
        visitor=visitor,
        delivery=found,
        arrivals=arrivals,
        now=now,
        health=desk.health,
        authority=desk.authority_health,
    )


def _delivery(connection: Connection, number: int, visitor: Visitor) -> Delivery:
    found = deliveries.find(connection, number, visitor.account.school_id)
    if found is None:
        raise Refusal(404, "NOT_HERE", "There is no such page.")
    return found


def _checked(connection: Connection, text: str, visitor: Visitor) -> RoomList:
    """The rooms of the list that are in scope and have no box, and what is wrong with the others."""
    try:
        codes = read_room_list(text)
    except BadInputError as error:
        raise Refusal(422, "BAD_LIST", str(error)) from None
    known: dict[str, Room] = {}
    for start in range(0, len(codes), 500):
        part = place_register.list_rooms(connection, visitor.account.school_id, codes[start : start + 500])
        known |= {str(room.room_id): room for room in part}
    taken = {one.room_id for one in box_records.of_rooms(connection, list(known)) if box_records.is_live(one)}
    return RoomList.of(codes, known, taken)


def _note(desk: FrontDesk, visitor: Visitor, reason: str, rooms: tuple[Room, ...], made: MadeCodes) -> int:
    good_until = {code.room_id: code.good_until for code in made.codes}
    rows = [
        DeliveryRoom(
            room_id=room.room_id,
            room_name=room.room_name,
            school_name=room.school_name,
            good_until=good_until.get(room.room_id),
            refusal=made.refused[room.room_id].sentence if room.room_id in made.refused else None,
            replaces=None,
        )
        for room in rooms
    ]
    schools = {room.school_id for room in rooms}
    deed, school_id = deed_of(desk, visitor, reason), schools.pop() if len(schools) == 1 else None
    with desk.database.writing() as connection:
        number = deliveries.add(connection, deed, kind=CodeKind.PRINTED, school_id=school_id, rooms=rows)
        audit_log.write(
            connection,
            at=deed.at,
            actor=deed.actor,
            action="box codes printed",
            subject=f"delivery {number}",
            reason=deed.reason,
            rooms=len(made.codes),
            refused=len(made.refused),
        )
    return number
