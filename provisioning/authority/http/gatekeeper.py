"""What every request must pass before any route sees it, and the headers that every answer carries.

Not here: who may ask what (the authority itself judges each request), and slow or too many connections (`connections`).
"""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.enrollment import CertificateRole
from provisioning.authority.http.answers import answer_broken
from provisioning.authority.http.connections import PEER
from provisioning.authority.http.visitors import role_shown

LARGEST_BODY: Final = 64 * 1024
LARGEST_BODY_OF_CENTRAL: Final = 4 * 1024 * 1024
"""A thousand rooms with their names, or the exam windows of a province."""

_WITH_BODY: Final = frozenset({"POST", "PUT"})
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Gatekeeper:
    """An ASGI layer around the application: JSON of a known and bounded length, or nothing at all."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on to the application."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refusal = _refusal(scope["method"], Headers(scope=scope), scope["state"].get(PEER))
        await (refusal or self._application)(scope, receive, send_with_headers)


def _refusal(method: str, headers: Headers, peer: bytes | None) -> Response | None:
    """Why a request is not heard, if so."""
    if "transfer-encoding" in headers:
        return answer_broken(411, "Say how long the body is (Content-Length).")
    length = headers.get("content-length", "" if method in _WITH_BODY else "0")
    if not (length.isascii() and length.isdigit()):
        return answer_broken(411, "Say how long the body is (Content-Length).")
    if method not in _WITH_BODY:
        return None if int(length) == 0 else answer_broken(400, "This question has no body.")
    most = LARGEST_BODY if int(length) <= LARGEST_BODY else _largest_body_of(peer)
    if int(length) > most:
        return answer_broken(413, f"A body has at most {most} bytes.")
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return answer_broken(415, "Send application/json.")
    return None


def _largest_body_of(peer: bytes | None) -> int:
    return LARGEST_BODY_OF_CENTRAL if role_shown(peer) is CertificateRole.CENTRAL else LARGEST_BODY
