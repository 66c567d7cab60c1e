"""What runs where, and roll-outs: started, widened and stopped by IT staff of the whole province.

The authority is asked while the page is made; when it is silent the page says so and shows what is known. Not here: the
rules of a roll-out (`provisioning`), the table's figures (`it_office.what_runs`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from central.http.asking_authority import asking_authority
from central.http.front_desk import FrontDesk
from central.http.own_password import prove_again
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.it_office.what_runs import RunningBox, what_runs
from central.registers import audit_log, box_records, box_register, place_register
from central.roster_post import greeting_in
from models.errors import ClassroomError
from models.fleet import Errand
from models.roll_outs import Pace, RollOut, RollOutGroup, RollOutRequest, RollOuts, RollOutStep
from models.staff import Permission

MOST_NAMED = 60
"""So many boxes of one version are named; the others are counted."""

Reason = Annotated[str, Field(min_length=3, max_length=300)]


class NewRollOut(BaseModel):
    """First the `schools` (codes with commas), then `percent` of all boxes, then everybody; an empty one falls away."""

    target: str = Field(max_length=200)
    schools: str = Field(default="", max_length=4000)
    percent: int = Field(default=0, ge=0, le=99)
    pace: Pace = Pace.STEP_BY_STEP
    reason: Reason
    password: str = Field(max_length=256)


class Widening(BaseModel):
    """Why the next group may begin."""

    reason: Reason
    password: str = Field(max_length=256)


class Stop(BaseModel):
    """Why nobody else gets the release. Asks for no password: it may be urgent."""

    reason: Reason


def routes(desk: FrontDesk) -> APIRouter:
    """The page for whoever sees boxes, the deeds for who may release and belongs to no single school."""
    router = APIRouter()
    looker = desk.visitors.with_permission(Permission.SEE_BOXES)
    releaser = desk.visitors.with_permission(Permission.RELEASE_UPDATES)

    @router.get("/updates")
    def updates(request: Request, visitor: Annotated[Visitor, Depends(looker)]) -> Response:
        school = visitor.account.school_id
        with desk.database.reading() as connection:
            heard = {box.box_id: greeting_in(box.hello) for box in box_register.list_boxes(connection)}
            live = [one for one in box_records.list_all(connection, school) if box_records.is_live(one)]
        return desk.pages.answer(
            request,
            "updates.html",
            visitor=visitor,
            may_release=visitor.may(Permission.RELEASE_UPDATES) and school is None,
            spreads=what_runs([RunningBox(record=one, hello=heard.get(one.box_id)) for one in live]),
            boxes=len(live),
            told=_told(desk),
            most=MOST_NAMED,
            now=desk.clock.now(),
            health=desk.health,
            authority=desk.authority_health,
        )

    @router.post("/updates/roll-outs", status_code=201)
    def start(request: Request, wanted: NewRollOut, visitor: Annotated[Visitor, Depends(releaser)]) -> Response:
        _refuse_one_school(desk, request, visitor)
        groups = (*_schools(desk, wanted.schools), *_share(wanted.percent), RollOutGroup(percent=100))
        prove_again(desk, request, visitor, wanted.password)
        errand = Errand(actor=visitor.account.login, reason=wanted.reason)
        order = RollOutRequest(errand=errand, target=wanted.target, groups=groups, pace=wanted.pace)
        with asking_authority(desk) as office:
            done = office.ask("/v1/roll-outs", order, RollOut)
        _write(desk, visitor, "roll-out started", done, wanted.reason)
        return JSONResponse({"number": done.number}, 201)

    @router.post("/updates/roll-outs/{number}/widen")
    def widen(
        request: Request, number: int, wanted: Widening, visitor: Annotated[Visitor, Depends(releaser)]
    ) -> Response:
        _refuse_one_school(desk, request, visitor)
        prove_again(desk, request, visitor, wanted.password)
        return _step(desk, visitor, number, "widen", wanted.reason)

    @router.post("/updates/roll-outs/{number}/stop")
    def stop(request: Request, number: int, wanted: Stop, visitor: Annotated[Visitor, Depends(releaser)]) -> Response:
        _refuse_one_school(desk, request, visitor)
        return _step(desk, visitor, number, "stop", wanted.reason)

    return router


def _told(desk: FrontDesk) -> RollOuts | None:
    """What the authority says now; None while it says nothing."""
    if desk.authority is None or desk.authority_health.silent_since is not None:
        return None
    try:
        return desk.authority.ask("/v1/roll-outs", None, RollOuts)
    except ClassroomError:
        return None


def _step(desk: FrontDesk, visitor: Visitor, number: int, deed: str, reason: str) -> Response:
    order = RollOutStep(errand=Errand(actor=visitor.account.login, reason=reason), number=number)
    with asking_authority(desk) as office:
        done = office.ask(f"/v1/roll-outs/{deed}", order, RollOut)
    _write(desk, visitor, {"widen": "roll-out widened", "stop": "roll-out stopped"}[deed], done, reason)
    return JSONResponse({"number": done.number, "state": done.state.value})


def _refuse_one_school(desk: FrontDesk, request: Request, visitor: Visitor) -> None:
    if visitor.account.school_id is not None:
        desk.visitors.refuse(request, visitor)


def _schools(desk: FrontDesk, text: str) -> tuple[RollOutGroup, ...]:
    codes = tuple(dict.fromkeys(code for code in text.replace(",", " ").split() if code))
    with desk.database.reading() as connection:
        if any(place_register.find_school(connection, code, None) is None for code in codes):
            raise Refusal(422, "NO_SUCH_SCHOOL", "One of these schools is not known. Nothing was started.")
    return (RollOutGroup(schools=codes),) if codes else ()


def _share(percent: int) -> tuple[RollOutGroup, ...]:
    return (RollOutGroup(percent=percent),) if percent else ()


def _write(desk: FrontDesk, visitor: Visitor, action: str, done: RollOut, reason: str) -> None:
    with desk.database.writing() as connection:
        audit_log.write(
            connection,
            at=desk.clock.now(),
            actor=visitor.account.login,
            action=action,
            subject=f"roll-out {done.number}",
            reason=reason,
            target=done.target,
        )
