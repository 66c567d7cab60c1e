"""The fleet's checks on one page: what is wrong with which boxes, how grave, and what to do.

Not here: the judging (`fleet_checks`).
"""

from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from central.authority_post import exam_windows
from central.exam_day import BoxState, box_word
from central.fleet_checks import Fleet, FleetBox, Said, Severity, check_fleet
from central.http.front_desk import FrontDesk
from central.http.visitors import Visitor
from central.registers import box_records, box_register, clone_signs, quarantine
from central.registers.box_register import Voice
from central.registers.quarantine import QuarantineReason
from models.enrollment import ExamWindow
from models.identifiers import RoomId
from models.staff import Permission

LOOK_BACK: Final = timedelta(days=1)
MOST_NAMED: Final = 60
"""So many boxes of one finding are named on the page; the others are counted."""

_SAID: Final = msgspec.json.Decoder(Said)


def routes(desk: FrontDesk) -> APIRouter:
    """One page for whoever sees boxes, each the own school's."""
    router = APIRouter()
    looker = desk.visitors.with_permission(Permission.SEE_BOXES)

    @router.get("/fleet-checks")
    def fleet_checks(request: Request, visitor: Annotated[Visitor, Depends(looker)]) -> Response:
        now = desk.clock.now()
        with desk.database.reading() as connection:
            fleet = _fleet(desk, connection, visitor.account.school_id, now)
        found = check_fleet(fleet)
        return desk.pages.answer(
            request,
            "fleet_checks.html",
            visitor=visitor,
            findings=found,
            counts={one: sum(finding.severity is one for finding in found) for one in Severity},
            rooms={box.record.box_id: box.record for box in fleet.boxes},
            boxes=len(fleet.boxes),
            most=MOST_NAMED,
            now=now,
            health=desk.health,
            authority=desk.authority_health,
        )

    return router


def _fleet(desk: FrontDesk, connection: Connection, scope: str | None, now: datetime) -> Fleet:
    heard = box_register.voices(connection, scope)
    other_boards = clone_signs.seen(connection)
    boxes = []
    for record in box_records.list_all(connection, scope):
        row = heard.get(record.box_id)
        boxes.append(
            FleetBox(
                record=record,
                hello=_said(row.hello) if row and row.hello else None,
                last_word_at=row.last_word_at if row else None,
                silent=row is not None and box_word([row], now).state is BoxState.SILENT,
                sessions_counted=_sessions(row, now) if row else 0,
                other_boards=other_boards.get(record.box_id, ()),
            )
        )
    since = now - LOOK_BACK
    return Fleet(
        now=now,
        boxes=tuple(boxes),
        is_whole=scope is None,
        status=desk.authority_health.status,
        authority_silent_since=desk.authority_health.silent_since,
        forked=frozenset(quarantine.boxes_lately(connection, QuarantineReason.FORK, since)),
        spoke_revoked=quarantine.boxes_lately(connection, QuarantineReason.BOX_REVOKED, since),
        exams=_exams(connection, now),
    )


def _said(hello: str) -> Said | None:
    try:
        return _SAID.decode(hello)
    except msgspec.DecodeError:
        return None


def _sessions(row: Voice, now: datetime) -> int:
    """How often the box came in anew, while that is recent."""
    recent = row.counted_from is not None and now - row.counted_from < 2 * box_register.COUNT_SESSIONS_FOR
    return row.sessions_counted if recent else 0


def _exams(connection: Connection, now: datetime) -> dict[RoomId, tuple[ExamWindow, ...]]:
    wanted = exam_windows(connection, now)
    by_exam = {window.exam_id: window for window in wanted.windows}
    rooms: dict[RoomId, tuple[ExamWindow, ...]] = {}
    for exam_id, room_ids in wanted.rooms.items():
        for room_id in room_ids:
            rooms[room_id] = (*rooms.get(room_id, ()), by_exam[exam_id])
    return rooms
