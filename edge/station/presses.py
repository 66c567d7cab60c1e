"""What a proctor presses: a code, yes, no, a seat. Each becomes one word to the desk."""

from typing import Annotated, Literal, assert_never

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from edge.occurrences import CodeGiven, Confirmed, Declined
from edge.station.gatekeeper import refusal_response
from edge.station.room import Room
from models.identifiers import CandidateNumber


class _Exact(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class GiveCode(_Exact):
    """The last six digits of a citizen number."""

    press: Literal["code"]
    access_number: str = Field(pattern="^[0-9]{6}$")


class Answer(_Exact):
    """Yes or no to the question that the page showed; `ticket` says which one that was."""

    press: Literal["confirm", "decline"]
    ticket: int = Field(ge=0)


class Call(_Exact):
    """A row of the roster, by its candidate number."""

    candidate_number: str = Field(min_length=1, max_length=32)


def routes(room: Room) -> APIRouter:
    """`POST /press` and `POST /call`: 204 when handed to the desk, 409 when the screen has moved on."""
    router = APIRouter()

    @router.post("/press")
    def press(pressed: Annotated[GiveCode | Answer, Field(discriminator="press")]) -> Response:
        match pressed:
            case GiveCode(access_number=number):
                room.press(CodeGiven(access_number=number))
            case Answer(press=answer, ticket=ticket):
                view = room.view()
                if not view.can_confirm or view.ticket != ticket:
                    return refusal_response(409, "NOT_ASKED")
                # The desk may move on before it reads this: it looks at the number once more.
                room.press(Confirmed(question=ticket) if answer == "confirm" else Declined(question=ticket))
            case _:
                assert_never(pressed)
        return Response(status_code=204)

    @router.post("/call")
    def call(called: Call) -> Response:
        view = room.view()
        if view.can_confirm:
            return refusal_response(409, "ANSWER_FIRST")
        number = CandidateNumber(called.candidate_number)
        if all(seat.candidate_number != number for seat in view.seats):
            return refusal_response(404, "NOT_HERE")
        room.call_candidate(number)
        return Response(status_code=204)

    return router
