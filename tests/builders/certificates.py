"""Certificates and keys of no meaning, for tests that only read files."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate_of(key: ec.EllipticCurvePrivateKey, at: datetime) -> x509.Certificate:
    """Self-signed, good for a day."""
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), at, at + timedelta(days=1)
    )
    return builder.sign(key, hashes.SHA256())
