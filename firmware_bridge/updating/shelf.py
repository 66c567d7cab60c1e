"""The folder of firmware images on a box: `<board>-<version>.hex`, `.manifest` and, for a step back, `.approval`.

They come by stick or by a release; nothing in the folder is believed without the release key's signature. Not here:
making the files (`release_desk`), writing them to a board (`update`).
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from firmware_bridge.updating.boards import BOARDS
from firmware_bridge.updating.flash_refusals import FlashRefusal
from firmware_bridge.updating.intel_hex import HexError, read_hex
from firmware_bridge.updating.manifest import Manifest, StepBack, open_signed
from models.board_firmware import PUBLIC_KEY_FILE

_MOST_BYTES: Final = 1 << 20


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An image that is whole and signed; whether a certain board may get it is another question."""

    manifest: Manifest
    image: bytes
    """The flash from address 0 on."""


class Shelf:
    """`folder` is the box's firmware folder; the key is read anew each time, so that a new one counts at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> Iterator[tuple[str, str]]:
        """Board and version of every image file, unjudged, in order of their names."""
        for file in sorted(self._folder.glob("*.hex")):
            board, _, version = file.stem.rpartition("-")
            yield board, version

    def offer(self, board: str, version: str) -> Offer | FlashRefusal:
        """The image of this board and version, or why it must not be written to any board."""
        key = self._key()
        content, signed = self._file(board, version, "hex"), self._file(board, version, "manifest")
        if key is None:
            return FlashRefusal.NO_KEY
        if board not in BOARDS:
            return FlashRefusal.UNKNOWN_BOARD
        if content is None or signed is None:
            return FlashRefusal.NO_IMAGE if content is None else FlashRefusal.UNSIGNED
        manifest = open_signed(signed, Manifest, key)
        if isinstance(manifest, FlashRefusal):
            return manifest
        if (manifest.board, manifest.version) != (board, version):
            return FlashRefusal.OTHER_IMAGE
        return _opened(manifest, content)

    def step_back(self, offer: Offer, now: datetime) -> StepBack | None:
        """The approval to write this image over a newer version, if a signed one is in force at `now`."""
        key, wanted = self._key(), offer.manifest
        signed = self._file(wanted.board, wanted.version, "approval")
        if key is None or signed is None:
            return None
        approval = open_signed(signed, StepBack, key)
        if isinstance(approval, FlashRefusal):
            return None
        named = (approval.board, approval.version, approval.sha256)
        meant = named == (wanted.board, wanted.version, wanted.sha256)
        return approval if meant and approval.approved_at <= now < approval.expires_at else None

    def _key(self) -> Ed25519PublicKey | None:
        try:
            key = load_pem_public_key((self._folder / PUBLIC_KEY_FILE).read_bytes())
        except (OSError, ValueError):
            return None
        return key if isinstance(key, Ed25519PublicKey) else None

    def _file(self, board: str, version: str, ending: str) -> bytes | None:
        name = f"{board}-{version}.{ending}"
        if "/" in name:
            return None
        try:
            with (self._folder / name).open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
        except OSError:
            return None
        return content if len(content) <= _MOST_BYTES else None


def _opened(manifest: Manifest, content: bytes) -> Offer | FlashRefusal:
    if sha256(content).digest() != manifest.sha256:
        return FlashRefusal.DAMAGED_IMAGE
    try:
        image = read_hex(content)
    except HexError:
        return FlashRefusal.DAMAGED_IMAGE
    if len(image) > BOARDS[manifest.board].application_bytes:
        return FlashRefusal.TOO_LARGE
    return Offer(manifest=manifest, image=image)
