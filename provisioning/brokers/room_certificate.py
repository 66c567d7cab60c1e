"""The certificate that a room's broker shows its devices: made on the box, known to them by its fingerprint.

A box's own certificate is for clients only and names no host, so a device that checks properly would refuse it. Not
here: the box's identity (`provisioning.device`).
"""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provisioning.brokers.whole_file import write_whole

LIFE: Final = timedelta(days=3650)


class RoomCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """Files of the room's broker: PEM certificate and its key (0600)."""

    certificate: Path
    key: Path

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate (DER), hex: what a device is told to trust."""
        der = x509.load_pem_x509_certificate(self.certificate.read_bytes()).public_bytes(Encoding.DER)
        return hashlib.sha256(der).hexdigest()


def prepare_room_certificate(directory: Path, host: str, now: datetime) -> RoomCertificate:
    """`room.pem` and `room.key` for `host`, made when missing or for another host; else they stay. `now` is UTC."""
    made = RoomCertificate(certificate=directory / "room.pem", key=directory / "room.key")
    if made.certificate.exists() and made.key.exists() and _is_for(made.certificate, host):
        return made
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    builder = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + LIFE
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    write_whole(made.key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    write_whole(made.certificate, builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return made


def _is_for(certificate: Path, host: str) -> bool:
    try:
        held = x509.load_pem_x509_certificate(certificate.read_bytes())
        names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    return host in names.get_values_for_type(x509.DNSName)
