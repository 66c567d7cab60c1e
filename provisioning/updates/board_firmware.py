"""Releases of sensor boards' firmware: the archive, and how a box puts its files where the bridge looks for them.

An archive holds the public key of the people who sign firmware, and of each image `<board>-<version>` the `.hex` and
its `.manifest`, perhaps an `.approval`. What lay there before stays: an older image is the way back. Not here: whether
an image is signed and which board gets it (`firmware_bridge.updating`).
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from models.board_firmware import FOLDER, PUBLIC_KEY_FILE, RELEASE_FILE, FirmwareRelease, held_release
from models.durable_files import make_folder, remove_folder, write_whole
from models.roll_outs import Offer
from provisioning.updates.archive import unpack, write_archive
from provisioning.updates.refusals import BadArchiveError, RolledBackError

_IMAGE: Final = re.compile(
    r"(?P<image>[a-z0-9][a-z0-9-]{0,39}-\d{1,5}\.\d{1,5}\.\d{1,5})\.(?P<part>hex|manifest|approval)"
)
_MOST_BYTES: Final = 1 << 20


def folder_of(box: Path) -> Path:
    """Where the bridge looks for images (with its usual setting `state`)."""
    return box / "state" / FOLDER


def write_firmware(folder: Path, archive: Path) -> tuple[str, ...]:
    """Makes an archive of signed images and their key; gives the images' names. Raises BadArchiveError."""
    files = {file.name: file for file in sorted(folder.iterdir()) if file.is_file() and _is_ours(file.name)}
    images = _images(files)
    write_archive(archive, files)
    return images


def lay_down(box: Path, offer: Offer, archive: Path) -> None:
    """Puts the archive's files into the bridge's folder, each whole or not at all, and remembers the release last.

    Raises RolledBackError, BadArchiveError, DurableFileError.
    """
    folder = folder_of(box)
    held = held_release(folder)
    if held is not None and offer.number < held.number:
        raise RolledBackError
    unpacked = folder / ".release.part"
    remove_folder(unpacked)
    make_folder(unpacked)
    try:
        unpack(archive, unpacked)
        files = {file.name: file for file in unpacked.iterdir()}
        images = _images(files)
        for name in sorted(files, key=lambda name: (name == PUBLIC_KEY_FILE, not name.endswith(".hex"), name)):
            write_whole(folder / name, files[name].read_bytes())
    finally:
        remove_folder(unpacked)
    release = FirmwareRelease(target=offer.target, number=offer.number, images=images)
    write_whole(folder / RELEASE_FILE, msgspec.json.encode(release))


def _is_ours(name: str) -> bool:
    return name == PUBLIC_KEY_FILE or _IMAGE.fullmatch(name) is not None


def _images(files: Mapping[str, Path]) -> tuple[str, ...]:
    """The images among these files. Raises BadArchiveError when one lacks its manifest, or there is anything else."""
    if PUBLIC_KEY_FILE not in files:
        raise BadArchiveError(f"{PUBLIC_KEY_FILE} is missing beside the images of the firmware.")
    if not all(
        _is_ours(name) and file.is_file() and file.stat().st_size <= _MOST_BYTES for name, file in files.items()
    ):
        raise BadArchiveError
    images = _named(files, "hex")
    if not images or images != _named(files, "manifest") or not _named(files, "approval") <= images:
        raise BadArchiveError("Each image of the firmware needs its .hex and its .manifest.")
    return tuple(sorted(images))


def _named(names: Iterable[str], part: str) -> set[str]:
    found = (_IMAGE.fullmatch(name) for name in names)
    return {one["image"] for one in found if one is not None and one["part"] == part}
