"""Central's signing keys as a box knows them: while central changes its key, two of them count.

Not here: where they come from (the trust list's `central_keys`), what is signed (`receipts`, `signed_bundle`,
`commands`).
"""

from typing import Final, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from models.errors import BadInputError

_PEM_BEGIN: Final = b"-----BEGIN"


class CentralKeysError(BadInputError):
    """Central's public key is missing, broken or of another kind. Enrol the box again."""


class SignatureCheck(Protocol):
    """One public key, or several of which any will do."""

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raises InvalidSignature."""


class AnyOfKeys(msgspec.Struct, frozen=True):
    """Ed25519 keys; a signature of any of them counts."""

    keys: tuple[Ed25519PublicKey, ...]

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raises InvalidSignature when none of the keys made it."""
        for key in self.keys:
            try:
                return key.verify(signature, data)
            except InvalidSignature:
                continue
        raise InvalidSignature


def keys_from_pem(content: bytes) -> AnyOfKeys:
    """The keys of a file: one PEM block after the other. Raises CentralKeysError."""
    try:
        keys = [load_pem_public_key(_PEM_BEGIN + block) for block in content.split(_PEM_BEGIN)[1:]]
    except ValueError:
        keys = []
    found = tuple(key for key in keys if isinstance(key, Ed25519PublicKey))
    if not found or len(found) != len(keys):
        raise CentralKeysError("Central's public key is missing or broken. Enrol the box again.")
    return AnyOfKeys(found)
