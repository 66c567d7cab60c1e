"""What every request must pass before any page sees it, and the headers that every answer carries.

Deny by default: without a session only the sign-in page, its words, its files, whether the centre looks for this box,
and the session itself can be reached.
Not here: what a page does.
"""

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "__Host-sid"
SIGN_IN = "/sign-in"
_WITHOUT_SESSION = frozenset({("GET", SIGN_IN), ("GET", "/words"), ("GET", "/identify"), ("POST", "/session")})
_STATIC = "/static/"
LARGEST_BODY = 2048
_SAFE = frozenset({"GET", "HEAD"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
HSTS = "max-age=31536000"


class Gatekeeper:
    """An ASGI layer around the application.

    `lives` says whether a cookie's value is a session now, `use` also begins its half hour anew. Only what a person
    does is use; an open page asks for screens and pictures for as long as it lies there.
    """

    def __init__(
        self, application: ASGIApp, *, lives: Callable[[str | None], bool], use: Callable[[str | None], bool]
    ) -> None:
        self._application = application
        self._lives = lives
        self._use = use

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on to the application; either way the answer carries `HEADERS`."""
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

        answer = self._refuse(scope) or self._application
        await answer(scope, receive, send_with_headers)

    def _refuse(self, scope: Scope) -> Response | None:
        method, path, headers = scope["method"], scope["path"], Headers(scope=scope)
        if method not in _SAFE and (refusal := _refuse_unsafe(scope["scheme"], headers)):
            return refusal
        if (method, path) in _WITHOUT_SESSION or (method in _SAFE and path.startswith(_STATIC)):
            return None
        admits = self._lives if method in _SAFE else self._use
        if admits(token_of(headers)):
            return None
        if (method, path) == ("GET", "/"):
            return RedirectResponse(SIGN_IN, status_code=303)
        return refusal_response(401, "SIGN_IN_FIRST")


def _refuse_unsafe(scheme: str, headers: Headers) -> Response | None:
    if not _comes_from_our_page(scheme, headers):
        return refusal_response(403, "CROSS_SITE")
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return refusal_response(415, "JSON_ONLY")
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        return refusal_response(411, "LENGTH_NEEDED")
    if len(length) > 9 or int(length) > LARGEST_BODY:
        return refusal_response(413, "TOO_LARGE")
    return None


def _comes_from_our_page(scheme: str, headers: Headers) -> bool:
    """Browsers say where a request comes from; one that says neither is refused."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is None:
        return False
    if site is not None and site != "same-origin":
        return False
    return origin is None or origin == f"{scheme}://{headers.get('host', '')}"


def token_of(headers: Headers) -> str | None:
    """The session cookie's value; None when there is none or the cookies cannot be read."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def refusal_response(status: int, reason: str, **more: int) -> Response:
    """A refusal as JSON: a reason code and numbers, never what was sent."""
    return JSONResponse({"reason": reason, **more}, status_code=status)
