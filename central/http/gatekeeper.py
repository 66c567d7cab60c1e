"""What every request must pass before any page sees it, and the headers that every answer carries.

Not here: who is asking (`visitors`) and what a page does.
"""

import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central.http.problem_responses import problem

LARGEST_BODY: Final = 4096
LARGER_BODIES: Final = (
    (re.compile(r"/deliveries(/preview)?"), 256 * 1024),  # a list of rooms
    (re.compile(r"/places/rooms/[^/]+/(devices|labels)"), 64 * 1024),  # a set of devices with their numbers
    (re.compile(r"/imports/(places|devices)"), 8 * 1024 * 1024),  # a spreadsheet as base64
)
"""Paths whose requests may be larger, and how large. Their bodies are read only after the visitor is known."""

_SAFE = frozenset({"GET", "HEAD"})

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
HSTS: Final = "max-age=31536000"


# The box's screen has a doorkeeper of the same form (`edge.station`): what both may import knows no starlette.
class Gatekeeper:
    """An ASGI layer around the application: unsafe methods only as JSON from our own pages, headers on everything."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on to the application."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = HSTS
            await send(message)

        refusal = (
            None
            if scope["method"] in _SAFE
            else refuse_unsafe(scope["scheme"], Headers(scope=scope), largest_body(scope["path"]))
        )
        await (refusal or self._application)(scope, receive, send_with_headers)


def largest_body(path: str) -> int:
    """How many bytes a request to this path may carry."""
    return next((most for pattern, most in LARGER_BODIES if pattern.fullmatch(path)), LARGEST_BODY)


def refuse_unsafe(scheme: str, headers: Headers, most_bytes: int = LARGEST_BODY) -> Response | None:
    """Why a request that may change something is not heard, if so."""
    if not _comes_from_our_page(scheme, headers):
        return problem(403, "CROSS_SITE", "The request does not come from a page of this service.")
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return problem(415, "JSON_ONLY", "Send application/json.")
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        return problem(411, "LENGTH_NEEDED", "Say how long the body is.")
    if len(length) > 9 or int(length) > most_bytes:
        return problem(413, "TOO_LARGE", f"A body has at most {most_bytes} bytes.")
    return None


def _comes_from_our_page(scheme: str, headers: Headers) -> bool:
    """Browsers say where a request comes from; one that says neither is refused."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is None:
        return False
    if site is not None and site != "same-origin":
        return False
    return origin is None or origin == f"{scheme}://{headers.get('host', '')}"
