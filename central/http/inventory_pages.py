"""Stock-taking of a room: one scan after the other into one field, the counts at once, a list of what is missing.

A scanned code is never repeated: it may be another sheet's secret. Not here: what counts (`it_office.inventory`).
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from central.http.device_deeds import answered, deed_of
from central.http.device_pages import Form
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office.device_sheets import qr_svg
from central.it_office.inventory import HEADER, Inventory, inventory_rows, take_stock
from central.it_office.table_export import csv_pieces, xlsx_file
from central.registers import audit_log, device_search, device_sightings, place_register
from central.registers.device_search import Wanted
from central.registers.place_register import Room
from models.equipment import DeviceState, EquipmentKind
from models.staff import Permission

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KIND = EquipmentKind | Literal[""]
MOST_STICKERS = 1000


class Scan(BaseModel):
    """What a scanner typed; `kind` only narrows the counts that come back."""

    code: str = Field(min_length=1, max_length=400)
    kind: _KIND = ""


def routes(desk: FrontDesk) -> APIRouter:
    """Looking: who sees boxes. Scanning: who may ask devices. Stickers: who keeps devices."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)
    scanner = desk.visitors.with_permission(Permission.COMMAND_DEVICES)
    keeper = desk.visitors.with_permission(Permission.KEEP_DEVICES)

    @router.get("/places/rooms/{room_id}/inventory")
    def page(
        request: Request, room_id: str, visitor: Annotated[Visitor, Depends(onlooker)], kind: _KIND = ""
    ) -> Response:
        room, stock = _stock(desk, room_id, kind or None, visitor)
        return desk.pages.answer(
            request,
            "inventory.html",
            visitor=visitor,
            room=room,
            stock=stock,
            kinds=list(EquipmentKind),
            sighted=None,
            scanned=None,
            health=desk.health,
        )

    @router.post("/places/rooms/{room_id}/inventory")
    def scan(request: Request, room_id: str, one: Scan, visitor: Annotated[Visitor, Depends(scanner)]) -> Response:
        deed = deed_of(desk, visitor, "")
        with answered(), desk.database.writing() as connection:
            sighted, device = device_sightings.scan(connection, room_id, one.code, scope=visitor.school_id, deed=deed)
        _, stock = _stock(desk, room_id, one.kind or None, visitor)
        return desk.pages.answer(request, "inventory_state.html", stock=stock, sighted=sighted, scanned=device)

    @router.get("/exports/inventory")
    def export(
        visitor: Annotated[Visitor, Depends(onlooker)],
        room: Annotated[str, Query(max_length=63)] = "",
        kind: _KIND = "",
        form: Form = Form.CSV,
    ) -> Response:
        _, stock = _stock(desk, room, kind or None, visitor)
        with desk.database.writing() as connection:
            actor = visitor.account.login
            audit_log.write(
                connection, at=stock.as_of, actor=actor, action="inventory exported", subject=room, form=form
            )
        name = f"kiem-ke-{stock.day:%Y-%m-%d}.{form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        if form is Form.CSV:
            return StreamingResponse(csv_pieces(HEADER, inventory_rows(stock)), headers=headers, media_type="text/csv")
        return Response(xlsx_file("Kiểm kê", HEADER, inventory_rows(stock)), headers=headers, media_type=_XLSX)

    @router.get("/places/rooms/{room_id}/stickers")
    def stickers(request: Request, room_id: str, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        with desk.database.reading() as connection:
            room = _room(desk, room_id, visitor)
            wanted = Wanted(room_id=room_id, state=DeviceState.IN_USE)
            found = device_search.find_devices(connection, wanted, visitor.school_id, limit=MOST_STICKERS)
        top = str(request.base_url)
        labels = [(one, qr_svg(f"{top}devices/{one.device_id}")) for one in found.devices]
        return desk.pages.answer(
            request,
            "stickers.html",
            visitor=visitor,
            room=room,
            labels=labels,
            now=desk.clock.now(),
            health=desk.health,
        )

    return router


def _stock(desk: FrontDesk, room_id: str, kind: EquipmentKind | None, visitor: Visitor) -> tuple[Room, Inventory]:
    room = _room(desk, room_id, visitor)
    with desk.database.reading() as connection:
        return room, take_stock(connection, room_id, kind, visitor.school_id, desk.clock.now())


def _room(desk: FrontDesk, room_id: str, visitor: Visitor) -> Room:
    with desk.database.reading() as connection:
        room = place_register.find_room(connection, room_id, visitor.school_id)
    if room is None:
        raise Refusal(404, "NOT_HERE", "There is no such room.")
    return room
