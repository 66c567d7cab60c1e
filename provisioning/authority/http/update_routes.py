"""Releases for boxes, roll-outs for central. Not here: the judgement (`provisioning.authority.roll_outs`)."""

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from models.enrollment import AuthorityRefusal, RefusalCode
from models.roll_outs import RollOutRequest, RollOutStep
from provisioning.authority.authority import Authority
from provisioning.authority.http.answers import answer, answer_broken
from provisioning.authority.http.visitors import Body, Known, read


def routes(authority: Authority) -> APIRouter:
    """The routes of updates."""
    router = APIRouter(prefix="/v1")

    @router.get("/updates/{shelf}/{name}")
    def file(caller: Known, shelf: str, name: str) -> Response:
        found = authority.update_file(caller, shelf, name)
        if not isinstance(found, AuthorityRefusal):
            return FileResponse(found, media_type="application/octet-stream")
        missing = found.code is RefusalCode.REQUEST_BROKEN
        return answer_broken(404, found.sentence) if missing else answer(found)

    @router.get("/roll-outs")
    def roll_outs(caller: Known) -> Response:
        return answer(authority.roll_outs(caller))

    @router.post("/roll-outs")
    def start(caller: Known, body: Body) -> Response:
        return answer(authority.start_roll_out(caller, read(body, RollOutRequest)))

    @router.post("/roll-outs/widen")
    def widen(caller: Known, body: Body) -> Response:
        return answer(authority.widen_roll_out(caller, read(body, RollOutStep)))

    @router.post("/roll-outs/stop")
    def stop(caller: Known, body: Body) -> Response:
        return answer(authority.stop_roll_out(caller, read(body, RollOutStep)))

    return router
