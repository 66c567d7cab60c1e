"""The keys that sign releases: made once on a machine without a network, each in a folder of its own.

Root (two of three) says whose keys count; targets (two of two) says which files are released; online signs the daily
stamp and lives with the authority. Not here: what they sign (`release_desk`).
"""

from enum import StrEnum
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Root, Snapshot, Targets, Timestamp

from models.durable_files import write_whole
from models.errors import ClassroomError

KEY_FILE: Final = "key.pem"


class ReleaseKeyError(ClassroomError):
    """A release key is missing, broken, or readable by others."""


class KeyHolder(StrEnum):
    """Folder names: who keeps which key. Root and targets keys never touch a networked machine."""

    ROOT_1 = "root-1"
    ROOT_2 = "root-2"
    ROOT_3 = "root-3"
    TARGETS_1 = "targets-1"
    TARGETS_2 = "targets-2"
    ONLINE = "online"


THRESHOLDS: Final = {Root.type: 2, Targets.type: 2, Snapshot.type: 1, Timestamp.type: 1}

ROLES: Final[dict[KeyHolder, tuple[str, ...]]] = {
    KeyHolder.ROOT_1: (Root.type,),
    KeyHolder.ROOT_2: (Root.type,),
    KeyHolder.ROOT_3: (Root.type,),
    KeyHolder.TARGETS_1: (Targets.type,),
    KeyHolder.TARGETS_2: (Targets.type,),
    KeyHolder.ONLINE: (Snapshot.type, Timestamp.type),
}


def make_release_keys(directory: Path) -> dict[KeyHolder, CryptoSigner]:
    """One new Ed25519 key for each holder below `directory`, PEM, 0600. Raises ReleaseKeyError when one is there."""
    return {holder: make_key(directory / holder) for holder in KeyHolder}


def make_key(folder: Path) -> CryptoSigner:
    """A new key in a folder of its own. Raises ReleaseKeyError when there is one already."""
    signer = CryptoSigner.generate_ed25519()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / KEY_FILE).exists():
        raise ReleaseKeyError(f"{folder} holds a key already. Choose an empty folder.")
    write_whole(folder / KEY_FILE, signer.private_bytes, 0o600)
    return signer


def read_key(folder: Path) -> CryptoSigner:
    """The key in a holder's folder. Raises ReleaseKeyError."""
    file = folder / KEY_FILE
    try:
        if file.stat().st_mode & 0o077:
            raise ReleaseKeyError(f"The key {file} can be read by others. Run: chmod 600 {file}")
        return CryptoSigner(load_pem_private_key(file.read_bytes(), None))
    except (OSError, ValueError, TypeError):
        raise ReleaseKeyError(f"{folder} holds no usable release key. Name the folder of one key holder.") from None
