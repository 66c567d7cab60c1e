"""Two certificates that live for an hour and are trusted by nobody else: for trying a key."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from provisioning.device.keys import KeyFailedError

_ISSUER = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])


def self_signed(key_file: Path) -> bytes:
    """A server certificate (PEM) for localhost that may sign the client's."""
    key = _key(key_file)
    builder = _lasting_an_hour(_ISSUER).public_key(key.public_key())
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def trial_certificate(request: bytes, issuer_key: Path) -> bytes:
    """A client certificate (PEM) for a PKCS#10 (DER)."""
    key = x509.load_der_x509_csr(request).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise KeyFailedError("The key that was made is no P-256 key.")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "trial")])
    builder = _lasting_an_hour(name).public_key(key)
    return builder.sign(_key(issuer_key), hashes.SHA256()).public_bytes(Encoding.PEM)


def _lasting_an_hour(subject: x509.Name) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(_ISSUER)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(hours=1))


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyFailedError("The trial's key is no P-256 key.")
    return key
