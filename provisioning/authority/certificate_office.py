"""Makes certificates and the revocation list (X.509, P-256, ECDSA with SHA-256). Pure: keys and instants come in.

The organisational unit says the holder's role, a second one whether everything is a rehearsal
(`models.wire.box_certificate` reads both). Not here: who gets one (the desks), and remembering them (`registers`).
"""

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from models.enrollment import CertificateRole
from models.identifiers import RoomId
from models.wire.box_certificate import REHEARSAL_UNIT, ROOM_PREFIX

CLOCKS_APART: Final = timedelta(hours=1)
"""A certificate counts from so long before it was made: the reader's clock may be slow."""

ROOT_LIFE: Final = timedelta(days=7300)
ISSUER_LIFE: Final = timedelta(days=1825)
KICK_LIFE: Final = timedelta(minutes=2)
_SERVERS: Final = (CertificateRole.SERVER, CertificateRole.ROOM_BROKER)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate to be made: holder, role, key and time (UTC). `hosts` are names and addresses of a server."""

    name: str
    role: CertificateRole
    public_key: ec.EllipticCurvePublicKey
    good_from: datetime
    good_until: datetime
    room_id: RoomId | None = None
    hosts: tuple[str, ...] = ()


class RevokedSerial(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the revocation list (serial in hex)."""

    serial: str
    revoked_at: datetime


def make_root(key: ec.EllipticCurvePrivateKey, name: str, now: datetime, *, rehearsal: bool) -> x509.Certificate:
    """The self-signed root, for twenty years; it signs issuing certificates only."""
    subject = _subject(f"{name} root", rehearsal=rehearsal)
    builder = _builder(subject, key.public_key(), now - CLOCKS_APART, now + ROOT_LIFE)
    return _authority(builder, subject, key, path_length=1)


def make_issuer(
    public_key: ec.EllipticCurvePublicKey,
    root_key: ec.EllipticCurvePrivateKey,
    root: x509.Certificate,
    name: str,
    now: datetime,
    *,
    rehearsal: bool,
) -> x509.Certificate:
    """The issuing authority, for five years; it signs no other authority (pathlen 0)."""
    until = min(now + ISSUER_LIFE, root.not_valid_after_utc)
    builder = _builder(_subject(f"{name} issuing", rehearsal=rehearsal), public_key, now - CLOCKS_APART, until)
    return _authority(builder, root.subject, root_key, path_length=0)


class CertificateOffice:
    """Signs with the issuing key. `rehearsal` is written into every name."""

    def __init__(self, issuing_key: ec.EllipticCurvePrivateKey, issuer: x509.Certificate, *, rehearsal: bool) -> None:
        self._key = issuing_key
        self._issuer = issuer
        self._rehearsal = rehearsal

    def make(self, wish: Wish) -> x509.Certificate:
        """The certificate, never good for longer than its issuer is."""
        until = min(wish.good_until, self._issuer.not_valid_after_utc)
        builder = _builder(
            _subject(wish.name, wish.role.value, rehearsal=self._rehearsal), wish.public_key, wish.good_from, until
        ).issuer_name(self._issuer.subject)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_key_usage(signs=False), critical=True)
        usage = ExtendedKeyUsageOID.SERVER_AUTH if wish.role in _SERVERS else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        names: list[x509.GeneralName] = [_host(host) for host in wish.hosts]
        if wish.room_id is not None:
            names.append(x509.UniformResourceIdentifier(ROOM_PREFIX + wish.room_id))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return builder.add_extension(issuer_key, critical=False).sign(self._key, hashes.SHA256())

    def make_revocation_list(
        self, revoked: Iterable[RevokedSerial], number: int, now: datetime, next_update: datetime
    ) -> bytes:
        """The signed list (PEM) with its number (RFC 5280 section 5.2.3)."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._issuer.subject)
            .last_update(now - CLOCKS_APART)
            .next_update(next_update)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.CRLNumber(number), critical=False)
        )
        for one in revoked:
            line = x509.RevokedCertificateBuilder(int(one.serial, 16), one.revoked_at)
            builder = builder.add_revoked_certificate(line.build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


def to_pem(*certificates: x509.Certificate) -> bytes:
    """The certificates one after another, as TLS serves them."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def serial_hex(certificate: x509.Certificate) -> str:
    """The serial as all of us write it: lower-case hex without leading zeros."""
    return format(certificate.serial_number, "x")


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, good_from: datetime, good_until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(good_from)
        .not_valid_after(good_until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _authority(
    builder: x509.CertificateBuilder, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, path_length: int
) -> x509.Certificate:
    builder = builder.issuer_name(issuer)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    builder = builder.add_extension(_key_usage(signs=True), critical=True)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return builder.add_extension(issuer_key, critical=False).sign(key, hashes.SHA256())


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=signs, crl_sign=signs, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _subject(name: str, unit: str | None = None, *, rehearsal: bool) -> x509.Name:
    units = [word for word in (unit, REHEARSAL_UNIT if rehearsal else None) if word is not None]
    attributes = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, word) for word in units]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
