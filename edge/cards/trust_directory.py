"""Country signing certificates and revocation lists as files in a directory, for rehearsals and for the terminal.

DER, PEM, LDIF and master lists, told apart by their content. Not here: which of them may vouch
(`models.chip.trust_store`), and the signed bundle of a real box (`edge.card_trust_keeper`).
"""

from pathlib import Path
from typing import Final

from models.chip.tlv import ParseError
from models.chip.trust_files import LARGEST_FILE_BYTES, parse_trust_file
from models.chip.trust_store import TrustStore
from models.errors import SettingsError

_SUFFIXES: Final = frozenset({".der", ".cer", ".crt", ".pem", ".crl", ".ldif", ".ml"})


def read_trust_directory(directory: Path) -> TrustStore:
    """What is in `directory`, subdirectories not searched.

    Raises `SettingsError` when it is not a directory or holds more than anybody needs.
    """
    if not directory.is_dir():
        raise SettingsError(f"The trust directory {directory} does not exist. Name a directory of certificates.")
    files = sorted(path for path in directory.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file())
    certificates: list[bytes] = []
    lists: list[bytes] = []
    unread: list[str] = []
    try:
        for path in files:
            with path.open("rb") as stream:
                found = parse_trust_file(stream.read(LARGEST_FILE_BYTES + 1))
            certificates += found.certificates
            lists += found.revocation_lists
            unread += [f"{path.name}: {sentence}" for sentence in found.refused]
        return TrustStore.of(certificates, lists, unread=tuple(unread))
    except (OSError, ParseError) as error:
        raise SettingsError(f"The trust directory {directory} cannot be read: {error}") from None
