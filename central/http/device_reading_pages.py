"""A device's readings as they are: a person asks, for minutes and with a reason, and sees them while they come.

Otherwise no raw reading leaves a room. Not here: the order's way (`device_order_pages`), drawing (`raw_charts`).
"""

import re
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from central.command_post import DeviceOrder
from central.http.device_order_pages import box_for, deeds_of, device_here, give
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office.device_orders import DeviceDeed
from central.measuring import views
from central.principal.raw_charts import RawCharts, open_raw_charts
from central.principal.sensor_charts import series_of
from central.registers import room_plans
from central.registers.device_tables import Device
from models.errors import StorageError
from models.room_messages import DeviceCommandName, DeviceOutcome
from models.staff import Permission

USUAL_MINUTES = 10
_MINUTES = re.compile(r"[0-9]{1,2}")


class WantedReadings(BaseModel):
    """Why, always: readings as they are may tell more of a lesson than minutes do."""

    reason: str = Field(min_length=1, max_length=300, pattern=r"\S")
    minutes: int = Field(default=USUAL_MINUTES, ge=1, le=60)


def routes(desk: FrontDesk) -> APIRouter:
    """For who may ask devices, in the visitor's own schools; what came is for whoever sees boxes."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)
    asker = desk.visitors.with_permission(Permission.COMMAND_DEVICES)

    @router.get("/devices/{device_id}/readings")
    def shown(request: Request, device_id: str, visitor: Annotated[Visitor, Depends(onlooker)]) -> Response:
        device = device_here(desk, device_id, visitor)
        readings, now = readings_of(desk, device), desk.clock.now()
        return desk.pages.answer(
            request,
            "device_readings_content.html",
            asked=readings.asked,
            told_until=readings.told_until,
            raw=readings.raw,
            now=now,
        )

    @router.post("/devices/{device_id}/readings", status_code=201)
    def ask(device_id: str, wanted: WantedReadings, visitor: Annotated[Visitor, Depends(asker)]) -> Response:
        device = device_here(desk, device_id, visitor)
        name = DeviceCommandName.TELL_READINGS
        with desk.database.writing() as connection:
            if room_plans.link_of(connection, device_id, visitor.school_id).link is None:
                raise Refusal(422, "NOT_ASKABLE", "A device without a connection tells no readings.")
            box_id = box_for(connection, device.room_id, desk, visitor, wanted.reason)
            order = DeviceOrder(device_id=device_id, name=name, argument=str(wanted.minutes))
            give(connection, desk, visitor, box_id, order, wanted.reason)
        return JSONResponse({"asked": 1}, 201)

    return router


class ShownReadings(msgspec.Struct, frozen=True, kw_only=True):
    """The newest order for readings with what came of it, and the charts.

    `told_until`: when the box ends by the orders that it took; None: it took none. An exam or a restart ends it sooner.
    """

    asked: DeviceDeed | None
    told_until: datetime | None
    raw: RawCharts | None


def readings_of(desk: FrontDesk, device: Device) -> ShownReadings:
    """What this part of a device's page shows."""
    name = DeviceCommandName.TELL_READINGS.value
    deeds = [one for one in deeds_of(desk, device) if one.name == name]
    return ShownReadings(
        asked=next(iter(deeds), None),
        told_until=max((_end_of(one) for one in deeds if one.state == DeviceOutcome.DONE), default=None),
        raw=_charts(desk, device),
    )


def _end_of(deed: DeviceDeed) -> datetime:
    """The order's instant and its minutes; the argument may be a box's word."""
    minutes = int(deed.argument) if _MINUTES.fullmatch(deed.argument) else 0
    return deed.asked_at + timedelta(minutes=minutes)


def tells_numbers(desk: FrontDesk, device_id: str) -> bool:
    """Whether the device ever told a number that is kept by the minute; False while the measurement store is away."""
    try:
        with desk.measurements.reading() as connection:
            word = views.word_of(connection, device_id)
    except StorageError:
        return False
    return word is not None and bool(series_of([word]))


def _charts(desk: FrontDesk, device: Device) -> RawCharts | None:
    """None too while the measurement store is away."""
    try:
        with desk.measurements.reading() as connection:
            return open_raw_charts(connection, device.device_id, desk.clock.now())
    except StorageError:
        return None
