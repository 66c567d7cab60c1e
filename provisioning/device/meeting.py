"""The first talk with the authority, over a code: it proves itself, then the box asks for its certificate.

The code never travels. Whoever answers at the address must prove, over the very TLS certificate it shows, that it holds
the same code; everything after that goes only to that certificate. Not here: what is kept on the box (`enrollment`).
"""

import hmac
import secrets
from typing import Final

import msgspec

from models.enrollment import EnrollmentAnswer, EnrollmentRequest, Greeting, GreetingAnswer
from models.errors import ClassroomError
from models.identifiers import RoomId
from models.wire.authority_line import AuthorityLine, WrongAuthorityError, certificate_served_at, only_this_server
from models.wire.enrollment_code import CodeKeys, authority_proof

_NONCE_BYTES: Final = 32


class RoomDiffersError(ClassroomError):
    """The code belongs to another room than the one that was named. Nothing was sent; take the right sheet."""


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """A proven authority and where the code leads."""

    address: str
    server_certificate: bytes
    room_id: RoomId
    room_name: str
    school_name: str


def greet(address: str, keys: CodeKeys, room_id: RoomId | None) -> Destination:
    """Lets the authority at `host:port` prove itself.

    Raises WrongAuthorityError when it cannot, RoomDiffersError when the code is not for `room_id`,
    RefusedByAuthorityError and AuthorityUnreachableError.
    """
    certificate = certificate_served_at(address)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    with AuthorityLine(address, lambda: only_this_server(certificate)) as line:
        told = line.post("/v1/greetings", Greeting(lookup=keys.lookup, nonce=nonce), GreetingAnswer)
    if not hmac.compare_digest(told.proof, authority_proof(keys, nonce, certificate)):
        raise WrongAuthorityError(
            "Máy trả lời ở địa chỉ này không chứng minh được mình là máy cấp chứng thư. Dừng lại, báo cho sở.\n"
            "Whoever answers at this address cannot prove to be the authority. Stop and tell the province's IT."
        )
    if room_id is not None and told.room_id != room_id:
        raise RoomDiffersError(
            f"Mã này của phòng {told.room_id}, không phải {room_id}. Lấy đúng tờ của phòng.\n"
            f"This code is for room {told.room_id}, not {room_id}. Take the sheet of the right room."
        )
    return Destination(
        address=address,
        server_certificate=certificate,
        room_id=told.room_id,
        room_name=told.room_name,
        school_name=told.school_name,
    )


def ask_for_certificate(destination: Destination, request: EnrollmentRequest) -> EnrollmentAnswer:
    """The authority's answer, only from the server that has proved itself. Errors as `greet`."""
    with AuthorityLine(destination.address, lambda: only_this_server(destination.server_certificate)) as line:
        return line.post("/v1/enrollments", request, EnrollmentAnswer)
