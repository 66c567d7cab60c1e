"""Alerts of the visitor's schools: what lasts, taking it on, what was in thirty days, and who is told by e-mail.

Not here: from when on there is an alert (`school_hours_pages`), the letters (`central.measuring.alert_post`).
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from central.http.device_change_pages import Reason
from central.http.device_deeds import answered, deed_of
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.school_choice import SchoolCode, chosen_school
from central.http.visitors import Visitor
from central.measuring import alert_deeds, views
from central.measuring.alert_deeds import PAGE
from central.measuring.views import Rooms, StoredAlert
from central.registers import alert_recipients, audit_log, brief_devices, place_register
from central.registers.brief_devices import BriefDevice
from central.registers.place_register import Room, Scope
from models.identifiers import RoomId
from models.staff import Permission
from models.telemetry import AlertKind

DAYS: Final = 30


class RoomAlerts(msgspec.Struct, frozen=True, kw_only=True):
    """What lasts in one room; `room` None where the place register knows no such room."""

    room_id: str
    room: Room | None
    alerts: list[StoredAlert]

    @property
    def waiting(self) -> int:
        """How many nobody took on."""
        return sum(one.acknowledged_at is None for one in self.alerts)


class Taken(BaseModel):
    """One alert, or all of a room, and a note for colleagues."""

    alert_id: str = Field(default="", max_length=120)
    room_id: str = Field(default="", max_length=63)
    note: str = Field(default="", max_length=alert_deeds.LONGEST_NOTE)


class NewRecipients(BaseModel):
    """Addresses, one on a line, and why."""

    emails: str = Field(default="", max_length=5_000)
    reason: Reason


def routes(desk: FrontDesk) -> APIRouter:
    """Looking: who sees boxes. Taking on: who may ask devices. Recipients: who keeps devices."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)
    asker = desk.visitors.with_permission(Permission.COMMAND_DEVICES)
    keeper = desk.visitors.with_permission(Permission.KEEP_DEVICES)

    @router.get("/alerts")
    def page(
        request: Request,
        visitor: Annotated[Visitor, Depends(onlooker)],
        school: SchoolCode = "",
        kind: AlertKind | Literal[""] = "",
        skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> Response:
        now = desk.clock.now()
        with desk.database.reading() as connection:
            chosen = chosen_school(connection, visitor, school)
            rooms = _rooms(connection, None if chosen is None else chosen.school_id)
            told = [] if chosen is None else alert_recipients.recipients_of(connection, chosen.school_id)
        with desk.measurements.reading() as connection:
            count = alert_deeds.count_lasting(connection, rooms)
            lasting = alert_deeds.lasting(connection, rooms, kind or None)
            over = alert_deeds.over_since(connection, rooms, kind or None, now - timedelta(days=DAYS), skip, PAGE + 1)
            newest = views.newest_word_at(connection, rooms)
        with desk.database.reading() as connection:
            groups, rooms_by_id, devices = _named(connection, lasting, over, visitor.school_id)
        return desk.pages.answer(
            request,
            "alerts.html",
            visitor=visitor,
            school=chosen,
            kind=kind,
            kinds=alert_deeds.WORST_FIRST,
            count=count,
            groups=groups,
            over=over[:PAGE],
            skip=skip,
            following=skip + PAGE if len(over) > PAGE else None,
            rooms=rooms_by_id,
            devices=devices,
            recipients=told,
            days=DAYS,
            newest=newest,
            most=alert_deeds.MOST,
            now=now,
            health=desk.health,
        )

    @router.get("/alerts/count")
    def count(visitor: Annotated[Visitor, Depends(onlooker)]) -> Response:
        with desk.database.reading() as connection:
            rooms = _rooms(connection, visitor.school_id)
        with desk.measurements.reading() as connection:
            found = alert_deeds.count_lasting(connection, rooms)
        return JSONResponse({"lasting": found.lasting, "waiting": found.waiting, "at": desk.clock.now().isoformat()})

    @router.post("/alerts/taken")
    def take(taken: Taken, visitor: Annotated[Visitor, Depends(asker)]) -> Response:
        if bool(taken.alert_id) is bool(taken.room_id):
            raise Refusal(422, "BAD_INPUT", "Name one alert or one room.")
        now, who = desk.clock.now(), visitor.account.login
        with desk.measurements.reading() as connection:
            room_id = taken.room_id or alert_deeds.room_of(connection, taken.alert_id)
        with desk.database.reading() as connection:
            if room_id is None or not _may_see(connection, room_id, visitor.school_id):
                raise Refusal(404, "NOT_HERE", "There is no such alert.")
        with desk.measurements.writing() as connection:
            which: list[str] | str = [taken.alert_id] if taken.alert_id else room_id
            done = alert_deeds.acknowledge(connection, which, who, taken.note.strip(), now)
        with desk.database.writing() as connection:
            audit_log.write(
                connection,
                at=now,
                actor=who,
                action="alerts taken on",
                subject=room_id,
                count=done,
                alert=taken.alert_id,
                note=taken.note.strip(),
            )
        return JSONResponse({"taken": done})

    @router.post("/places/{school_id}/alert-recipients")
    def tell(school_id: str, new: NewRecipients, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        deed, scope = deed_of(desk, visitor, new.reason), visitor.school_id
        with answered(), desk.database.writing() as connection:
            if place_register.find_school(connection, school_id, scope) is None:
                raise Refusal(404, "NOT_HERE", "There is no such school.")
            alert_recipients.set_recipients(connection, school_id, new.emails.splitlines(), scope=scope, deed=deed)
        return JSONResponse({"next": f"/alerts?school={school_id}"})

    return router


def _rooms(connection: Connection, school_id: str | None) -> Rooms:
    return None if school_id is None else list(place_register.school_of_rooms(connection, school_id))


def _may_see(connection: Connection, room_id: str, scope: Scope) -> bool:
    return scope is None or place_register.find_room(connection, room_id, scope) is not None


def _named(
    connection: Connection, lasting: Iterable[StoredAlert], over: Iterable[StoredAlert], scope: Scope
) -> tuple[list[RoomAlerts], dict[RoomId, Room], dict[str, BriefDevice]]:
    """What lasts by room, in the order of each room's worst; the rooms by code, and the devices by number."""
    order = dict.fromkeys(one.room_id for one in lasting)
    wanted = list(order | {one.room_id: None for one in over})
    rooms = {room.room_id: room for room in place_register.list_rooms(connection, scope, wanted)}
    devices = {one.device_id: one for one in brief_devices.devices_in(connection, wanted)}
    rank = {room_id: number for number, room_id in enumerate(order)}
    by_room = groupby(sorted(lasting, key=lambda one: rank[one.room_id]), key=lambda one: one.room_id)
    groups = [RoomAlerts(room_id=name, room=rooms.get(name), alerts=list(found)) for name, found in by_room]
    return groups, rooms, devices
