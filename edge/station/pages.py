"""What a proctor looks at: the sign-in page, the desk, its pictures and its feed."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape

from edge.exam_desk.steps import Step
from edge.station.gatekeeper import refusal_response, token_of
from edge.station.live_feed import LiveFeed, PictureKeys
from edge.station.room import Room
from edge.station.words import PAGE_WORDS

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"

Admits = Callable[[str | None], bool]
"""Whether a cookie's value is a session."""


def routes(room: Room, keys: PictureKeys, feed: LiveFeed, lives: Admits, use: Admits) -> APIRouter:
    """All that is read; nothing here changes anything."""
    router = APIRouter()
    templates = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape())
    templates.globals["words"] = PAGE_WORDS
    words = msgspec.json.encode(PAGE_WORDS)
    modules = sorted(path.name for path in STATIC.glob("*.js") if path.name != "sign_in.js")

    @router.get("/sign-in")
    def sign_in_page() -> Response:
        view = room.view()
        has_roster = room.door_code_hash() is not None
        page = templates.get_template("sign_in.html").render(
            has_roster=has_roster,
            room_name=view.room_name,
            sitting=" · ".join(name for name in (view.exam_name, view.session_name) if name),
        )
        return HTMLResponse(page)

    @router.get("/words")
    def page_words() -> Response:
        return Response(words, media_type="application/json")

    @router.get("/identify")
    def identify() -> Response:
        """The box's name while the centre looks for it, else null."""
        return Response(msgspec.json.encode({"identifying": room.banners().identifying}), media_type="application/json")

    @router.get("/")
    def desk_page() -> Response:
        return HTMLResponse(templates.get_template("desk.html").render(modules=modules))

    @router.get("/feed")
    async def live_feed(request: Request) -> Response:
        token = token_of(request.headers)
        return StreamingResponse(feed.stream(lambda: lives(token), lambda: use(token)), media_type="text/event-stream")

    @router.get("/pictures/{name}/{key}")
    def picture(name: str, key: str) -> Response:
        jpeg = room.picture(name)
        if jpeg is None or keys.key_of(jpeg) != key:
            return refusal_response(404, "NOT_HERE")
        return Response(jpeg, media_type="image/jpeg")

    @router.get("/preview")
    def preview() -> Response:
        """The camera's picture, only while a person is being compared."""
        jpeg = room.preview() if room.view().step is Step.COMPARING else None
        if jpeg is None:
            return refusal_response(404, "NOT_HERE")
        return Response(jpeg, media_type="image/jpeg")

    return router
