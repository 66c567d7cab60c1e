"""Central's two keys as files: made once, readable by central alone, never overwritten."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from models.durable_files import write_whole
from models.errors import BadInputError

SIGNING = "central-signing.key"
SIGNING_PUBLIC = "central-signing.public.pem"
EVIDENCE = "central-evidence.key"


class ChainKeyError(BadInputError):
    """The file is not a box's public chain key."""


def make_keys(folder: Path) -> list[Path]:
    """Make the keys that are missing in the folder; gives the files that were made.

    The public half of the signing key lies beside it: boxes need it to open receipts and rosters.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made: list[Path] = []
    signing, public, evidence = folder / SIGNING, folder / SIGNING_PUBLIC, folder / EVIDENCE
    if not signing.exists():
        key = Ed25519PrivateKey.generate()
        write_whole(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        _write_private(signing, key)
        made += [signing, public]
    if not evidence.exists():
        _write_private(evidence, X25519PrivateKey.generate())
        made.append(evidence)
    return made


def _write_private(path: Path, key: Ed25519PrivateKey | X25519PrivateKey) -> None:
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_whole(path, content, 0o600)


def read_chain_key(path: Path) -> bytes:
    """A box's public chain key (PEM) as its 32 bytes. Raises `ChainKeyError`."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        raise ChainKeyError(f"{path.name} is not a public key in PEM. Take the box's chain public key file.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ChainKeyError(f"{path.name} is not an Ed25519 key. Take the box's chain public key file.")
    return key.public_bytes_raw()
