"""The device register as one looks at it: search, one device with its history, exports.

Not here: changing devices (`device_change_pages`), entering them (`device_entry_pages`).
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

from central.http.device_order_pages import deeds_of, moment_for
from central.http.device_reading_pages import readings_of, tells_numbers
from central.http.front_desk import FrontDesk
from central.http.heard_devices import heard_at
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office.device_export import HEADER, device_rows
from central.it_office.device_links import ASKABLE, HOWS, LAN_DRIVERS, SERIAL_DRIVERS, told_by
from central.it_office.device_orders import sources_of
from central.it_office.device_sheets import wants_password
from central.it_office.table_export import TooManyRowsError, csv_pieces, xlsx_file
from central.registers import (
    audit_log,
    device_loans,
    device_register,
    device_search,
    device_sightings,
    place_register,
    room_plans,
)
from central.registers.device_search import Seen, Wanted
from central.registers.device_tables import Device
from models.equipment import DeviceState, EquipmentKind, speaks
from models.equipment_drivers import EQUIPMENT_DRIVERS
from models.room_plan import LanLink, MqttDialect
from models.staff import Permission

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SEEN = re.compile(r"([A-Za-z0-9_-]{1,63}) ([A-Za-z0-9 ]{1,40}) ([a-z0-9-]{1,63})")
_ROWS_AT_ONCE = 300


class Form(StrEnum):
    """How a table is taken away."""

    CSV = "csv"
    XLSX = "xlsx"


def wanted_devices(
    q: Annotated[str, Query(max_length=80)] = "",
    kind: EquipmentKind | Literal[""] = "",
    state: DeviceState | Literal[""] = "",
    school: Annotated[str, Query(max_length=63)] = "",
    room: Annotated[str, Query(max_length=63)] = "",
) -> Wanted:
    """The filter in an address."""
    return Wanted(
        words=q.strip(), kind=kind or None, state=state or None, school_id=school or None, room_id=room or None
    )


def routes(desk: FrontDesk) -> APIRouter:
    """For who may see boxes; what lies outside the visitor's school is as if it were not there."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)

    @router.get("/devices")
    def search(
        request: Request,
        visitor: Annotated[Visitor, Depends(onlooker)],
        wanted: Annotated[Wanted, Depends(wanted_devices)],
        after: Annotated[str, Query(max_length=180)] = "",
    ) -> Response:
        scope = visitor.school_id
        with desk.database.reading() as connection:
            found = device_search.find_devices(connection, wanted, scope, _seen(after))
            whole = found.following is None and not after
            total = len(found.devices) if whole else device_search.count_devices(connection, wanted, scope)
            rooms = place_register.list_rooms(connection, scope, [one.room_id for one in found.devices])
            schools = place_register.list_schools(connection, scope)
        return desk.pages.answer(
            request,
            "devices.html",
            visitor=visitor,
            found=found,
            total=total,
            rooms={room.room_id: room for room in rooms},
            schools=schools,
            wanted=wanted,
            following="" if found.following is None else " ".join(found.following),
            is_first=not after,
            kinds=list(EquipmentKind),
            states=list(DeviceState),
            now=desk.clock.now(),
            health=desk.health,
        )

    @router.get("/exports/devices")
    def export(
        visitor: Annotated[Visitor, Depends(onlooker)],
        wanted: Annotated[Wanted, Depends(wanted_devices)],
        form: Form = Form.CSV,
    ) -> Response:
        with desk.database.writing() as connection:
            audit_log.write(
                connection,
                at=desk.clock.now(),
                actor=visitor.account.login,
                action="devices exported",
                subject=wanted.school_id or visitor.school_id or "province",
                form=form,
            )
        rows = _rows(desk, wanted, visitor.school_id)
        if form is Form.CSV:
            return StreamingResponse(csv_pieces(HEADER, rows), headers=_attached("thiet-bi.csv"), media_type="text/csv")
        try:
            content = xlsx_file("Thiết bị", HEADER, rows)
        except TooManyRowsError as error:
            raise Refusal(422, "TOO_MANY_ROWS", str(error)) from None
        return Response(content, headers=_attached("thiet-bi.xlsx"), media_type=_XLSX)

    @router.get("/devices/{device_id}")
    def device_page(request: Request, device_id: str, visitor: Annotated[Visitor, Depends(onlooker)]) -> Response:
        with desk.database.reading() as connection:
            device = _device(device_register.find_device(connection, device_id, visitor.school_id))
            history = device_register.history_of(connection, device_id, visitor.school_id)
            room = place_register.find_room(connection, device.room_id, visitor.school_id)
            rooms = [] if room is None else place_register.rooms_of(connection, room.school_id, visitor.school_id)
            held = room_plans.link_of(connection, device_id, visitor.school_id)
            loans = device_loans.loans_of(connection, device_id)
            sighting = device_sightings.last_seen(connection, device_id)
        return desk.pages.answer(
            request,
            "device.html",
            visitor=visitor,
            device=device,
            loan=next((one for one in loans if one.returned_at is None), None),
            loans=loans,
            sighting=sighting,
            link=told_by(held),
            word_at=heard_at(desk, device_id),
            wants_password=wants_password(held),
            has_password=isinstance(held.link, LanLink) and bool(held.link.password),
            hows=HOWS,
            serial_drivers=SERIAL_DRIVERS,
            lan_drivers=LAN_DRIVERS,
            drivers=EQUIPMENT_DRIVERS,
            dialects=list(MqttDialect),
            askable=ASKABLE[device.kind],
            sources=sources_of(held.link),
            moment=moment_for(desk, device.room_id, visitor),
            deeds=deeds_of(desk, device),
            readings=readings_of(desk, device) if tells_numbers(desk, device_id) else None,
            history=history,
            room=room,
            rooms=rooms,
            kinds=list(EquipmentKind),
            states=list(DeviceState),
            speaks=speaks,
            now=desk.clock.now(),
            health=desk.health,
        )

    return router


def _rows(desk: FrontDesk, wanted: Wanted, scope: str | None) -> Iterator[tuple[str, ...]]:
    """Read page by page, each in a transaction of its own: a slow reader at the other end holds none open."""
    after: Seen | None = None
    while True:
        with desk.database.reading() as connection:
            found = device_search.find_devices(connection, wanted, scope, after, _ROWS_AT_ONCE)
            rooms = place_register.list_rooms(connection, scope, list({one.room_id for one in found.devices}))
        yield from device_rows(found.devices, {room.room_id: room for room in rooms})
        after = found.following
        if after is None:
            return


def _seen(text: str) -> Seen | None:
    """The last row of the page before, as its link says; anything else begins at the first page."""
    written = _SEEN.fullmatch(text)
    return None if written is None else (written[1], written[2], written[3])


def _device(found: Device | None) -> Device:
    if found is None:
        raise Refusal(404, "NOT_HERE", "There is no such device.")
    return found


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
