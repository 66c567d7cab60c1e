"""What a box asks, before it has a certificate and with it.

Not here: the judgement (`provisioning.authority.authority`).
"""

from fastapi import APIRouter
from starlette.responses import Response

from models.enrollment import (
    BoxReport,
    EnrollmentRequest,
    ExamCertificateRequest,
    Greeting,
    LateRenewalRequest,
    RenewalRequest,
    RoomCertificateRequest,
)
from provisioning.authority.authority import Authority
from provisioning.authority.http.answers import answer
from provisioning.authority.http.visitors import Body, Known, Origin, read


def routes(authority: Authority) -> APIRouter:
    """The routes of boxes."""
    router = APIRouter(prefix="/v1")

    @router.post("/greetings")
    def greet(body: Body, origin: Origin) -> Response:
        return answer(authority.greet(read(body, Greeting), origin))

    @router.post("/enrollments")
    def enroll(body: Body, origin: Origin) -> Response:
        return answer(authority.enroll(read(body, EnrollmentRequest), origin))

    @router.post("/late-renewals")
    def renew_late(body: Body, origin: Origin) -> Response:
        return answer(authority.renew_late(read(body, LateRenewalRequest), origin))

    @router.post("/renewals")
    def renew(caller: Known, body: Body) -> Response:
        return answer(authority.renew(caller, read(body, RenewalRequest)))

    @router.post("/exam-certificates")
    def issue_for_exam(caller: Known, body: Body) -> Response:
        return answer(authority.issue_for_exam(caller, read(body, ExamCertificateRequest)))

    @router.post("/room-certificates")
    def certify_room_broker(caller: Known, body: Body) -> Response:
        return answer(authority.certify_room_broker(caller, read(body, RoomCertificateRequest)))

    @router.post("/reports")
    def report(caller: Known, body: Body) -> Response:
        return answer(authority.report(caller, read(body, BoxReport)))

    @router.get("/orders")
    def orders(caller: Known) -> Response:
        return answer(authority.orders(caller))

    @router.get("/trust-list")
    def trust_list(caller: Known) -> Response:
        return answer(authority.trust_list(caller))

    return router
