"""A device changed: its facts, its place, its state. Each needs a reason and leaves a row of history.

Not here: entering devices (`device_entry_pages`), making passwords (`device_label_pages`).
"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from central.http.device_deeds import answered, deed_of, forget_on_broker
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.registers import device_register, place_register
from central.registers.device_tables import LONGEST, Device, DeviceFacts
from central.registers.place_register import Scope
from models.equipment import DeviceState, EquipmentKind
from models.staff import Permission

Reason = Annotated[str, Field(min_length=1, max_length=300)]
Words = Annotated[str, Field(max_length=LONGEST)]


class ToldFacts(BaseModel):
    """What staff write about a device; what is left out is not known."""

    kind: EquipmentKind
    maker: Words = ""
    model: Words = ""
    serial: Words = ""
    inventory_number: Words = ""
    owner: Words = ""
    place: Words = ""
    bought_on: date | None = None
    warranty_until: date | None = None

    def facts(self) -> DeviceFacts:
        """As the register takes them."""
        return DeviceFacts(
            kind=self.kind,
            maker=self.maker.strip(),
            model=self.model.strip(),
            serial=self.serial.strip(),
            inventory_number=self.inventory_number.strip(),
            owner=self.owner.strip(),
            place=self.place.strip(),
            bought_on=self.bought_on,
            warranty_until=self.warranty_until,
        )


class ChangedFacts(ToldFacts):
    """A device's new facts, and why."""

    reason: Reason


class Move(BaseModel):
    """Where a device goes, and why."""

    room_id: str = Field(max_length=63)
    place: Words = ""
    reason: Reason


class NewState(BaseModel):
    """What becomes of a device, and why."""

    state: DeviceState
    reason: Reason


def routes(desk: FrontDesk) -> APIRouter:
    """For who keeps devices, in the visitor's own schools."""
    router = APIRouter()
    keeper = desk.visitors.with_permission(Permission.KEEP_DEVICES)

    @router.post("/devices/{device_id}")
    def change(device_id: str, told: ChangedFacts, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        deed, scope = deed_of(desk, visitor, told.reason), visitor.school_id
        with answered(), desk.database.writing() as connection:
            device_register.change(connection, device_id, told.facts(), scope=scope, deed=deed)
        return _back_to(device_id)

    @router.post("/devices/{device_id}/move")
    def move(device_id: str, where: Move, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        deed, scope = deed_of(desk, visitor, where.reason), visitor.school_id
        device = _device(desk, device_id, scope)
        with desk.database.reading() as connection:
            if place_register.find_room(connection, where.room_id, scope) is None:
                raise Refusal(404, "NOT_HERE", "There is no such room.")
        if device.room_id != where.room_id:
            forget_on_broker(desk, device, deed)
        with answered(), desk.database.writing() as connection:
            device_register.move(connection, device_id, where.room_id, where.place.strip(), scope=scope, deed=deed)
        return _back_to(device_id)

    @router.post("/devices/{device_id}/state")
    def set_state(device_id: str, new: NewState, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        deed, scope = deed_of(desk, visitor, new.reason), visitor.school_id
        device = _device(desk, device_id, scope)
        if new.state in device_register.WITHOUT_PASSWORD:
            forget_on_broker(desk, device, deed)
        with answered(), desk.database.writing() as connection:
            device_register.set_state(connection, device_id, new.state, scope=scope, deed=deed)
        return _back_to(device_id)

    return router


def _device(desk: FrontDesk, device_id: str, scope: Scope) -> Device:
    with desk.database.reading() as connection:
        device = device_register.find_device(connection, device_id, scope)
    if device is None:
        raise Refusal(404, "NOT_HERE", "There is no such device.")
    return device


def _back_to(device_id: str) -> Response:
    return JSONResponse({"next": f"/devices/{device_id}"})
