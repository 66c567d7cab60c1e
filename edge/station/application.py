"""The box's web application: pages, pictures, the live feed and what a proctor can press.

Plain routes run in threads, only the feed is asynchronous. Not here: the server (`server`), what a request must pass
first (`gatekeeper`).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from edge.station import pages, presses, session_routes
from edge.station.attempts import Attempts
from edge.station.gatekeeper import Gatekeeper, refusal_response
from edge.station.live_feed import LiveFeed, PictureKeys
from edge.station.room import Room
from edge.station.sessions import Sessions
from edge.station.sign_in import SignIn
from models.clock import Clock


def build_application(room: Room, clock: Clock, keys: PictureKeys, feed: LiveFeed) -> ASGIApp:
    """The whole application behind its gatekeeper."""
    sessions = Sessions(clock)

    @asynccontextmanager
    async def lifespan(_application: FastAPI) -> AsyncIterator[None]:
        feed.start(asyncio.get_running_loop())
        yield

    def lives(token: str | None) -> bool:
        return sessions.lives(token, room.door_code_hash())

    def use(token: str | None) -> bool:
        return sessions.use(token, room.door_code_hash())

    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    application.include_router(session_routes.routes(room, sessions, SignIn(sessions, Attempts(clock))))
    application.include_router(pages.routes(room, keys, feed, lives, use))
    application.include_router(presses.routes(room))
    application.mount("/static", StaticFiles(directory=pages.STATIC))
    application.add_exception_handler(RequestValidationError, _bad_input)
    application.add_exception_handler(HTTPException, _refused)
    return Gatekeeper(application, lives=lives, use=use)


def _bad_input(_request: Request, _error: Exception) -> Response:
    """What was sent is not repeated: it may be a code."""
    return refusal_response(422, "BAD_INPUT")


def _refused(_request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: no such page, or JSON that it cannot take apart."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return refusal_response(status, "BAD_INPUT" if status == 400 else "NOT_HERE")
