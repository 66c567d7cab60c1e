"""Labels with a QR for the devices of a room: passwords made by the authority, shown once, in the answer only."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from central.http.device_deeds import answered, deed_of, wake_boxes
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office.device_sheets import make_labels, wants_password
from central.registers import audit_log, device_register, device_search, place_register, room_plans
from central.registers.device_search import Wanted
from central.registers.device_tables import Device
from central.registers.place_register import Room, Scope
from models.equipment import DeviceState, speaks
from models.fleet import Errand, RoomDevicesRequest
from models.identifiers import RoomId
from models.staff import Permission

MOST_LABELS = 200


class WantedLabels(BaseModel):
    """Devices that are to get a name and a new password on the room's broker, and why."""

    devices: list[Annotated[str, Field(max_length=63)]] = Field(min_length=1, max_length=MOST_LABELS)
    reason: str = Field(min_length=1, max_length=300)


def routes(desk: FrontDesk) -> APIRouter:
    """For who keeps devices, in the visitor's own schools."""
    router = APIRouter()
    keeper = desk.visitors.with_permission(Permission.KEEP_DEVICES)

    @router.get("/places/rooms/{room_id}/labels")
    def choose(request: Request, room_id: str, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        room, devices = _speaking(desk, room_id, visitor.school_id)
        return desk.pages.answer(
            request,
            "device_labels.html",
            visitor=visitor,
            room=room,
            devices=devices,
            has_authority=desk.authority is not None,
            now=desk.clock.now(),
            health=desk.health,
        )

    @router.post("/places/rooms/{room_id}/labels")
    def make(
        request: Request, room_id: str, wanted: WantedLabels, visitor: Annotated[Visitor, Depends(keeper)]
    ) -> Response:
        room, devices = _speaking(desk, room_id, visitor.school_id)
        chosen = [device for device in devices if device.device_id in set(wanted.devices)]
        if len(chosen) != len(set(wanted.devices)):
            raise Refusal(404, "NOT_HERE", "One of these devices is not in this room, or cannot speak.")
        if desk.authority is None:
            raise Refusal(503, "NO_AUTHORITY", "Central was told of no authority. Name it in central's settings.")
        deed = deed_of(desk, visitor, wanted.reason)
        names = tuple(device.device_id for device in chosen)
        errand = Errand(actor=deed.actor, reason=deed.reason)
        with answered():
            made = desk.authority.make_device_credentials(
                RoomDevicesRequest(errand=errand, room_id=RoomId(room_id), names=names)
            )
        with desk.database.writing() as connection:
            named = [device.device_id for device in chosen if device.topic_name]
            device_register.name_on_broker(connection, names, named=named, deed=deed)
            audit_log.write(
                connection,
                at=deed.at,
                actor=deed.actor,
                action="device passwords made",
                subject=room_id,
                devices=list(names),
                reason=deed.reason,
            )
            links = room_plans.links_of(connection, room_id)
        wake_boxes(desk, room_id)
        return desk.pages.answer(
            request,
            "labels.html",
            room=room,
            labels=make_labels(chosen, made, desk.root_fingerprint, links),
            now=deed.at,
        )

    return router


def _speaking(desk: FrontDesk, room_id: str, scope: Scope) -> tuple[Room, list[Device]]:
    """The room and those of its devices that can have a password: in use or in repair, of a kind that speaks.

    One that the box reaches by itself, through the network or a line, needs none.
    """
    with desk.database.reading() as connection:
        room = place_register.find_room(connection, room_id, scope)
        if room is None:
            raise Refusal(404, "NOT_HERE", "There is no such room.")
        found = device_search.find_devices(connection, Wanted(room_id=room_id), scope, limit=1000)
        links = room_plans.links_of(connection, room_id)
    alive = (DeviceState.IN_USE, DeviceState.REPAIR)
    speaking = [
        device
        for device in found.devices
        if speaks(device.kind) and device.state in alive and wants_password(links.get(device.device_id))
    ]
    return room, sorted(speaking, key=lambda device: (device.kind, device.place, device.device_id))
