"""Answers to requests that get none: RFC 9457 problem+json for programs, a plain page for people.

A problem never repeats what was sent and gives no hint whether a thing exists.
"""

from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from central.pages.rendering import Pages

_TITLES: Final = {
    400: "The request cannot be read",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not here",
    405: "Not possible",
    409: "Does not fit the present state",
    411: "Length needed",
    413: "Too large",
    415: "JSON only",
    422: "The request does not have the expected shape",
    429: "Too many tries",
    500: "We failed",
    503: "Busy",
}


class Refusal(HTTPException):
    """A request that is not granted. `code` is a stable word for programs, `detail` a sentence for people."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(status, detail)
        self.code = code


def problem(status: int, code: str, detail: str) -> JSONResponse:
    """The refusal as `application/problem+json`."""
    title = _TITLES.get(status, "Not possible")
    body = {"type": f"urn:problem:{code}", "title": title, "status": status, "detail": detail, "code": code}
    return JSONResponse(body, status, media_type="application/problem+json")


def answer_refusal(request: Request, error: Exception, pages: Pages) -> Response:
    """A problem for programs; for somebody with a browser the sign-in page or a page that says what to do."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = error.code if isinstance(error, Refusal) else f"HTTP_{status}"
    detail = str(error.detail) if isinstance(error, Refusal) else _TITLES.get(status, "Not possible")
    wants_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    if not wants_page:
        return problem(status, code, detail)
    if status == 401:
        return RedirectResponse("/sign-in", 303)
    return pages.answer(request, "refusal.html", status=status, number=status, code=code)
