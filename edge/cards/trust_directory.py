"""Country signing certificates as files in a directory: *.der and *.cer in DER or PEM, *.crt and *.pem likewise.

Not here: which of them may vouch (`models.chip.trust_store`).
"""

import base64
import binascii
import re
from pathlib import Path

from models.chip.trust_store import TrustStore
from models.errors import SettingsError

_SUFFIXES = frozenset({".der", ".cer", ".crt", ".pem"})
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


def read_trust_directory(directory: Path) -> TrustStore:
    """The anchors in `directory`, subdirectories not searched. Raises `SettingsError` when it is not a directory."""
    if not directory.is_dir():
        raise SettingsError(f"The trust directory {directory} does not exist. Name a directory of certificates.")
    files = sorted(path for path in directory.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file())
    return TrustStore.of(encoded for path in files for encoded in _certificates_in(path.read_bytes()))


def _certificates_in(content: bytes) -> list[bytes]:
    blocks = _PEM.findall(content)
    if not blocks:
        return [content]
    return [_decode(block) for block in blocks]


def _decode(block: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(block.split()), validate=True)
    except binascii.Error:
        return b""  # the trust store names it as unreadable
