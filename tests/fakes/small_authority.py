"""The three things that a broker's keeper asks of an authority, over real TLS 1.3 with client certificates."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from models.enrollment import AuthorityRefusal, CertificateRole, IssuedCertificate, RefusalCode
from models.fleet import InstalledReport, KickRequest, Revocations
from models.identifiers import BoxId
from tests.builders.transport_authority import TransportAuthority
from tests.builders.transport_pki import Identity


class SmallAuthority:
    """`revoke` a box, and the next question is answered with a new list. `silent` stops all answers."""

    def __init__(self, certificates: TransportAuthority) -> None:
        self.certificates = certificates
        self.boxes: list[BoxId] = []
        self.reports: list[InstalledReport] = []
        self.kicks: list[BoxId] = []
        self.refuses_kicks = False
        self.silent = False
        self.list_pem = certificates.sign_list()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._visitor())
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        return f"localhost:{self._server.server_port}"

    def start(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.certificates.server.certificate, self.certificates.server.key)
        context.load_verify_locations(self.certificates.authority)
        context.verify_mode = ssl.CERT_REQUIRED
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def revoke(self, box_id: BoxId, identity: Identity) -> None:
        self.certificates.revoke(identity)
        self.list_pem = self.certificates.sign_list()
        self.boxes.append(box_id)

    def answer(self, method: str, path: str, body: bytes) -> msgspec.Struct:
        match method, path:
            case "GET", "/v1/revocations":
                parsed = x509.load_pem_x509_crl(self.list_pem)
                assert parsed.next_update_utc is not None
                return Revocations(
                    crl=self.list_pem,
                    number=parsed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number,
                    next_update=parsed.next_update_utc,
                    boxes=tuple(self.boxes),
                )
            case "POST", "/v1/kicks":
                return self._kick(msgspec.json.decode(body, type=KickRequest))
            case "POST", "/v1/brokers/installed":
                self.reports.append(msgspec.json.decode(body, type=InstalledReport))
                return _Nothing()
            case _:
                raise AssertionError(path)

    def _kick(self, request: KickRequest) -> msgspec.Struct:
        if self.refuses_kicks or request.box_id not in self.boxes:
            return AuthorityRefusal(code=RefusalCode.NOT_ALLOWED, sentence="This box is not revoked.")
        self.kicks.append(request.box_id)
        key = x509.load_der_x509_csr(request.csr).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        two_minutes = (-timedelta(minutes=1), timedelta(minutes=2))
        return IssuedCertificate(
            certificate=self.certificates.certify(request.box_id, CertificateRole.BOX, key, two_minutes)
        )

    def _visitor(self) -> type[BaseHTTPRequestHandler]:
        authority = self

        class Visitor(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._reply("GET")

            def do_POST(self) -> None:
                self._reply("POST")

            def _reply(self, method: str) -> None:
                if authority.silent:
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = authority.answer(method, self.path, body)
                content = msgspec.json.encode(answer)
                self.send_response(403 if isinstance(answer, AuthorityRefusal) else 200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
                """A test reads nothing of it."""

        return Visitor


class _Nothing(msgspec.Struct):
    pass


@contextmanager
def small_authority(certificates: TransportAuthority) -> Iterator[SmallAuthority]:
    authority = SmallAuthority(certificates)
    authority.start()
    try:
        yield authority
    finally:
        authority.stop()
