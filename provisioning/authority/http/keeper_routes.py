"""What the keeper beside a broker asks. Not here: the judgement (`provisioning.authority.authority`)."""

from fastapi import APIRouter
from starlette.responses import Response

from models.fleet import InstalledReport, KickRequest
from provisioning.authority.authority import Authority
from provisioning.authority.http.answers import answer
from provisioning.authority.http.visitors import Body, Known, read


def routes(authority: Authority) -> APIRouter:
    """The routes of broker keepers."""
    router = APIRouter(prefix="/v1")

    @router.get("/revocations")
    def revocations(caller: Known) -> Response:
        return answer(authority.revocations(caller))

    @router.post("/kicks")
    def kick(caller: Known, body: Body) -> Response:
        return answer(authority.kick(caller, read(body, KickRequest)))

    @router.post("/brokers/installed")
    def note_installed(caller: Known, body: Body) -> Response:
        return answer(authority.note_installed(caller, read(body, InstalledReport)))

    return router
