"""What is sent back: a struct as JSON, or a refusal with the status that programs know.

A refusal never repeats what was sent. An answer of 500 or more is no refusal: nothing was decided, ask again.
"""

from typing import Final

import msgspec
from starlette.responses import Response

from models.enrollment import AuthorityRefusal, RefusalCode

_FORBIDDEN: Final = 403
_STATUSES: Final = {
    RefusalCode.TOO_MANY_TRIES: 429,
    RefusalCode.KEY_SHARED: 409,
    RefusalCode.ROOM_HAS_BOX: 409,
    RefusalCode.FROZEN_FOR_EXAM: 409,
    RefusalCode.BOX_UNKNOWN: 404,
    RefusalCode.CERTIFICATE_UNKNOWN: 404,
    RefusalCode.NO_EXAM: 404,
    RefusalCode.KEY_WEAK: 422,
    RefusalCode.REQUEST_BROKEN: 422,
}
"""Every other refusal is a plain 403."""


def answer(value: msgspec.Struct) -> Response:
    """What the authority said, a refusal with its status."""
    status = 200
    if isinstance(value, AuthorityRefusal):
        status = _STATUSES.get(value.code, _FORBIDDEN)
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def answer_broken(status: int, sentence: str) -> Response:
    """A request that never reached the authority, and why."""
    refusal = AuthorityRefusal(code=RefusalCode.REQUEST_BROKEN, sentence=sentence)
    return Response(msgspec.json.encode(refusal), status, media_type="application/json")


def answer_failed() -> Response:
    """The authority could not do it; its log says why."""
    return Response(
        b'{"sentence":"The authority could not do it. Try again, then tell IT."}', 503, media_type="application/json"
    )
