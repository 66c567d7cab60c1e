"""Central's web application: routes by errand, refusals, static files, all behind the gatekeeper.

Plain routes run in threads; only the live feed is asynchronous. Not here: the server (`server`).
"""

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from central.database import UnstorableValueError
from central.http import (
    account_pages,
    alert_pages,
    box_order_pages,
    box_pages,
    delivery_pages,
    device_change_pages,
    device_entry_pages,
    device_label_pages,
    device_life_pages,
    device_link_pages,
    device_order_pages,
    device_pages,
    device_reading_pages,
    enroll_pages,
    exam_day_pages,
    firmware_pages,
    fleet_pages,
    found_device_pages,
    heat_map_pages,
    import_pages,
    inventory_pages,
    loan_pages,
    machine_pages,
    metrics_pages,
    morning_pages,
    place_deed_pages,
    place_pages,
    report_pages,
    revocation_pages,
    room_sheet_pages,
    school_hours_pages,
    sign_in,
    update_pages,
    utilisation_pages,
)
from central.http.front_desk import FrontDesk
from central.http.gatekeeper import Gatekeeper
from central.http.problem_responses import Refusal, answer_refusal
from models.errors import StorageError

_STATIC = Path(__file__).parent.parent / "pages" / "static"


_ERRANDS = (
    sign_in,
    exam_day_pages,
    machine_pages,
    account_pages,
    alert_pages,
    place_pages,
    school_hours_pages,
    place_deed_pages,
    device_pages,
    device_change_pages,
    device_entry_pages,
    device_label_pages,
    device_link_pages,
    device_order_pages,
    device_reading_pages,
    found_device_pages,
    loan_pages,
    inventory_pages,
    firmware_pages,
    import_pages,
    enroll_pages,
    delivery_pages,
    revocation_pages,
    fleet_pages,
    box_pages,
    box_order_pages,
    metrics_pages,
    update_pages,
    morning_pages,
    room_sheet_pages,
    heat_map_pages,
    device_life_pages,
    utilisation_pages,
    report_pages,
)


def routers(desk: FrontDesk) -> tuple[APIRouter, ...]:
    """Every route that there is, besides the static files."""
    return tuple(errand.routes(desk) for errand in _ERRANDS)


def build_application(desk: FrontDesk) -> ASGIApp:
    """The whole application behind its gatekeeper."""
    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for router in routers(desk):
        application.include_router(router)
    application.mount("/static", StaticFiles(directory=_STATIC))

    def refused(request: Request, error: Exception) -> Response:
        return answer_refusal(request, error, desk.pages)

    def bad_shape(request: Request, _error: Exception) -> Response:
        """What was sent is not repeated: it may be a password."""
        sentence = "The request does not have the expected shape."
        return answer_refusal(request, Refusal(422, "BAD_INPUT", sentence), desk.pages)

    def store_failed(request: Request, _error: Exception) -> Response:
        return answer_refusal(request, Refusal(503, "STORE_FAILED", "The database does not answer."), desk.pages)

    application.add_exception_handler(HTTPException, refused)
    application.add_exception_handler(RequestValidationError, bad_shape)
    application.add_exception_handler(UnstorableValueError, bad_shape)
    application.add_exception_handler(StorageError, store_failed)
    return Gatekeeper(application)
