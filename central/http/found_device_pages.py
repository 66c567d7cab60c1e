"""Something that a box found becomes a device: one of the register that had no connection, or a new one.

Not here: the list, which stands on the room's page (`place_pages`), what is news (`it_office.found_devices`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from central.http.device_change_pages import Reason
from central.http.device_deeds import answered, deed_of
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office.device_links import read_link, told_by
from central.it_office.found_devices import own_id, place_of, places_held
from central.measuring import found_things
from central.measuring.found_things import FoundThing
from central.registers import device_register, place_register, room_plans
from central.registers.device_tables import LONGEST, DeviceFacts
from central.registers.room_plans import DeviceLink
from models.equipment import EquipmentKind
from models.errors import StorageError
from models.staff import Permission


class WhichDevice(BaseModel):
    """What was found (box and place), and which device it is; `device_id` empty: a new one of this kind."""

    box_id: str = Field(max_length=63)
    place: str = Field(max_length=300)
    device_id: str = Field(default="", max_length=63)
    kind: EquipmentKind = EquipmentKind.OTHER
    reason: Reason


def routes(desk: FrontDesk) -> APIRouter:
    """For who keeps devices, in the visitor's own schools."""
    router = APIRouter()
    keeper = desk.visitors.with_permission(Permission.KEEP_DEVICES)

    @router.post("/places/rooms/{room_id}/found", status_code=201)
    def adopt(room_id: str, which: WhichDevice, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        deed, scope = deed_of(desk, visitor, which.reason), visitor.school_id
        with desk.database.reading() as connection:
            if place_register.find_room(connection, room_id, scope) is None:
                raise Refusal(404, "NOT_HERE", "There is no such room.")
        with desk.measurements.reading() as connection:
            thing = found_things.find_thing(connection, room_id, which.box_id, which.place)
        if thing is None or thing.link is None:
            raise Refusal(404, "NOT_HERE", "The box does not tell of such a thing any more.")
        with answered(), desk.database.writing() as connection:
            links = room_plans.links_of(connection, room_id)
            itself = own_id(thing)
            if itself and which.device_id != itself:
                raise Refusal(409, "ITSELF", "It speaks under the number of a device: it can become that device only.")
            if place_of(thing.link, which.device_id) in places_held(links):
                raise Refusal(409, "LINKED", "Another device of this room has this connection already.")
            device_id = which.device_id
            if not device_id:
                facts = _facts(thing, which.kind)
                [device_id] = device_register.add_devices(connection, room_id, [facts], scope=scope, deed=deed)
            held = device_register.find_device(connection, device_id, scope)
            if held is None or held.room_id != room_id:
                raise Refusal(404, "NOT_HERE", "There is no such device in this room.")
            if links.get(device_id, DeviceLink()).link is not None:
                raise Refusal(409, "LINKED", "This device has a connection already. Change it on its page.")
            wanted = read_link(told_by(DeviceLink(link=thing.link)), held.kind, None)
            room_plans.set_link(connection, device_id, wanted, scope=scope, deed=deed)
        return JSONResponse({"next": f"/devices/{device_id}"}, 201)

    return router


def things_of(desk: FrontDesk, room_id: str) -> list[FoundThing]:
    """What was found in a room; nothing while the measurement store is away."""
    try:
        with desk.measurements.reading() as connection:
            return found_things.things_in(connection, room_id)
    except StorageError:
        return []


def _facts(thing: FoundThing, kind: EquipmentKind) -> DeviceFacts:
    return DeviceFacts(
        kind=kind, maker=thing.maker[:LONGEST], model=thing.model[:LONGEST], serial=thing.serial[:LONGEST]
    )
