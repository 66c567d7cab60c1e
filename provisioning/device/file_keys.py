"""A key in a file that only its owner may read (0600): what every box can do."""

from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from models.durable_files import write_whole
from provisioning.device.box_folder import PRIVATE
from provisioning.device.keys import KEY_FILE, KeyFailedError
from provisioning.key_requests import key_pem, request_for


class FileKeys:
    """Keys as PKCS#8 PEM."""

    @property
    def is_hardware(self) -> bool:
        """Never."""
        return False

    def make(self, folder: Path) -> None:
        """A new key, mode 0600."""
        write_whole(folder / KEY_FILE, key_pem(ec.generate_private_key(ec.SECP256R1())), PRIVATE)

    def request(self, folder: Path) -> bytes:
        """PKCS#10 (DER). Raises KeyFailedError."""
        return request_for(_read(folder), "box").public_bytes(Encoding.DER)

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
