"""A key in a file that only its owner may read (0600): what every box can do."""

from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from models.durable_files import write_whole
from provisioning.device.box_folder import PRIVATE
from provisioning.device.keys import KEY_FILE, KeyFailedError


class FileKeys:
    """Keys as PKCS#8 PEM."""

    @property
    def is_hardware(self) -> bool:
        """Never."""
        return False

    def make(self, folder: Path) -> None:
        """A new key, mode 0600."""
        key = ec.generate_private_key(ec.SECP256R1())
        content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_whole(folder / KEY_FILE, content, PRIVATE)

    def request(self, folder: Path) -> bytes:
        """PKCS#10 (DER). Raises KeyFailedError."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "box")])
        builder = x509.CertificateSigningRequestBuilder().subject_name(name)
        return builder.sign(_read(folder), hashes.SHA256()).public_bytes(Encoding.DER)

    def sign(self, folder: Path, message: bytes) -> bytes:
        """ECDSA-SHA256 (DER). Raises KeyFailedError."""
        return _read(folder).sign(message, ec.ECDSA(hashes.SHA256()))

    def environment(self) -> Mapping[str, str]:
        """Nothing is needed."""
        return {}


def _read(folder: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key((folder / KEY_FILE).read_bytes(), None)
    except (OSError, ValueError):
        raise KeyFailedError(f"The key in {folder} is missing or broken. Enrol the box again.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyFailedError(f"The key in {folder} is no P-256 key. Enrol the box again.")
    return key
