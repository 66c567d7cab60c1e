"""Asking a device something, or a whole room to go off: a person presses, the room's box carries it out.

Not here: whether it may be asked (`it_office.device_orders`), orders to the box itself (`box_order_pages`),
readings as they are (`device_reading_pages`).
"""

from collections.abc import Callable, Collection
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from central.command_post import DeviceOrder
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office.device_orders import (
    ArgumentError,
    DeviceDeed,
    RoomMoment,
    argument_of,
    device_deeds,
    given_orders,
    moment_of,
    to_switch_off,
)
from central.measuring import asked
from central.measuring.asked import AskedDevice
from central.registers import device_register, device_search, place_register, room_plans
from central.registers.device_search import Wanted
from central.registers.device_tables import Device
from models.errors import StorageError
from models.identifiers import BoxId
from models.room_messages import DeviceCommandName
from models.staff import Permission
from models.wire.commands import CommandName

_SHOWN = 20


class RoomOrder(BaseModel):
    """Why; it may be missing outside lesson hours."""

    reason: str = Field(default="", max_length=300)


class NewOrder(RoomOrder):
    """What is asked of one device."""

    name: DeviceCommandName
    argument: str = Field(default="", max_length=32)


def routes(desk: FrontDesk) -> APIRouter:
    """For who may ask devices, in the visitor's own schools; what was asked is for whoever sees boxes."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)
    asker = desk.visitors.with_permission(Permission.COMMAND_DEVICES)

    @router.get("/devices/{device_id}/orders")
    def of_device(request: Request, device_id: str, visitor: Annotated[Visitor, Depends(onlooker)]) -> Response:
        device = device_here(desk, device_id, visitor)
        return desk.pages.answer(request, "device_deeds.html", deeds=deeds_of(desk, device), names={})

    @router.get("/places/rooms/{room_id}/orders")
    def of_room(request: Request, room_id: str, visitor: Annotated[Visitor, Depends(onlooker)]) -> Response:
        devices = _devices(desk, room_id, visitor)
        names = {one.device_id: one for one in devices}
        return desk.pages.answer(request, "device_deeds.html", deeds=deeds_in(desk, room_id, names), names=names)

    @router.post("/devices/{device_id}/orders", status_code=201)
    def ask(device_id: str, new: NewOrder, visitor: Annotated[Visitor, Depends(asker)]) -> Response:
        device = device_here(desk, device_id, visitor)
        try:
            order = DeviceOrder(device_id=device_id, name=new.name, argument=argument_of(new.name, new.argument))
        except ArgumentError as error:
            raise Refusal(422, "BAD_INPUT", str(error)) from None
        with desk.database.writing() as connection:
            if new.name not in room_plans.link_of(connection, device_id, visitor.school_id).commands:
                raise Refusal(422, "NOT_ASKABLE", "This device may not be asked that. Say so at its connection first.")
            box_id = box_for(connection, device.room_id, desk, visitor, new.reason)
            give(connection, desk, visitor, box_id, order, new.reason)
        return JSONResponse({"asked": 1}, 201)

    @router.post("/places/rooms/{room_id}/off", status_code=201)
    def all_off(room_id: str, why: RoomOrder, visitor: Annotated[Visitor, Depends(asker)]) -> Response:
        devices = _devices(desk, room_id, visitor)
        with desk.database.writing() as connection:
            going = to_switch_off(devices, room_plans.links_of(connection, room_id))
            if not going:
                raise Refusal(422, "NOTHING_TO_ASK", "No device of this room may be asked to go off.")
            box_id = box_for(connection, room_id, desk, visitor, why.reason)
            for device_id, name in going:
                order = DeviceOrder(device_id=device_id, name=name)
                give(connection, desk, visitor, box_id, order, why.reason)
        return JSONResponse({"asked": len(going)}, 201)

    return router


def deeds_of(desk: FrontDesk, device: Device) -> list[DeviceDeed]:
    """The newest things that were asked of a device, by persons and rules."""
    with desk.database.reading() as connection:
        given = given_orders(connection, device.room_id)
    done = _done(desk, lambda connection: asked.asked_of_device(connection, device.device_id))
    return device_deeds(given, done, desk.clock.now(), {device.device_id})[:_SHOWN]


def deeds_in(desk: FrontDesk, room_id: str, of: Collection[str]) -> list[DeviceDeed]:
    """The newest things that were asked of these devices of a room."""
    with desk.database.reading() as connection:
        given = given_orders(connection, room_id)
    done = _done(desk, lambda connection: asked.asked_in_room(connection, room_id))
    return device_deeds(given, done, desk.clock.now(), of)[:_SHOWN]


def _done(desk: FrontDesk, read: Callable[[Connection], list[AskedDevice]]) -> list[AskedDevice]:
    """The boxes' audit rows; while the measurement store is away, the boxes' own answers alone are shown."""
    try:
        with desk.measurements.reading() as connection:
            return read(connection)
    except StorageError:
        return []


def moment_for(desk: FrontDesk, room_id: str, visitor: Visitor) -> RoomMoment:
    """Whether the room's devices may be asked something now."""
    with desk.database.reading() as connection:
        return moment_of(connection, room_id, visitor.school_id, desk.clock.now())


def box_for(connection: Connection, room_id: str, desk: FrontDesk, visitor: Visitor, reason: str) -> BoxId:
    """The box that carries out what is asked in this room now. Raises Refusal."""
    moment = moment_of(connection, room_id, visitor.school_id, desk.clock.now())
    if moment.in_exam:
        raise Refusal(409, "EXAM_WINDOW", "An exam is on in this room: nothing is asked of its devices.")
    if moment.box_id is None:
        raise Refusal(503, "NO_BOX", "The room has no box that could ask its devices.")
    if moment.in_lesson and not reason.strip():
        raise Refusal(422, "REASON_IN_LESSON", "A lesson may be on: say why.")
    return moment.box_id


def give(
    connection: Connection, desk: FrontDesk, visitor: Visitor, box_id: BoxId, order: DeviceOrder, reason: str
) -> None:
    """Sign an order of the visitor to a device, for its room's box."""
    desk.commands.order(
        connection,
        box_id,
        CommandName.DEVICE,
        ordered_by=visitor.account.login,
        reason=reason.strip(),
        now=desk.clock.now(),
        device=order,
    )


def device_here(desk: FrontDesk, device_id: str, visitor: Visitor) -> Device:
    """The device, if it is in the visitor's scope. Raises Refusal."""
    with desk.database.reading() as connection:
        device = device_register.find_device(connection, device_id, visitor.school_id)
    if device is None:
        raise Refusal(404, "NOT_HERE", "There is no such device.")
    return device


def _devices(desk: FrontDesk, room_id: str, visitor: Visitor) -> list[Device]:
    with desk.database.reading() as connection:
        if place_register.find_room(connection, room_id, visitor.school_id) is None:
            raise Refusal(404, "NOT_HERE", "There is no such room.")
        return list(device_search.every_device(connection, Wanted(room_id=room_id), visitor.school_id))
