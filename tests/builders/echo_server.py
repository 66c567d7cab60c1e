"""The authority's server around an application that only says who asked and how much was sent."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPSConnection

from cryptography import x509
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from models.enrollment import CertificateRole
from provisioning.authority.http.connections import PEER, Limits
from provisioning.authority.http.gatekeeper import Gatekeeper
from provisioning.authority.http.server import AuthorityServer, ServerFiles
from tests.builders.small_pki import Papers, SmallPki


async def say_who_asked(scope: Scope, receive: Receive, send: Send) -> None:
    peer = scope["state"][PEER]
    name = "nobody" if peer is None else x509.load_der_x509_certificate(peer).subject.rfc4514_string()
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{name} {len(body)}")(scope, receive, send)


@contextmanager
def echo_server(pki: SmallPki, limits: Limits | None = None) -> Iterator[AuthorityServer]:
    papers = pki.papers(CertificateRole.SERVER, "localhost")
    files = ServerFiles(certificate=papers.certificate, key=papers.key, authorities=pki.authorities)
    server = AuthorityServer(Gatekeeper(say_who_asked), "127.0.0.1", 0, files, limits)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def context_for(pki: SmallPki, papers: Papers | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pki.authorities))
    if papers is not None:
        context.load_cert_chain(papers.certificate, papers.key)
    return context


def line(server: AuthorityServer, pki: SmallPki, papers: Papers | None = None) -> HTTPSConnection:
    port = int(server.address.rpartition(":")[2])
    return HTTPSConnection("localhost", port, context=context_for(pki, papers), timeout=20)
