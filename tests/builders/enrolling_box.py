"""A box as the authority sees it: keys, a greeting, a request, and then a certificate of its own. No disk but a folder.

The product's box is `provisioning.device`, in tests `tests.builders.box_enrollment`; this one is for tests and
measurements of the authority.
"""

import hashlib
import secrets
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from models.enrollment import BoxReport, Done, EnrollmentAnswer, EnrollmentRequest, Greeting, GreetingAnswer, KeyGrade
from models.identifiers import RoomId
from models.wire import enrollment_code
from models.wire.authority_line import (
    AuthorityLine,
    WrongAuthorityError,
    certificate_served_at,
    mutual_tls,
    only_this_server,
)

REPORT = BoxReport(software="0.0.0 test", weights="none", trust_list_version=0, room_devices_version=0)


class EnrollingBox:
    """One board. `machine` names it; keys are made anew for each object. `answer` is there after `enroll`."""

    def __init__(self, address: str, folder: Path, machine: str = "") -> None:
        self.address = address
        self.folder = folder
        self.machine = machine or secrets.token_hex(32)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.chain_key = Ed25519PrivateKey.generate()
        self.answer: EnrollmentAnswer | None = None

    def greet(self, code: str, address: str | None = None) -> ssl.SSLContext:
        """Has the authority prove itself, and gives the way to it. Raises WrongAuthorityError."""
        address = address or self.address
        keys = enrollment_code.keys_of(code)
        served = certificate_served_at(address)
        context = only_this_server(served)
        nonce = secrets.token_bytes(32)
        with AuthorityLine(address, lambda: context) as line:
            answer = line.post("/v1/greetings", Greeting(lookup=keys.lookup, nonce=nonce), GreetingAnswer)
        if answer.proof != enrollment_code.authority_proof(keys, nonce, served):
            raise WrongAuthorityError("The one who answers does not hold the code.")
        return context

    def request(self, code: str, room_id: RoomId | None = None) -> EnrollmentRequest:
        """The whole request with its proof."""
        keys = enrollment_code.keys_of(code)
        request = EnrollmentRequest(
            lookup=keys.lookup,
            csr=certificate_request(self.key),
            chain_key=self.chain_key.public_key().public_bytes_raw(),
            key_grade=KeyGrade.PLAIN,
            machine=hashlib.sha256(self.machine.encode()).hexdigest(),
            software="0.0.0 test",
            room_id=room_id,
        )
        return enrollment_code.prove(request, keys)

    def enroll(self, code: str, room_id: RoomId | None = None) -> EnrollmentAnswer:
        """Greets, asks, and writes the certificate down. Raises RefusedByAuthorityError."""
        context = self.greet(code)
        with AuthorityLine(self.address, lambda: context) as line:
            self.take(line.post("/v1/enrollments", self.request(code, room_id), EnrollmentAnswer))
        assert self.answer is not None
        return self.answer

    def take(self, answer: EnrollmentAnswer) -> None:
        """Writes `certificate.pem`, `key.pem` and `authorities.pem` below `folder`."""
        self.answer = answer
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "certificate.pem").write_bytes(answer.certificate)
        (self.folder / "authorities.pem").write_bytes(answer.authorities)
        key = self.folder / "key.pem"
        key.touch(0o600)
        key.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def line(self) -> AuthorityLine:
        """A line over the box's own certificate."""
        folder = self.folder
        return AuthorityLine(
            self.address,
            lambda: mutual_tls(folder / "authorities.pem", folder / "certificate.pem", folder / "key.pem"),
        )

    def report(self) -> None:
        """The first word over the own certificate."""
        with self.line() as line:
            line.post("/v1/reports", REPORT, Done)


def certificate_request(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS#10 (DER); the name in it means nothing."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "box")])
    return (
        x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    )
