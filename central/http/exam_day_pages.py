"""The exam day: which sittings there are, one sitting as rooms and seats, one room with its answers, live changes."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from central.exam_day import RoomView, summarise, view_room, view_rooms
from central.http.front_desk import FrontDesk
from central.http.names_read import NamesRead
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.live_feed import TooManyListenersError
from central.registers import admission_register, place_register, roster_register
from central.registers.admission_register import Admission
from central.registers.roster_register import Sitting
from models.staff import Permission

LOOK_BACK: Final = timedelta(days=30)
PULSE_SECONDS: Final = 10.0


def routes(desk: FrontDesk) -> APIRouter:
    """Routes for whoever may see a room or the whole day."""
    router = APIRouter()
    any_room = desk.visitors.with_permission(Permission.SEE_OWN_ROOM, Permission.SEE_EXAM_DAY)
    whole_day = desk.visitors.with_permission(Permission.SEE_EXAM_DAY)
    names_read = NamesRead(desk.database, desk.clock)

    @router.get("/exam-days")
    def sittings(request: Request, visitor: Annotated[Visitor, Depends(any_room)]) -> Response:
        now = desk.clock.now()
        with desk.database.reading() as connection:
            found = roster_register.list_sittings(connection, now - LOOK_BACK, scope=visitor.school_id)
            counts = {
                one.session_id: (
                    admission_register.count_states(connection, one.session_id, visitor.school_id),
                    roster_register.count_candidates(connection, one.session_id, visitor.school_id),
                )
                for one in found[:50]
            }
        return desk.pages.answer(
            request, "sittings.html", visitor=visitor, sittings=found, counts=counts, now=now, health=desk.health
        )

    @router.get("/exam-days/{session_id}")
    def exam_day(
        request: Request,
        session_id: str,
        visitor: Annotated[Visitor, Depends(any_room)],
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
        room: Annotated[str, Query(max_length=40)] = "",
    ) -> Response:
        sitting = _sitting(desk, session_id, visitor)
        if not visitor.may(Permission.SEE_EXAM_DAY):
            return RedirectResponse(f"/exam-days/{sitting.session_id}/rooms/{visitor.account.room_id}", 303)
        now = desk.clock.now()
        with desk.database.reading() as connection:
            day = summarise(connection, sitting, now, visitor.school_id)
            rooms = view_rooms(connection, sitting, now, page, room, visitor.school_id)
        names_read.note_rooms(visitor, session_id, [one.room_id for one in rooms.rooms])
        if not visitor.may(Permission.SEE_NAMES):
            rooms = msgspec.structs.replace(rooms, rooms=tuple(_without_names(one) for one in rooms.rooms))
        content: dict[str, Any] = {"sitting": sitting, "day": day, "rooms": rooms, "search": room}
        return desk.pages.answer(request, "exam_day.html", visitor=visitor, health=desk.health, **content)

    @router.get("/exam-days/{session_id}/summary")
    def summary(request: Request, session_id: str, visitor: Annotated[Visitor, Depends(whole_day)]) -> Response:
        sitting = _sitting(desk, session_id, visitor)
        with desk.database.reading() as connection:
            day = summarise(connection, sitting, desk.clock.now(), visitor.school_id)
        return desk.pages.answer(request, "summary.html", sitting=sitting, day=day, health=desk.health)

    @router.get("/exam-days/{session_id}/rooms/{room_id}")
    def room_page(
        request: Request, session_id: str, room_id: str, visitor: Annotated[Visitor, Depends(any_room)]
    ) -> Response:
        sitting, room, answers = _room(desk, request, session_id, room_id, visitor)
        names_read.note_room(visitor, session_id, room_id)
        return desk.pages.answer(
            request,
            "room.html",
            visitor=visitor,
            sitting=sitting,
            room=room,
            answers=answers,
            as_of=desk.clock.now(),
            health=desk.health,
        )

    @router.get("/exam-days/{session_id}/rooms/{room_id}/tile")
    def tile(
        request: Request, session_id: str, room_id: str, visitor: Annotated[Visitor, Depends(whole_day)]
    ) -> Response:
        sitting, room, _ = _room(desk, request, session_id, room_id, visitor)
        names_read.note_room(visitor, session_id, room_id)
        return desk.pages.answer(request, "tile.html", sitting=sitting, room=room)

    @router.get("/exam-days/{session_id}/rooms/{room_id}/content")
    def room_content(
        request: Request, session_id: str, room_id: str, visitor: Annotated[Visitor, Depends(any_room)]
    ) -> Response:
        sitting, room, answers = _room(desk, request, session_id, room_id, visitor)
        names_read.note_room(visitor, session_id, room_id)
        return desk.pages.answer(
            request,
            "room_content.html",
            visitor=visitor,
            sitting=sitting,
            room=room,
            answers=answers,
            as_of=desk.clock.now(),
        )

    @router.get("/exam-days/{session_id}/feed")
    async def feed(session_id: str, visitor: Annotated[Visitor, Depends(any_room)]) -> Response:
        await run_in_threadpool(_sitting, desk, session_id, visitor)
        return StreamingResponse(_changes(desk, session_id, visitor), media_type="text/event-stream")

    return router


async def _changes(desk: FrontDesk, session_id: str, visitor: Visitor) -> AsyncIterator[str]:
    """Server-sent events: `room` names a room to ask for again, `pulse` says that we are there and what time it is."""
    try:
        async with desk.live_feed.listening(session_id) as listener:
            yield f"retry: 3000\nevent: pulse\ndata: {desk.clock.now().isoformat()}\n\n"
            while True:
                rooms = await listener.changed_rooms(PULSE_SECONDS)
                if rooms is None or not await run_in_threadpool(desk.visitors.still_there, visitor):
                    return
                for room_id in await run_in_threadpool(_seen_by, desk, visitor, rooms):
                    yield f"event: room\ndata: {room_id}\n\n"
                yield f"event: pulse\ndata: {desk.clock.now().isoformat()}\n\n"
    except TooManyListenersError:
        yield "retry: 30000\n\n"


def _seen_by(desk: FrontDesk, visitor: Visitor, rooms: set[str]) -> list[str]:
    """Those of the rooms that the visitor may see, by code."""
    if rooms and visitor.school_id is not None:
        with desk.database.reading() as connection:
            rooms &= place_register.school_of_rooms(connection, visitor.school_id).keys()
    return sorted(filter(visitor.may_see_room, rooms))


def _sitting(desk: FrontDesk, session_id: str, visitor: Visitor) -> Sitting:
    with desk.database.reading() as connection:
        sitting = roster_register.find_sitting(connection, session_id, visitor.school_id)
    if sitting is None:
        raise Refusal(404, "NOT_HERE", "There is no such page.")
    return sitting


def _room(
    desk: FrontDesk, request: Request, session_id: str, room_id: str, visitor: Visitor
) -> tuple[Sitting, RoomView, list[Admission]]:
    if not visitor.may_see_room(room_id):
        desk.visitors.refuse(request, visitor)
    sitting = _sitting(desk, session_id, visitor)
    with desk.database.reading() as connection:
        room = view_room(connection, sitting, room_id, desk.clock.now(), visitor.school_id)
        answers = admission_register.admissions_of(connection, session_id, room_id)
    if room is None:
        raise Refusal(404, "NOT_HERE", "There is no such page.")
    return sitting, room if visitor.may(Permission.SEE_NAMES) else _without_names(room), answers


def _without_names(room: RoomView) -> RoomView:
    seats = tuple(msgspec.structs.replace(seat, full_name=None) for seat in room.seats)
    return msgspec.structs.replace(room, seats=seats)
