"""A school's lesson hours, quiet hours, timed rules and alert limits: one form.

Not here: what they mean (`it_office.school_hours`), following them (the box).
"""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from central.http.device_change_pages import Reason
from central.http.device_deeds import answered, deed_of
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office.device_links import ASKABLE
from central.it_office.school_hours import (
    MOST_ROWS,
    RULE_WAITS,
    ToldHours,
    ToldRule,
    read_hours,
    read_rules,
    refuse_limits,
    rule_waits,
    time_of,
)
from central.registers import place_register, room_plans
from central.registers.room_plans import SchoolHours
from models.equipment import EquipmentKind
from models.room_messages import DeviceCommandName
from models.room_plan import AlertLimits
from models.staff import Permission

Days = Annotated[tuple[Annotated[int, Field(ge=0, le=6)], ...], Field(min_length=1, max_length=7)]
Time = Annotated[str, Field(max_length=5)]


class HoursRow(BaseModel):
    """One row of hours."""

    weekdays: Days
    begins: Time
    ends: Time


class RuleRow(BaseModel):
    """One rule."""

    weekdays: Days
    at: Time
    kind: EquipmentKind
    command: DeviceCommandName
    argument: str = Field(default="", max_length=32)


class Limits(BaseModel):
    """From when on staff are told."""

    silent_minutes: int = Field(ge=1, le=10_000)
    hot_celsius: float = Field(allow_inf_nan=False)
    hot_clear_celsius: float = Field(allow_inf_nan=False)
    battery_low: float = Field(allow_inf_nan=False)
    battery_clear: float = Field(allow_inf_nan=False)
    lamp_hours: float = Field(allow_inf_nan=False)


class NewHours(BaseModel):
    """The whole form, and why."""

    lessons: Annotated[tuple[HoursRow, ...], Field(max_length=MOST_ROWS)] = ()
    quiet: Annotated[tuple[HoursRow, ...], Field(max_length=MOST_ROWS)] = ()
    rules: Annotated[tuple[RuleRow, ...], Field(max_length=MOST_ROWS)] = ()
    limits: Limits
    door_open_quiet: bool = False
    announce: bool = False
    reason: Reason

    def hours(self) -> SchoolHours:
        """As the register keeps it. Raises HoursError."""
        limits = AlertLimits(**self.limits.model_dump(), door_open_quiet=self.door_open_quiet)
        refuse_limits(limits)
        return SchoolHours(
            lessons=read_hours(ToldHours(**one.model_dump()) for one in self.lessons),
            quiet=read_hours(ToldHours(**one.model_dump()) for one in self.quiet),
            rules=read_rules([ToldRule(**one.model_dump()) for one in self.rules]),
            limits=limits,
            announce=self.announce,
        )


def routes(desk: FrontDesk) -> APIRouter:
    """Looking: who sees boxes. Writing: who keeps devices, in the visitor's own schools."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)
    keeper = desk.visitors.with_permission(Permission.KEEP_DEVICES)

    @router.get("/places/{school_id}/hours")
    def page(request: Request, school_id: str, visitor: Annotated[Visitor, Depends(onlooker)]) -> Response:
        with desk.database.reading() as connection:
            school = place_register.find_school(connection, school_id, visitor.school_id)
            if school is None:
                raise Refusal(404, "NOT_HERE", "There is no such school.")
            hours = room_plans.hours_of(connection, school_id)
            changed_at = room_plans.hours_changed_at(connection, school_id)
        return desk.pages.answer(
            request,
            "school_hours.html",
            visitor=visitor,
            school=school,
            hours=hours,
            changed_at=changed_at,
            limits=msgspec.structs.asdict(hours.limits),
            waits=[rule_waits(rule, hours) for rule in hours.rules],
            most_wait=RULE_WAITS,
            time_of=time_of,
            kinds=[kind for kind in EquipmentKind if ASKABLE[kind]],
            commands=[one for one in DeviceCommandName if any(one in askable for askable in ASKABLE.values())],
            now=desk.clock.now(),
            health=desk.health,
        )

    @router.post("/places/{school_id}/hours")
    def change(school_id: str, new: NewHours, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        deed, scope = deed_of(desk, visitor, new.reason), visitor.school_id
        with answered(), desk.database.writing() as connection:
            if place_register.find_school(connection, school_id, scope) is None:
                raise Refusal(404, "NOT_HERE", "There is no such school.")
            room_plans.set_hours(connection, school_id, new.hours(), scope=scope, deed=deed)
        return JSONResponse({"next": f"/places/{school_id}/hours"})

    return router
