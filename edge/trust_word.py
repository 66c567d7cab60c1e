"""What the agent needs of the authority's trust list: its version, and when it was signed.

Fetching, judging and keeping the list is the caretaker's work (`provisioning.device`).
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.errors import BadInputError
from models.wire import codec
from models.wire.trust_list import DOMAIN, TrustList, from_file


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustWord:
    """Version and instant (UTC) of the list that the box holds."""

    version: int
    issued_at: datetime


def read_trust_word(path: Path, key: Ed25519PublicKey) -> TrustWord | None:
    """The word of the list in this file; None when there is none, or none that the authority signed."""
    try:
        signed = from_file(path.read_bytes())
        key.verify(signed.signature, DOMAIN + signed.body)
        trust_list = codec.decode(signed.body, TrustList)
    except (OSError, InvalidSignature, BadInputError):
        return None
    return TrustWord(version=trust_list.version, issued_at=trust_list.issued_at)
