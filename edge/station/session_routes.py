"""Signing in with the room's door code and out again."""

from typing import assert_never

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from edge.station.gatekeeper import COOKIE, refusal_response, token_of
from edge.station.room import Room
from edge.station.sessions import Sessions
from edge.station.sign_in import LONGEST_CODE, DoorCodeHashError, NotSignedIn, Refusal, SignedIn, SignIn

_STATUS = {Refusal.NO_ROSTER: 409, Refusal.WRONG_CODE: 401, Refusal.TOO_MANY: 429}


class DoorCode(BaseModel):
    """What the sign-in page sends."""

    model_config = ConfigDict(extra="forbid", strict=True)
    code: str = Field(min_length=1, max_length=LONGEST_CODE)


def routes(room: Room, sessions: Sessions, sign_in: SignIn) -> APIRouter:
    """`POST /session` opens, `GET` says whether it is open (401 if not), `DELETE` ends it."""
    router = APIRouter()

    @router.post("/session")
    def open_session(door_code: DoorCode, request: Request) -> Response:
        address = request.client.host if request.client else ""
        try:
            outcome = sign_in.try_code(door_code.code, room.door_code_hash(), address)
        except DoorCodeHashError:
            return refusal_response(409, Refusal.NO_ROSTER)
        match outcome:
            case SignedIn(token=token):
                response = Response(status_code=204)
                response.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="strict")
                return response
            case NotSignedIn(refusal=refusal, wait_seconds=wait):
                response = refusal_response(_STATUS[refusal], refusal, wait_seconds=wait)
                if wait:
                    response.headers["Retry-After"] = str(wait)
                return response
            case _:
                assert_never(outcome)

    @router.get("/session")
    def is_open() -> Response:
        return Response(status_code=204)

    @router.delete("/session")
    def end_session(request: Request) -> Response:
        sessions.end(token_of(request.headers))
        response = Response(status_code=204)
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
        return response

    return router
