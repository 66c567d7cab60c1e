"""Card issuers of the rehearsal: a country signer (CSCA) and document signer that boxes trust, and a pair nobody knows.

Made on first use and kept; a rehearsal never touches a real issuer's key. Not here: the certificates of boxes and
brokers (the rehearsal's authority).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from models.durable_files import write_whole

_YEAR = timedelta(days=365)
_COUNTRY = "VN"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardIssuer:
    """Who signs cards: `country_signer` (CSCA) certifies `document_signer` (DS), whose key signs security objects.

    `country_key` certifies further signers; None where nobody needs one.
    """

    country_signer: x509.Certificate
    document_signer: x509.Certificate
    document_key: ec.EllipticCurvePrivateKey
    country_key: ec.EllipticCurvePrivateKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerTerms:
    """What a document signer's certificate says; `use` is a key usage in `cryptography`'s words."""

    starts: datetime
    lasts: timedelta = 18 * _YEAR
    use: str = "digital_signature"
    country: str = _COUNTRY


@dataclass(frozen=True, slots=True, kw_only=True)
class CardIssuers:
    """`trusted` is in `trust_directory` (one DER file); `unknown` names the same country and is in no list."""

    trusted: CardIssuer
    unknown: CardIssuer
    trust_directory: Path


def open_issuers(state_directory: Path, now: datetime) -> CardIssuers:
    """The issuers kept below `state_directory`, made there on first use (private keys readable by their owner only).

    `now` (aware, UTC) places the validity of new certificates: they began years ago, so that cards issued at fourteen
    fall inside it.
    """
    trust_directory = state_directory / "trust"
    trust_directory.mkdir(parents=True, exist_ok=True)
    trusted = _open_issuer(state_directory / "issuer", "CSCA Rehearsal Vietnam", now)
    unknown = _open_issuer(state_directory / "unknown-issuer", "CSCA Nobody Knows", now)
    _keep(trust_directory / "rehearsal-csca.der", lambda: _der(trusted.country_signer), mode=0o644)
    return CardIssuers(trusted=trusted, unknown=unknown, trust_directory=trust_directory)


def _open_issuer(directory: Path, name: str, now: datetime) -> CardIssuer:
    directory.mkdir(mode=0o700, exist_ok=True)
    country_key = _open_key(directory / "csca.key")
    document_key = _open_key(directory / "ds.key")
    subject = distinguished_name(name)
    start = now.astimezone(UTC).replace(microsecond=0)
    country_signer = _open_certificate(
        directory / "csca.der",
        lambda: country_certificate(subject, country_key, start - 8 * _YEAR),
    )
    document_signer = _open_certificate(
        directory / "ds.der",
        lambda: document_certificate(country_signer, country_key, document_key, SignerTerms(starts=start - 6 * _YEAR)),
    )
    return CardIssuer(
        country_signer=country_signer,
        document_signer=document_signer,
        document_key=document_key,
        country_key=country_key,
    )


def country_certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey, start: datetime) -> x509.Certificate:
    """ICAO Doc 9303-12 section 7.1, table 2, column CSCA."""
    return (
        _certificate(subject, subject, key.public_key(), key.public_key(), start, 20 * _YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.PrivateKeyUsagePeriod(start, start + 15 * _YEAR), critical=False)
        .sign(key, hashes.SHA256())
    )


def document_certificate(
    issuer: x509.Certificate,
    issuer_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    terms: SignerTerms,
) -> x509.Certificate:
    """ICAO Doc 9303-12 section 7.1, table 2, column document signer."""
    subject, start = distinguished_name("Document Signer 1", terms.country), terms.starts
    return (
        _certificate(subject, issuer.subject, key.public_key(), issuer_key.public_key(), start, terms.lasts)
        .add_extension(_key_usage(terms.use), critical=True)
        .add_extension(x509.PrivateKeyUsagePeriod(start, start + min(10 * _YEAR, terms.lasts)), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    start: datetime,
    lasts: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _key_usage(*purposes: str) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{purpose: purpose in purposes for purpose in every})


def distinguished_name(common_name: str, country: str = _COUNTRY) -> x509.Name:
    """The name of an issuer that is not real."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, country),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Rehearsal, not a real issuer"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _open_key(path: Path) -> ec.EllipticCurvePrivateKey:
    pem = _keep(path, lambda: _pem(ec.generate_private_key(ec.BrainpoolP256R1())), mode=0o600)
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path.name} is not the rehearsal's key; remove the rehearsal's state directory.")
    return key


def _open_certificate(path: Path, make: Callable[[], x509.Certificate]) -> x509.Certificate:
    return x509.load_der_x509_certificate(_keep(path, lambda: _der(make()), mode=0o644))


def _keep(path: Path, make: Callable[[], bytes], *, mode: int) -> bytes:
    """The file's content; a missing file is written whole or not at all."""
    if not path.exists():
        write_whole(path, make(), mode)
    return path.read_bytes()


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
