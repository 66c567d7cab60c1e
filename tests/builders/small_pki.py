"""An authority in two steps (root, issuer) and certificates of any role and age, for tests of our own TLS servers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from models.enrollment import CertificateRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """PEM files: a certificate with its issuers, and the key."""

    certificate: Path
    key: Path


class SmallPki:
    """Everything below `folder`; `authorities` is what to trust."""

    def __init__(self, folder: Path, name: str = "Test") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._root_key = ec.generate_private_key(ec.SECP256R1())
        self._issuer_key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        lasting = (now - timedelta(days=400), now + timedelta(days=400))
        self._root = _signed(_name(f"{name} root"), self._root_key, _name(f"{name} root"), self._root_key, lasting, 1)
        self._issuer = _signed(
            _name(f"{name} issuer"), self._issuer_key, _name(f"{name} root"), self._root_key, lasting, 0
        )
        self.authorities = folder / "authorities.pem"
        self.authorities.write_bytes(_pem(self._issuer) + _pem(self._root))

    def papers(
        self, role: CertificateRole, name: str, good_for: timedelta = timedelta(days=1), since: timedelta = timedelta(1)
    ) -> Papers:
        """A certificate that began `since` ago and is good for `good_for` from now (negative: it has expired)."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        usage = ExtendedKeyUsageOID.SERVER_AUTH if role is CertificateRole.SERVER else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = _builder(
            _name(name, role), key, self._issuer.subject, self._issuer_key, (now - since, now + good_for)
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if role is CertificateRole.SERVER:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return self._write(name, builder.sign(self._issuer_key, hashes.SHA256()), key)

    def _write(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Papers:
        place = self._folder / f"{name}-{certificate.serial_number:x}"
        papers = Papers(certificate=place.with_suffix(".pem"), key=place.with_suffix(".key"))
        papers.certificate.write_bytes(_pem(certificate) + _pem(self._issuer))
        papers.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return papers


def self_signed(folder: Path, role: CertificateRole, name: str) -> Papers:
    """A certificate that vouches for itself."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    builder = _builder(_name(name, role), key, _name(name, role), key, (now - timedelta(1), now + timedelta(1)))
    papers = Papers(certificate=folder / "self.pem", key=folder / "self.key")
    papers.certificate.write_bytes(_pem(builder.sign(key, hashes.SHA256())))
    papers.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return papers


def _name(text: str, role: CertificateRole | None = None) -> x509.Name:
    units = [] if role is None else [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, role.value)]
    return x509.Name([*units, x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    lasting: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(lasting[0])
        .not_valid_after(lasting[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(above, critical=False)
    )


def _signed(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    lasting: tuple[datetime, datetime],
    path_length: int,
) -> x509.Certificate:
    builder = _builder(subject, key, issuer, issuer_key, lasting)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return builder.add_extension(usage, critical=True).sign(issuer_key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
