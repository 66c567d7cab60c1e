"""The authority's web application: routes by who asks, refusals, all behind the gatekeeper.

Plain routes run in threads. No pages, no documents, no cookies. Not here: the server (`server`).
"""

import logging
from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from models.enrollment import AuthorityRefusal, RefusalCode
from models.errors import ClassroomError
from provisioning.authority.authority import Authority
from provisioning.authority.caller import CallerError
from provisioning.authority.http import box_routes, central_routes, keeper_routes, update_routes
from provisioning.authority.http.answers import answer, answer_broken, answer_failed
from provisioning.authority.http.gatekeeper import Gatekeeper
from provisioning.authority.http.visitors import BrokenBodyError, UnknownVisitorError

_log = logging.getLogger(__name__)


def routers(authority: Authority) -> tuple[APIRouter, ...]:
    """Every route that there is."""
    return tuple(askers.routes(authority) for askers in (box_routes, central_routes, keeper_routes, update_routes))


def build_application(routers: Sequence[APIRouter]) -> ASGIApp:
    """The whole application behind its gatekeeper."""
    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    for router in routers:
        application.include_router(router)
    application.add_exception_handler(HTTPException, _no_such_thing)
    application.add_exception_handler(RequestValidationError, _bad_question)
    application.add_exception_handler(BrokenBodyError, _bad_body)
    application.add_exception_handler(UnknownVisitorError, _unknown)
    application.add_exception_handler(CallerError, _unknown)
    application.add_exception_handler(ClassroomError, _failed)
    application.add_exception_handler(Exception, _broke)
    return Gatekeeper(application)


def _no_such_thing(_request: Request, error: Exception) -> Response:
    return answer_broken(error.status_code if isinstance(error, HTTPException) else 404, "There is no such question.")


def _bad_question(_request: Request, _error: Exception) -> Response:
    return answer_broken(422, "The question does not have the expected shape.")


def _bad_body(_request: Request, error: Exception) -> Response:
    return answer_broken(422, str(error))


def _unknown(_request: Request, _error: Exception) -> Response:
    sentence = "Show a certificate of this authority. A box gets one by enrolling."
    return answer(AuthorityRefusal(code=RefusalCode.NOT_ALLOWED, sentence=sentence))


def _failed(request: Request, error: Exception) -> Response:
    """The trace holds no field of the request: those are no part of any of our sentences."""
    _log.error("%s %s could not be done.", request.method, request.url.path, exc_info=error)
    return answer_failed()


def _broke(_request: Request, _error: Exception) -> Response:
    """The server logs the trace by itself."""
    return answer_failed()
