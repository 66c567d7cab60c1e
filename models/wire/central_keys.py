"""Central's signing keys as a box knows them: while central changes its key, two of them count.

Not here: where they come from (the trust list's `central_keys`), what is signed (`receipts`, `signed_bundle`,
`commands`).
"""

from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


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
