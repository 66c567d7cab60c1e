"""A box's identities: one folder for each certificate with its key, written whole and named by the serial number.

Not here: which of them is in use (the link `identity/current`), asking for certificates (`renewal`).
"""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509

from models.durable_files import make_folder, place_folder, remove_folder, write_whole
from models.errors import BadInputError
from provisioning.device.box_folder import PRIVATE, BoxFolder
from provisioning.device.keys import AUTHORITIES_FILE, CERTIFICATE_FILE, KEY_FILE
from provisioning.device.token_keys import URI_FILE

EXAM_PREFIX: Final = "exam-"


class IdentityBrokenError(BadInputError):
    """An identity's certificate cannot be read. Renew it, or enrol the box again."""


class Validity(msgspec.Struct, frozen=True, kw_only=True):
    """When a certificate is good (UTC) and its serial number (hex)."""

    serial: str
    begins_at: datetime
    ends_at: datetime


def place(box: BoxFolder, key_folder: Path, certificate: bytes, authorities: bytes, prefix: str = "") -> str:
    """Writes an identity with the key of `key_folder` and returns its name. Not yet in use. Raises DurableFileError."""
    name = prefix + validity_of(certificate).serial
    make_folder(box.identities)
    half = box.identities / f"{name}.half"
    if half.exists():
        shutil.rmtree(half)
    make_folder(half)
    for secret in (KEY_FILE, URI_FILE):
        if (key_folder / secret).exists():
            write_whole(half / secret, (key_folder / secret).read_bytes(), PRIVATE)
    write_whole(half / CERTIFICATE_FILE, certificate)
    write_whole(half / AUTHORITIES_FILE, authorities)
    place_folder(half, box.identities / name)
    return name


def validity_of(certificate: bytes) -> Validity:
    """What the first certificate of a PEM says. Raises IdentityBrokenError."""
    try:
        leaf = x509.load_pem_x509_certificates(certificate)[0]
    except (ValueError, IndexError):
        raise IdentityBrokenError("The certificate of this box cannot be read. Enrol the box again.") from None
    return Validity(
        serial=format(leaf.serial_number, "x"), begins_at=leaf.not_valid_before_utc, ends_at=leaf.not_valid_after_utc
    )


def validity(identity: Path) -> Validity:
    """When an identity is good. Raises IdentityBrokenError."""
    try:
        return validity_of((identity / CERTIFICATE_FILE).read_bytes())
    except OSError:
        raise IdentityBrokenError(f"{identity} holds no certificate. Enrol the box again.") from None


def names(box: BoxFolder) -> tuple[str, ...]:
    """All whole identities."""
    if not box.identities.is_dir():
        return ()
    return tuple(
        sorted(
            folder.name
            for folder in box.identities.iterdir()
            if folder.is_dir()
            and not folder.is_symlink()
            and (folder / AUTHORITIES_FILE).exists()
            and "." not in folder.name
        )
    )


def forget_all_but(box: BoxFolder, kept: frozenset[str]) -> None:
    """Takes old identities away. Raises DurableFileError."""
    for name in names(box):
        if name not in kept:
            remove_folder(box.identities / name)
