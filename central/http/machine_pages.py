"""Pages for who keeps the machines and who looks after the keepers: boxes, quarantine, audit log."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.registers import audit_log, quarantine
from models.staff import Permission, Role

_HOMES = (
    (Permission.SEE_EXAM_DAY, "/exam-days"),
    (Permission.SEE_OWN_ROOM, "/exam-days"),
    (Permission.SEE_BOXES, "/places"),
    (Permission.KEEP_ACCOUNTS, "/accounts"),
)
"""Where each person's work begins: the first that the role holds; a principal's begins with the morning."""


def routes(desk: FrontDesk) -> APIRouter:
    """Routes by permission."""
    router = APIRouter()
    anybody = desk.visitors.with_permission(*Permission)
    quarantine_reader = desk.visitors.with_permission(Permission.SEE_QUARANTINE)
    log_reader = desk.visitors.with_permission(Permission.SEE_AUDIT_LOG)

    @router.get("/")
    def home(visitor: Annotated[Visitor, Depends(anybody)]) -> Response:
        if visitor.account.role is Role.PRINCIPAL:
            return RedirectResponse("/morning", 303)
        for permission, path in _HOMES:
            if visitor.may(permission):
                return RedirectResponse(path, 303)
        raise Refusal(403, "NOT_ALLOWED", "Your role has no page yet.")

    @router.get("/quarantine")
    def suspects(request: Request, visitor: Annotated[Visitor, Depends(quarantine_reader)]) -> Response:
        scope = visitor.school_id
        with desk.database.reading() as connection:
            rows, total = quarantine.newest(connection, scope), quarantine.count(connection, scope)
        return desk.pages.answer(
            request,
            "quarantine.html",
            visitor=visitor,
            rows=rows,
            total=total,
            now=desk.clock.now(),
            health=desk.health,
        )

    @router.get("/audit-log")
    def deeds(request: Request, visitor: Annotated[Visitor, Depends(log_reader)]) -> Response:
        with desk.database.reading() as connection:
            rows = audit_log.newest(connection)
        return desk.pages.answer(
            request, "audit_log.html", visitor=visitor, rows=rows, now=desk.clock.now(), health=desk.health
        )

    return router
