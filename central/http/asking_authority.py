"""Asking the authority for a person: its answer, or a refusal that says what to do next.

Not here: what is asked (`enroll_pages`, `delivery_pages`, `revocation_pages`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from central.authority_office import AuthorityOffice
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from models.wire.authority_line import AuthorityUnreachableError, RefusedByAuthorityError


@contextmanager
def asking_authority(desk: FrontDesk) -> Iterator[AuthorityOffice]:
    """The authority's office. What goes wrong inside becomes a `Refusal`: 409 when it says no, 503 on silence."""
    if desk.authority is None:
        raise Refusal(503, "NO_AUTHORITY", "Central was told of no authority. Name it in [authority] of its settings.")
    try:
        yield desk.authority
    except RefusedByAuthorityError as error:
        raise Refusal(409, error.refusal.code.value, error.refusal.sentence) from None
    except AuthorityUnreachableError as error:
        raise Refusal(503, "AUTHORITY_UNREACHABLE", str(error)) from None
