"""The signed bundle of card trust: country certificates, revocation lists and the policy, for boxes and centre alike.

Deterministic CBOR with the authority's Ed25519 signature; its version only rises. It travels inside rosters. Not here:
making it (`provisioning.card_trust`), keeping it on a box (`edge.card_trust_keeper`), judging by it (`models.chip`).
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from models.chip.trust_policy import TrustPolicy
from models.chip.trust_store import MOST_CERTIFICATES, MOST_LISTS, TrustStore
from models.errors import BadInputError
from models.wire import codec
from models.wire.event_chain import Count

DOMAIN: Final = b"smart-classroom card trust v1\n"
LARGEST_BYTES: Final = 2 * 1024 * 1024
"""So large a bundle still fits into a roster's message with the photographs of a room."""


class CardTrustRefusal(StrEnum):
    """Why a bundle is not taken."""

    UNKNOWN_SHAPE = "unknown shape"
    WRONG_SIGNATURE = "wrong signature"
    OLDER_THAN_HELD = "older than held"


class CardTrustTooLargeError(BadInputError):
    """The bundle would not fit into a roster. Take fewer countries into it."""


class InstalledPiece(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate or a revocation list in DER; `source` is its place in `CardTrust.sources`."""

    encoded: bytes
    source: Count


class CardTrust(msgspec.Struct, frozen=True, kw_only=True):
    """Version `version`, put together at `made_at` (UTC). `sources` names files and who signed them, for people."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    made_at: datetime
    policy: TrustPolicy
    certificates: Annotated[tuple[InstalledPiece, ...], msgspec.Meta(max_length=MOST_CERTIFICATES)]
    revocation_lists: Annotated[tuple[InstalledPiece, ...], msgspec.Meta(max_length=MOST_LISTS)]
    sources: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=300)], ...], msgspec.Meta(max_length=1000)]

    def store(self) -> TrustStore:
        """The same as `judge_chip` takes it; reads nothing yet."""
        return TrustStore.of(
            (one.encoded for one in self.certificates), (one.encoded for one in self.revocation_lists), self.policy
        )


class _Signed(msgspec.Struct, frozen=True, kw_only=True):
    body: bytes
    signature: bytes


def sign_card_trust(trust: CardTrust, key: Ed25519PrivateKey) -> bytes:
    """A bundle as it lies in a file and travels. Raises `CardTrustTooLargeError`."""
    body = codec.encode(trust)
    signed = codec.encode(_Signed(body=body, signature=key.sign(DOMAIN + body)))
    if len(signed) > LARGEST_BYTES:
        raise CardTrustTooLargeError(
            f"Gói có {len(signed)} byte, tối đa {LARGEST_BYTES}. Chỉ thêm những nước cần (--country).\n"
            f"The bundle has {len(signed)} octets, {LARGEST_BYTES} are allowed. Add only countries in need (--country)."
        )
    return signed


def open_card_trust(
    content: bytes, key: Ed25519PublicKey, held_version: int | None = None
) -> CardTrust | CardTrustRefusal:
    """The bundle, or why it is not taken. The version that is held already (None: none yet) is welcome again."""
    if len(content) > LARGEST_BYTES:
        return CardTrustRefusal.UNKNOWN_SHAPE
    try:
        signed = codec.decode(content, _Signed)
        key.verify(signed.signature, DOMAIN + signed.body)
        trust = codec.decode(signed.body, CardTrust)
    except InvalidSignature:
        return CardTrustRefusal.WRONG_SIGNATURE
    except codec.CodecError:
        return CardTrustRefusal.UNKNOWN_SHAPE
    if held_version is not None and trust.version < held_version:
        return CardTrustRefusal.OLDER_THAN_HELD
    return trust
