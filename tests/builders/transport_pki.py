"""Certificates of a small transport for tests: one authority, a server for loopback, central, boxes.

Every name says OU=rehearsal: a box learns from its own certificate, not from a setting, that it only plays. Not here:
the authority that enrols real boxes, and the chips' own certificates.
"""

import os
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from models.enrollment import CertificateRole
from models.errors import ClassroomError
from models.identifiers import BoxId, parse_box_id
from models.wire.box_certificate import REHEARSAL_UNIT

CENTRAL_NAME: Final = "central"
MEASURING_NAME: Final = "central-measurements"
SERVER_NAME: Final = "localhost"
_LIFE: Final = timedelta(days=365)
_RENEW_BEFORE: Final = timedelta(days=30)


class TransportPkiError(ClassroomError):
    """The rehearsal's certificates cannot be made or read. Delete its folder and run the rehearsal again."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """PEM files of one party: its certificate and its P-256 key (mode 0600)."""

    certificate: Path
    key: Path


class RehearsalPki(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a rehearsal needs to trust itself.

    `central_signing_key` (Ed25519) signs receipts and rosters, its public half is `central_public_key`;
    `evidence_key` (X25519) opens evidence. `chain_keys` are the boxes' Ed25519 keys, `chain_public_keys` their
    halves for central. `revoked` is an empty revocation list for the broker. All in PEM; private ones mode 0600.
    """

    authority: Path
    revoked: Path
    server: Identity
    central: Identity
    measuring: Identity
    boxes: dict[BoxId, Identity]
    chain_keys: dict[BoxId, Path]
    chain_public_keys: dict[BoxId, Path]
    central_signing_key: Path
    central_public_key: Path
    evidence_key: Path


def prepare(directory: Path, boxes: tuple[BoxId, ...] = (), now: datetime | None = None) -> RehearsalPki:
    """Makes whatever is missing or close to its end below `directory`, and leaves the rest as it is.

    `now` is UTC. Raises TransportPkiError when a file that is there cannot be read.
    """
    now = now or datetime.now(UTC)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for box in boxes:
        parse_box_id(box)
    workshop = _Workshop(directory, now)
    return RehearsalPki(
        authority=workshop.authority,
        revoked=workshop.revocation_list(),
        server=workshop.identity("server", SERVER_NAME, ExtendedKeyUsageOID.SERVER_AUTH),
        central=workshop.identity(CENTRAL_NAME, CENTRAL_NAME, ExtendedKeyUsageOID.CLIENT_AUTH),
        measuring=workshop.identity(MEASURING_NAME, MEASURING_NAME, ExtendedKeyUsageOID.CLIENT_AUTH),
        boxes={box: workshop.identity(f"box-{box}", box, ExtendedKeyUsageOID.CLIENT_AUTH) for box in boxes},
        chain_keys={box: workshop.signing_key(f"chain-{box}")[0] for box in boxes},
        chain_public_keys={box: workshop.signing_key(f"chain-{box}")[1] for box in boxes},
        central_signing_key=workshop.signing_key("central-signing")[0],
        central_public_key=workshop.signing_key("central-signing")[1],
        evidence_key=workshop.evidence_key("central-evidence"),
    )


class _Workshop:
    """Makes keys and certificates in one folder."""

    def __init__(self, directory: Path, now: datetime) -> None:
        self._directory = directory
        self._now = now
        self._authority_key = self._transport_key("authority")
        self.authority = directory / "authority.pem"
        if not self._is_fresh(self.authority):
            self.authority.write_bytes(self._self_signed().public_bytes(Encoding.PEM))
        self._issuer = x509.load_pem_x509_certificate(self.authority.read_bytes())

    def identity(self, file_name: str, name: str, usage: x509.ObjectIdentifier) -> Identity:
        key = self._transport_key(file_name)
        path = self._directory / f"{file_name}.pem"
        if not self._is_fresh(path) or not self._is_issued_by_us(path):
            builder = self._builder(name, key).issuer_name(self._issuer.subject)
            builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            if usage == ExtendedKeyUsageOID.SERVER_AUTH:
                names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
                builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
            path.write_bytes(builder.sign(self._authority_key, hashes.SHA256()).public_bytes(Encoding.PEM))
        return Identity(certificate=path, key=self._directory / f"{file_name}.key")

    def revocation_list(self) -> Path:
        path = self._directory / "revoked.pem"
        if not path.exists() or not self._is_fresh_list(path):
            builder = x509.CertificateRevocationListBuilder().issuer_name(self._issuer.subject)
            builder = builder.last_update(self._now - timedelta(hours=1)).next_update(self._now + _LIFE)
            builder = builder.add_extension(x509.CRLNumber(1), critical=False)
            path.write_bytes(builder.sign(self._authority_key, hashes.SHA256()).public_bytes(Encoding.PEM))
        return path

    def signing_key(self, file_name: str) -> tuple[Path, Path]:
        private, public = self._directory / f"{file_name}.key", self._directory / f"{file_name}.public.pem"
        if not private.exists():
            _write_private(private, Ed25519PrivateKey.generate())
        key = self._read(private)
        if not isinstance(key, Ed25519PrivateKey):
            raise TransportPkiError(f"{private.name} is not an Ed25519 key. Delete the rehearsal's folder.")
        if not public.exists():
            public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        return private, public

    def evidence_key(self, file_name: str) -> Path:
        path = self._directory / f"{file_name}.key"
        if not path.exists():
            _write_private(path, X25519PrivateKey.generate())
        return path

    def _transport_key(self, file_name: str) -> ec.EllipticCurvePrivateKey:
        path = self._directory / f"{file_name}.key"
        if not path.exists():
            _write_private(path, ec.generate_private_key(ec.SECP256R1()))
        key = self._read(path)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TransportPkiError(f"{path.name} is not a P-256 key. Delete the rehearsal's folder.")
        return key

    def _read(self, path: Path) -> object:
        try:
            return load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError) as error:
            raise TransportPkiError(f"{path.name} cannot be read ({error}). Delete the rehearsal's folder.") from None

    def _is_fresh(self, path: Path) -> bool:
        if not path.exists():
            return False
        try:
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
        except ValueError as error:
            raise TransportPkiError(f"{path.name} cannot be read ({error}). Delete the rehearsal's folder.") from None
        return certificate.not_valid_after_utc - self._now > _RENEW_BEFORE

    def _is_fresh_list(self, path: Path) -> bool:
        try:
            held = x509.load_pem_x509_crl(path.read_bytes())
        except ValueError:
            return False
        until = held.next_update_utc
        ours = held.is_signature_valid(self._authority_key.public_key())
        return ours and until is not None and until - self._now > _RENEW_BEFORE

    def _is_issued_by_us(self, path: Path) -> bool:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        identifier = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        return identifier == x509.AuthorityKeyIdentifier.from_issuer_public_key(self._authority_key.public_key())

    def _self_signed(self) -> x509.Certificate:
        builder = self._builder("Rehearsal authority", self._authority_key)
        builder = builder.issuer_name(_name("Rehearsal authority"))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        return builder.add_extension(usage, critical=True).sign(self._authority_key, hashes.SHA256())

    def _builder(self, name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - timedelta(hours=1))
            .not_valid_after(self._now + _LIFE)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._authority_key.public_key()), critical=False
            )
        )


def _name(text: str) -> x509.Name:
    units = [REHEARSAL_UNIT, CertificateRole.SERVER.value] if text == SERVER_NAME else [REHEARSAL_UNIT]
    parts = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write_private(path: Path, key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey | X25519PrivateKey) -> None:
    """Whole or not at all: a power cut must not leave half a key behind."""
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    half = path.with_suffix(".half")
    half.unlink(missing_ok=True)
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)
