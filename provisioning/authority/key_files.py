"""The authority's keys as files: written whole and synced, readable by the authority alone, else refused.

Not here: which keys there are and when they are made (`founding`).
"""

import stat
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from models.durable_files import write_whole
from models.errors import SettingsError
from provisioning.authority.settings import Settings, read_factory_keys, read_receipt_keys
from provisioning.key_requests import key_pem

ISSUING_KEY = "issuing.key"
TRUST_KEY = "trust.key"


class KeyFileError(SettingsError):
    """A key file is missing, damaged or readable by others. The message says what to do."""


class AuthorityKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What the authority holds while it runs; the root key is not among it.

    `central_keys` are raw Ed25519, `factory_keys` SHA-256 of public keys that no box may have.
    """

    issuing_key: ec.EllipticCurvePrivateKey
    issuer: x509.Certificate
    root: x509.Certificate
    trust_key: Ed25519PrivateKey
    server: x509.Certificate
    central_keys: tuple[bytes, ...]
    factory_keys: frozenset[bytes]


def read_keys(settings: Settings) -> AuthorityKeys:
    """The keys and certificates of a founded authority. Raises SettingsError."""
    issuer, root = read_certificates(settings.authorities)[:2]
    issuing_key = read_ec_key(settings.keys / ISSUING_KEY)
    if issuer.public_key() != issuing_key.public_key():
        raise KeyFileError(f"{ISSUING_KEY} and {settings.authorities.name} do not belong together. Restore both.")
    return AuthorityKeys(
        issuing_key=issuing_key,
        issuer=issuer,
        root=root,
        trust_key=read_ed25519_key(settings.keys / TRUST_KEY),
        server=read_certificates(settings.server_certificate)[0],
        central_keys=read_receipt_keys(settings),
        factory_keys=read_factory_keys(),
    )


def read_certificates(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file. Raises KeyFileError."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise KeyFileError(f"{path} cannot be read ({error}). Run: python -m provisioning authority prepare") from None


def read_ec_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """A P-256 key. Raises KeyFileError."""
    key = _read_private(path)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyFileError(f"{path} is not a P-256 key. Restore it from the backup.")
    return key


def read_ed25519_key(path: Path) -> Ed25519PrivateKey:
    """An Ed25519 key. Raises KeyFileError."""
    key = _read_private(path)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is not an Ed25519 key. Restore it from the backup.")
    return key


def write_private(path: Path, key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> None:
    """A new key file (PKCS#8 PEM, 0600). Raises FileExistsError rather than write over one."""
    if path.exists():
        raise FileExistsError(path)
    write_whole(path, key_pem(key), mode=0o600)


def _read_private(path: Path) -> object:
    try:
        status = path.stat()
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise KeyFileError(
                f"{path} can be read by others. Run: chmod 600 {path}, then think whether it was copied."
            )
        return load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise KeyFileError(f"{path} cannot be read ({error}). Restore it from the backup.") from None
