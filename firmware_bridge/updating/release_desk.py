"""For the province's release people, on a machine that is no box: the key, signed images, approvals of a step back.

Not here: what a box does with the files (`shelf`, `update`).
"""

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from firmware_bridge.updating.boards import BOARDS
from firmware_bridge.updating.intel_hex import read_hex
from firmware_bridge.updating.manifest import Manifest, Signed, StepBack, sign
from models.board_firmware import PUBLIC_KEY_FILE
from models.durable_files import make_folder, write_whole
from models.errors import BadInputError
from models.wire import codec

KEY_FILE: Final = "firmware.key.pem"
T = TypeVar("T", Manifest, StepBack)


class ReleaseDeskError(BadInputError):
    """The key, the image or the words for it are not as they must be. Nothing was signed."""


def make_key(folder: Path) -> Path:
    """A new key in `folder`; gives the public half's file, which every box gets. Raises ReleaseDeskError."""
    if (folder / KEY_FILE).exists():
        raise ReleaseDeskError(f"{folder} holds a key already. Choose an empty folder.")
    key = Ed25519PrivateKey.generate()
    make_folder(folder, 0o700)
    write_whole(folder / KEY_FILE, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    write_whole(folder / PUBLIC_KEY_FILE, public_of(key))
    return folder / PUBLIC_KEY_FILE


def public_of(key: Ed25519PrivateKey) -> bytes:
    """The public half, as a box reads it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def read_key(file: Path) -> Ed25519PrivateKey:
    """The private key. Raises ReleaseDeskError."""
    try:
        if file.stat().st_mode & 0o077:
            raise ReleaseDeskError(f"The key {file} can be read by others. Run: chmod 600 {file}")
        key = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        raise ReleaseDeskError(f"{file} is no usable key.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ReleaseDeskError(f"{file} is a key of another kind; Ed25519 is needed.")
    return key


def sign_image(key: Ed25519PrivateKey, content: bytes, manifest: Manifest, folder: Path) -> None:
    """Puts image and manifest into `folder` under the names that a box looks for.

    `manifest.sha256` is replaced by the content's. Raises ReleaseDeskError, HexError.
    """
    row = BOARDS.get(manifest.board)
    if row is None:
        raise ReleaseDeskError(f"No board is called {manifest.board}. Known are: {', '.join(BOARDS)}.")
    size = len(read_hex(content))
    if size > row.application_bytes:
        raise ReleaseDeskError(f"The image has {size} bytes, {manifest.board} takes {row.application_bytes}.")
    whole = _checked(msgspec.structs.replace(manifest, sha256=sha256(content).digest()))
    name = f"{whole.board}-{whole.version}"
    write_whole(folder / f"{name}.hex", content)
    write_whole(folder / f"{name}.manifest", sign(whole, key))


def approve_step_back(
    key: Ed25519PrivateKey, manifest_file: Path, *, by: str, reason: str, at: datetime, until: datetime
) -> Path:
    """An approval beside the manifest that it is for. Raises ReleaseDeskError."""
    try:
        manifest = codec.decode(codec.decode(manifest_file.read_bytes(), Signed).body, Manifest)
    except (OSError, codec.CodecError):
        raise ReleaseDeskError(f"{manifest_file} is no manifest.") from None
    approval = StepBack(
        board=manifest.board,
        version=manifest.version,
        sha256=manifest.sha256,
        approved_by=by,
        reason=reason,
        approved_at=at,
        expires_at=until,
    )
    file = manifest_file.with_suffix(".approval")
    write_whole(file, sign(_checked(approval), key))
    return file


def _checked(word: T) -> T:
    try:
        return codec.decode(codec.encode(word), type(word))
    except codec.CodecError as error:
        raise ReleaseDeskError(f"Not signed: {error}") from None
