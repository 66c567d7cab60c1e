"""What central asks for a person. Not here: the judgement (`provisioning.authority.authority`)."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from models.fleet import (
    CodesRequest,
    ExamWindowsRequest,
    RetireRoomDevicesRequest,
    RevocationRequest,
    RoomDevicesRequest,
)
from provisioning.authority.authority import Authority
from provisioning.authority.http.answers import answer
from provisioning.authority.http.visitors import Body, Known, read

After = Annotated[int, Query(ge=0, lt=2**63)]


def routes(authority: Authority) -> APIRouter:
    """The routes of central."""
    router = APIRouter(prefix="/v1")

    @router.post("/codes")
    def make_codes(caller: Known, body: Body) -> Response:
        return answer(authority.make_codes(caller, read(body, CodesRequest)))

    @router.post("/revocations")
    def revoke(caller: Known, body: Body) -> Response:
        return answer(authority.revoke(caller, read(body, RevocationRequest)))

    @router.put("/exam-windows")
    def set_exam_windows(caller: Known, body: Body) -> Response:
        return answer(authority.set_exam_windows(caller, read(body, ExamWindowsRequest)))

    @router.post("/room-devices")
    def make_device_credentials(caller: Known, body: Body) -> Response:
        return answer(authority.make_device_credentials(caller, read(body, RoomDevicesRequest)))

    @router.post("/room-devices/retire")
    def retire_devices(caller: Known, body: Body) -> Response:
        return answer(authority.retire_devices(caller, read(body, RetireRoomDevicesRequest)))

    @router.get("/boxes")
    def boxes_after(caller: Known, after: After = 0) -> Response:
        return answer(authority.boxes_after(caller, after))

    @router.get("/audit")
    def audit_after(caller: Known, after: After = 0) -> Response:
        return answer(authority.audit_after(caller, after))

    @router.get("/status")
    def status(caller: Known) -> Response:
        return answer(authority.status(caller))

    return router
