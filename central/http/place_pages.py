"""Places as one looks at them: the province's schools, a school's rooms, one room with its box and devices.

Not here: changing them (`place_deed_pages`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from central.http.device_order_pages import deeds_in, moment_for
from central.http.found_device_pages import things_of
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office.box_states import RoomBoxState
from central.it_office.device_orders import to_switch_off
from central.it_office.digital_record import TARGETS
from central.it_office.found_devices import FRESH_FOR, news, own_id, probable_kind, without_link
from central.it_office.place_views import view_province, view_room, view_school
from central.registers import device_search, place_register, room_plans
from central.registers.device_search import Wanted
from models.equipment import EquipmentKind, speaks
from models.staff import Permission


def routes(desk: FrontDesk) -> APIRouter:
    """For who may see boxes; what lies outside the visitor's school is as if it were not there."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)

    @router.get("/places")
    def places(
        request: Request,
        visitor: Annotated[Visitor, Depends(onlooker)],
        q: Annotated[str, Query(max_length=80)] = "",
        state: RoomBoxState | None = None,
    ) -> Response:
        with desk.database.reading() as connection:
            province = view_province(connection, visitor.school_id, desk.clock.now())
            wanted = place_register.list_schools(connection, visitor.school_id, q) if q else None
            found = None if wanted is None else {school.school_id for school in wanted}
            rooms = place_register.search_rooms(connection, visitor.school_id, q) if q else []
        return desk.pages.answer(
            request,
            "places.html",
            visitor=visitor,
            province=province,
            found=found,
            rooms=rooms,
            words=q,
            wanted_state=state,
            states=list(RoomBoxState),
            targets=TARGETS,
            health=desk.health,
        )

    @router.get("/places/rooms/{room_id}")
    def room_page(request: Request, room_id: str, visitor: Annotated[Visitor, Depends(onlooker)]) -> Response:
        with desk.database.reading() as connection:
            now = desk.clock.now()
            tile = view_room(connection, room_id, visitor.school_id, now)
            if tile is None:
                raise _not_here()
            found = device_search.find_devices(connection, Wanted(room_id=room_id), visitor.school_id, limit=400)
            expected = place_register.expected_in(connection, room_id)
            links = room_plans.links_of(connection, room_id)
        going_off = to_switch_off(found.devices, links) if visitor.may(Permission.COMMAND_DEVICES) else []
        by_id = {one.device_id: one for one in found.devices}
        return desk.pages.answer(
            request,
            "place_room.html",
            visitor=visitor,
            tile=tile,
            devices=sorted(found.devices, key=lambda one: (one.kind, one.place, one.serial)),
            more=found.following is not None,
            expected=expected,
            kinds=list(EquipmentKind),
            speaks=speaks,
            found=news(things_of(desk, room_id), links) if visitor.may(Permission.KEEP_DEVICES) else [],
            linkless=without_link(found.devices, links),
            probable_kind=probable_kind,
            own_id=own_id,
            doubted_before=now - FRESH_FOR,
            off=len(going_off),
            moment=moment_for(desk, room_id, visitor),
            deeds=deeds_in(desk, room_id, by_id) if going_off else [],
            by_id=by_id,
            targets=TARGETS,
            now=now,
            health=desk.health,
        )

    @router.get("/places/{school_id}")
    def school_page(request: Request, school_id: str, visitor: Annotated[Visitor, Depends(onlooker)]) -> Response:
        with desk.database.reading() as connection:
            school = view_school(connection, school_id, visitor.school_id, desk.clock.now())
        if school is None:
            raise _not_here()
        return desk.pages.answer(
            request, "school.html", visitor=visitor, view=school, targets=TARGETS, health=desk.health
        )

    return router


def _not_here() -> Refusal:
    return Refusal(404, "NOT_HERE", "There is no such place.")
