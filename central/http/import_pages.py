"""Spreadsheets of places and of devices: first a preview, row by row, then the same file again to store it."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from central.http.device_deeds import answered, deed_of
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office import device_plan, place_plan
from central.registers import place_register
from central.registers.rooms_without_place import rooms_without_place
from models.staff import Permission


class SentFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as base64. `commit` asks to store it, which needs a reason."""

    file: bytes
    commit: bool = False
    reason: Annotated[str, msgspec.Meta(max_length=300)] = ""


def routes(desk: FrontDesk) -> APIRouter:
    """For who keeps devices. The body is read only when the visitor is known, because it may be large."""
    router = APIRouter()
    keeper = desk.visitors.with_permission(Permission.KEEP_DEVICES)

    def form(kind: str) -> Callable[..., Response]:
        def page(request: Request, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
            return desk.pages.answer(request, "import.html", visitor=visitor, kind=kind, health=desk.health)

        return page

    router.get("/imports/places")(form("places"))
    router.get("/imports/devices")(form("devices"))

    @router.post("/imports/places")
    async def places(request: Request, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        return await run_in_threadpool(_import_places, desk, request, visitor, await _sent(request))

    @router.post("/imports/devices")
    async def devices(request: Request, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        return await run_in_threadpool(_import_devices, desk, request, visitor, await _sent(request))

    return router


def _import_places(desk: FrontDesk, request: Request, visitor: Visitor, sent: SentFile) -> Response:
    scope = visitor.school_id
    with desk.database.reading() as connection:
        rooms, schools = place_register.list_rooms(connection, None), place_register.list_schools(connection, None)
        unplaced = rooms_without_place(connection)
    with answered():
        plan = place_plan.plan_places(sent.file, rooms, scope, unplaced)
        difference = place_plan.compare_places(plan, schools, rooms)
        if sent.commit and plan.rows:
            with desk.database.writing() as connection:
                difference = place_plan.store_places(connection, plan, deed_of(desk, visitor, sent.reason))
    return _preview(desk, request, "places", sent, plan=plan, difference=difference)


def _import_devices(desk: FrontDesk, request: Request, visitor: Visitor, sent: SentFile) -> Response:
    scope = visitor.school_id
    with desk.database.reading() as connection:
        rooms = [room.room_id for room in place_register.list_rooms(connection, scope)]
        stored = device_plan.stored_devices(connection, scope)
    with answered():
        plan = device_plan.plan_devices(sent.file, rooms, stored)
        if sent.commit and plan.rows:
            with desk.database.writing() as connection:
                device_plan.store_devices(connection, plan, scope=scope, deed=deed_of(desk, visitor, sent.reason))
    return _preview(desk, request, "devices", sent, plan=plan, difference=None)


def _preview(desk: FrontDesk, request: Request, kind: str, sent: SentFile, **content: Any) -> Response:
    stored = sent.commit and bool(content["plan"].rows)
    return desk.pages.answer(request, "import_preview.html", kind=kind, stored=stored, **content)


async def _sent(request: Request) -> SentFile:
    try:
        sent = msgspec.json.decode(await request.body(), type=SentFile)
    except msgspec.DecodeError:
        raise Refusal(422, "BAD_INPUT", "The request does not have the expected shape.") from None
    if sent.commit and not sent.reason.strip():
        raise Refusal(422, "REASON_NEEDED", "Say why.")
    return sent
