"""TLS 1.3 towards our own servers: an authority's signature and a name are not enough, the role must be right too.

A box's room broker holds a server certificate of the same authority; it must never pass for the authority or the
central broker. Not here: who is let in (the servers decide that by client certificates).
"""

import socket
import ssl
from pathlib import Path
from typing import Any

from cryptography import x509

from models.enrollment import CertificateRole
from models.wire.box_certificate import role_of


class ServerContext(ssl.SSLContext):
    """Believes a server only when its certificate's organisational unit names `role`.

    `name` is what the certificate must carry where that is not the host that is connected to; empty: the host.
    """

    role: CertificateRole = CertificateRole.SERVER
    name: str = ""

    def wrap_socket(self, sock: socket.socket, *words: Any, **named: Any) -> ssl.SSLSocket:
        """As in `ssl`, with our name."""
        if self.name:
            named["server_hostname"] = self.name
        return super().wrap_socket(sock, *words, **named)


class _CheckingSocket(ssl.SSLSocket):
    """Judges the role at the end of the handshake; closes itself when anything fails, because paho forgets it then."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        try:
            super().do_handshake(block)
            self._judge()
        except OSError:
            self.close()
            raise

    def _judge(self) -> None:
        wanted = self.context.role if isinstance(self.context, ServerContext) else CertificateRole.SERVER
        judge_role(self.getpeercert(binary_form=True), wanted)


def judge_role(shown: bytes | None, wanted: CertificateRole) -> None:
    """Raises SSLCertVerificationError when the server's certificate (DER, verified) is not one of this role."""
    if shown is None or role_of(x509.load_der_x509_certificate(shown)) is not wanted:
        raise ssl.SSLCertVerificationError(f"[SSL: CERTIFICATE_VERIFY_FAILED] the certificate is not one of a {wanted}")


def server_context(authorities: Path, role: CertificateRole = CertificateRole.SERVER, name: str = "") -> ServerContext:
    """TLS 1.3 that trusts only servers of this role under the certificates in a PEM file. Raises OSError, SSLError."""
    context = ServerContext(ssl.PROTOCOL_TLS_CLIENT)
    context.role, context.name = role, name
    context.sslsocket_class = _CheckingSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(authorities)
    return context
