"""An authority of transport certificates for tests: issues what a test asks for, also what no real one would."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from models.enrollment import CertificateRole
from tests.builders.transport_pki import Identity

DAY = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class TransportAuthority:
    """One key that signs everything. `revoked` is the file of the list that `write_list` writes."""

    folder: Path
    name: str = "Test authority"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    authority: Path = field(init=False)
    revoked: Path = field(init=False)
    server: Identity = field(init=False)
    certificate: x509.Certificate = field(init=False)
    serials: list[int] = field(default_factory=list)
    number: int = 1

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.authority = self.folder / "authorities.pem"
        self.revoked = self.folder / "revoked.pem"
        self.certificate = self._own_certificate()
        self.authority.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        self.server = self.issue("localhost", CertificateRole.SERVER, (-DAY, 397 * DAY))
        self.write_list()

    def issue(
        self,
        name: str,
        role: CertificateRole = CertificateRole.BOX,
        good: tuple[timedelta, timedelta] = (-DAY, DAY),
        file_name: str | None = None,
    ) -> Identity:
        """Files of a certificate that is good from and to so long after now."""
        key = ec.generate_private_key(ec.SECP256R1())
        path = self.folder / f"{file_name or name}.pem"
        path.write_bytes(self.certify(name, role, key.public_key(), good))
        path.with_suffix(".key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        path.with_suffix(".key").chmod(0o600)
        return Identity(certificate=path, key=path.with_suffix(".key"))

    def certify(
        self,
        name: str,
        role: CertificateRole,
        key: ec.EllipticCurvePublicKey,
        good: tuple[timedelta, timedelta] = (-DAY, DAY),
    ) -> bytes:
        serves = role in (CertificateRole.SERVER, CertificateRole.ROOM_BROKER)
        usage = ExtendedKeyUsageOID.SERVER_AUTH if serves else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = (
            self._builder(_subject(name, role.value), key, good)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        )
        if serves:
            names = [x509.DNSName(name), x509.IPAddress(IPv4Address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def revoke(self, identity: Identity) -> None:
        """Puts the certificate on the next list."""
        self.serials.append(x509.load_pem_x509_certificate(identity.certificate.read_bytes()).serial_number)
        self.number += 1

    def sign_list(
        self,
        number: int | None = None,
        good: tuple[timedelta, timedelta] = (-DAY, 40 * DAY),
        at: datetime | None = None,
    ) -> bytes:
        """The list (PEM) of all revoked so far, good from and to so long after `at`."""
        at = at or self.at
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(at + good[0]).next_update(at + good[1])
        builder = builder.add_extension(x509.CRLNumber(self.number if number is None else number), critical=False)
        for serial in self.serials:
            row = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at + good[0])
            builder = builder.add_revoked_certificate(row.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def write_list(self) -> None:
        self.revoked.write_bytes(self.sign_list())

    def _own_certificate(self) -> x509.Certificate:
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = self._builder(_subject(self.name), self.key.public_key(), (-DAY, 400 * DAY))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        return builder.add_extension(usage, critical=True).sign(self.key, hashes.SHA256())

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, good: tuple[timedelta, timedelta]
    ) -> x509.CertificateBuilder:
        own = self.key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_subject(self.name))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.at + good[0])
            .not_valid_after(self.at + good[1])
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own), critical=False)
        )


def _subject(name: str, unit: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if unit:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    return x509.Name(parts)
