"""Who asks, and what they brought: read from the connection and the body, for the routes' signatures.

Not here: what they may do (the authority judges), and bodies that are too long (`gatekeeper`).
"""

from typing import Annotated, TypeVar

import msgspec
from cryptography import x509
from fastapi import Depends, Request

from models.enrollment import CertificateRole
from models.errors import BadInputError
from models.wire.box_certificate import role_of
from provisioning.authority.caller import Caller, caller_of
from provisioning.authority.http.connections import PEER, network_of

T = TypeVar("T", bound=msgspec.Struct)


class UnknownVisitorError(Exception):
    """The request needs a certificate of this authority and came without one."""


class BrokenBodyError(BadInputError):
    """The body does not have the expected shape."""


async def _body(request: Request) -> bytes:
    return await request.body()


async def _origin(request: Request) -> str:
    return network_of(request.client.host) if request.client else "unknown"


async def _caller(request: Request) -> Caller:
    shown: bytes | None = request.scope["state"].get(PEER)
    if shown is None:
        raise UnknownVisitorError
    return caller_of(x509.load_der_x509_certificate(shown))


Body = Annotated[bytes, Depends(_body)]
"""The request's body."""
Origin = Annotated[str, Depends(_origin)]
"""The network that the request came from, as text."""
Known = Annotated[Caller, Depends(_caller)]
"""The holder of the certificate that the connection showed."""


def read(body: bytes, shape: type[T]) -> T:
    """The question in a body. Raises BrokenBodyError, which repeats nothing of it."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BrokenBodyError(f"The body is no {shape.__name__}. Bring both programs to the same version.") from None


def role_shown(peer: bytes | None) -> CertificateRole | None:
    """The role in a client certificate (DER), None without one."""
    return None if peer is None else role_of(x509.load_der_x509_certificate(peer))
