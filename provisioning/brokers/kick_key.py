"""A fresh P-256 key and its request for a two-minute certificate in a revoked box's name.

Not here: asking for it (`keeper`) and using it (`name_holding`).
"""

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from models.identifiers import BoxId


def make_kick_key(box_id: BoxId) -> tuple[bytes, bytes]:
    """The key (PKCS#8 PEM) and the request (PKCS#10 DER, common name `box_id`)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, box_id)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), csr.public_bytes(Encoding.DER)
