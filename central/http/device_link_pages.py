"""How a device is reached, written by IT staff. Its form stands on the device's page (`device_pages`).

Not here: asking a device something (`device_order_pages`), what was found in a room (`found_device_pages`).
"""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from central.http.device_change_pages import Reason
from central.http.device_deeds import answered, deed_of
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office.device_links import How, ToldLink, read_link
from central.registers import device_register, room_plans
from models.room_messages import DeviceCommandName
from models.room_plan import MqttDialect
from models.staff import Permission

Written = Annotated[str, Field(max_length=160)]


class NewLink(BaseModel):
    """The form, and why."""

    how: How
    driver: Written = ""
    port: Written = ""
    baud: int = Field(default=0, ge=0, le=4_000_000)
    unit: int = Field(default=1, ge=0, le=255)
    map: str = Field(default="", max_length=200)
    host: Written = ""
    lan_port: int = Field(default=0, ge=0, le=65535)
    password: Written = ""
    dialect: MqttDialect = MqttDialect.OWN
    name: Written = ""
    serial: Written = ""
    apps: str = Field(default="", max_length=800)
    mac: str = Field(default="", max_length=40)
    commands: tuple[DeviceCommandName, ...] = ()
    reason: Reason

    def told(self) -> ToldLink:
        """The same without the reason, trimmed."""
        return msgspec.convert(
            {name: value.strip() if isinstance(value, str) else value for name, value in self if name != "reason"},
            ToldLink,
        )


def routes(desk: FrontDesk) -> APIRouter:
    """For who keeps devices, in the visitor's own schools."""
    router = APIRouter()
    keeper = desk.visitors.with_permission(Permission.KEEP_DEVICES)

    @router.post("/devices/{device_id}/link")
    def set_link(device_id: str, new: NewLink, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        deed, scope = deed_of(desk, visitor, new.reason), visitor.school_id
        with answered(), desk.database.writing() as connection:
            device = device_register.find_device(connection, device_id, scope)
            if device is None:
                raise Refusal(404, "NOT_HERE", "There is no such device.")
            held = room_plans.link_of(connection, device_id, scope)
            wanted = read_link(new.told(), device.kind, held.link)
            room_plans.set_link(connection, device_id, wanted, scope=scope, deed=deed)
        return JSONResponse({"next": f"/devices/{device_id}"})

    return router
