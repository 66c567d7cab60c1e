"""Taking a box out for good: why, its name typed again, the own password; then how long until the broker cut it off.

Not here: putting another box in its place (`enroll_pages`).
"""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from central.box_removal import removal_of
from central.http.asking_authority import asking_authority
from central.http.front_desk import FrontDesk
from central.http.own_password import prove_again
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.registers import audit_log, box_records, box_register, place_register
from models.enrollment import BoxState
from models.errors import ClassroomError
from models.fleet import AuthorityStatus, BoxRecord, Errand
from models.staff import Permission


class Revocation(BaseModel):
    """Why, the box's name as the person typed it, and the person's own password."""

    reason: str = Field(min_length=3, max_length=300)
    typed_name: str = Field(max_length=63)
    password: str = Field(max_length=256)


class CutOff(msgspec.Struct, frozen=True, kw_only=True):
    """How far a revocation has come. `broker_seconds` counts from the deed to the broker's new list, None until then.

    `waiting_seconds` counts from the deed to now.
    """

    broker_seconds: float | None
    waiting_seconds: float


def cut_off(record: BoxRecord, status: AuthorityStatus) -> CutOff | None:
    """What the authority's status says of this box; None while the box is not revoked. All instants are its clock's."""
    if record.revoked_at is None:
        return None
    installed_at = status.broker_crl_installed_at
    through = installed_at is not None and installed_at >= record.revoked_at
    current = status.broker_crl_number is not None and status.broker_crl_number >= status.crl_number
    seconds = (installed_at - record.revoked_at).total_seconds() if installed_at and through and current else None
    return CutOff(broker_seconds=seconds, waiting_seconds=(status.now - record.revoked_at).total_seconds())


def routes(desk: FrontDesk) -> APIRouter:
    """Routes for whoever may take boxes out, each within the own school."""
    router = APIRouter()
    remover = desk.visitors.with_permission(Permission.TAKE_BOXES_OUT)

    @router.get("/boxes/{box_id}/revocation")
    def revocation(request: Request, box_id: str, visitor: Annotated[Visitor, Depends(remover)]) -> Response:
        return _page(desk, request, box_id, visitor, "revocation.html")

    @router.get("/boxes/{box_id}/revocation/progress")
    def progress(request: Request, box_id: str, visitor: Annotated[Visitor, Depends(remover)]) -> Response:
        return _page(desk, request, box_id, visitor, "revocation_progress.html")

    @router.post("/boxes/{box_id}/revocation")
    def revoke(
        request: Request, box_id: str, wanted: Revocation, visitor: Annotated[Visitor, Depends(remover)]
    ) -> Response:
        with desk.database.reading() as connection:
            record = _record(connection, box_id, visitor)
            errand = Errand(actor=visitor.account.login, reason=wanted.reason)
            removal = removal_of(connection, record, errand)
        if wanted.typed_name.strip() != record.box_id:
            raise Refusal(422, "NAME_DIFFERS", "The typed name is not this box's. Nothing was done.")
        prove_again(desk, request, visitor, wanted.password)
        with asking_authority(desk) as office:
            revoked = office.revoke(removal)
        _enter(desk, visitor, revoked, wanted.reason)
        return JSONResponse({"next": f"/boxes/{record.box_id}/revocation"})

    return router


def _page(desk: FrontDesk, request: Request, box_id: str, visitor: Visitor, template: str) -> Response:
    with desk.database.reading() as connection:
        record = _record(connection, box_id, visitor)
        room = place_register.find_room(connection, record.room_id, visitor.account.school_id)
    status = _status(desk) if record.state is BoxState.REVOKED else None
    return desk.pages.answer(
        request,
        template,
        visitor=visitor,
        record=record,
        room=room,
        cut=cut_off(record, status) if status else None,
        now=desk.clock.now(),
        health=desk.health,
        authority=desk.authority_health,
    )


def _status(desk: FrontDesk) -> AuthorityStatus | None:
    """The authority's state of this second, else what was heard last."""
    try:
        return desk.authority.status() if desk.authority is not None else None
    except ClassroomError:
        return desk.authority_health.status


def _record(connection: Connection, box_id: str, visitor: Visitor) -> BoxRecord:
    record = box_records.find(connection, box_id)
    scope = visitor.account.school_id
    if record is None or (scope and place_register.find_room(connection, record.room_id, scope) is None):
        raise Refusal(404, "NOT_HERE", "There is no such page.")
    return record


def _enter(desk: FrontDesk, visitor: Visitor, record: BoxRecord, reason: str) -> None:
    """From now on central believes nothing of the box, also if its link lives a little longer."""
    now = desk.clock.now()
    with desk.database.writing() as connection:
        box_records.put(connection, record)
        box_register.note_revoked(connection, record.box_id, record.revoked_at or now)
        audit_log.write(
            connection,
            at=now,
            actor=visitor.account.login,
            action="box taken out",
            subject=record.box_id,
            reason=reason,
            room=record.room_id,
        )
        neighbours = box_records.live_in_school(connection, record.school_id)
    desk.news.tell(neighbours, "revocation")
    desk.live_feed.room_changed(None, record.room_id)
