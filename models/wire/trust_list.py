"""The signed list of whom a box trusts: by network or USB stick, the same bytes, and its version only rises.

Deterministic CBOR with the authority's Ed25519 signature. Not here: fetching and keeping it (`provisioning.device`),
the broker's X.509 revocation list (the same revocations, in the form that a broker reads).
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from models.enrollment import ExamWindow
from models.errors import BadInputError
from models.wire import codec
from models.wire.event_chain import Count, Word

DOMAIN: Final = b"smart-classroom trust list v1\n"
FILE_NAME: Final = "trust-list.json"
"""Its name on a USB stick and in a box: the JSON of a `SignedTrustList`."""

LARGEST_BYTES: Final = 4 * 1024 * 1024


class TrustListRefusal(StrEnum):
    """Why a list is not taken."""

    UNKNOWN_SHAPE = "unknown shape"
    WRONG_SIGNATURE = "wrong signature"
    OTHER_SCHOOL = "other school"
    OLDER_THAN_HELD = "older than held"
    PAST_GOOD_UNTIL = "past good until"


class TrustedBox(msgspec.Struct, frozen=True, kw_only=True):
    """A box of the same school: who signs what in which room."""

    box_id: Word
    room_id: Word
    chain_key: bytes
    serial: Word


class RevokedCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that must not be believed any more (serial in hex)."""

    box_id: Word
    serial: Word
    revoked_at: datetime


class TrustList(msgspec.Struct, frozen=True, kw_only=True):
    """Version `version` of the list for one school, issued at `issued_at` (UTC), to be used until `good_until`.

    `authorities` are DER certificates (root, issuing), `central_keys` raw Ed25519 keys of receipts and rosters.
    `boxes` are those of the school, `revoked` those of the whole province, `exams` those still to come in the
    school's rooms, and those that name no rooms.
    """

    version: Count
    school_id: Annotated[str, msgspec.Meta(max_length=200)]
    issued_at: datetime
    good_until: datetime
    authorities: tuple[bytes, ...]
    central_keys: tuple[bytes, ...]
    boxes: tuple[TrustedBox, ...]
    revoked: tuple[RevokedCertificate, ...]
    exams: tuple[ExamWindow, ...]


class SignedTrustList(msgspec.Struct, frozen=True, kw_only=True):
    """The list's bytes and the authority's signature over `DOMAIN` and these bytes."""

    body: bytes
    signature: bytes


def sign_trust_list(trust_list: TrustList, key: Ed25519PrivateKey) -> SignedTrustList:
    """A list as it travels."""
    body = codec.encode(trust_list)
    return SignedTrustList(body=body, signature=key.sign(DOMAIN + body))


def to_file(signed: SignedTrustList) -> bytes:
    """The bytes of `FILE_NAME`."""
    return msgspec.json.encode(signed)


def from_file(content: bytes) -> SignedTrustList:
    """The signed list in these bytes. Raises BadInputError when they are none."""
    if len(content) > LARGEST_BYTES:
        raise BadInputError("The trust list is too large. Copy it again from the authority.")
    try:
        return msgspec.json.decode(content, type=SignedTrustList)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadInputError("The file is no trust list. Copy it again from the authority.") from None


def open_trust_list(
    signed: SignedTrustList, key: Ed25519PublicKey, school_id: str, now: datetime, held_version: int | None
) -> TrustList | TrustListRefusal:
    """The list, or why a box of this school must not take it.

    `now` is UTC. `held_version` is the version that the box holds, None for its first; the same version is welcome.
    """
    try:
        key.verify(signed.signature, DOMAIN + signed.body)
        trust_list = codec.decode(signed.body, TrustList)
    except InvalidSignature:
        return TrustListRefusal.WRONG_SIGNATURE
    except codec.CodecError:
        return TrustListRefusal.UNKNOWN_SHAPE
    if trust_list.school_id != school_id:
        return TrustListRefusal.OTHER_SCHOOL
    if held_version is not None and trust_list.version < held_version:
        return TrustListRefusal.OLDER_THAN_HELD
    if now >= trust_list.good_until:
        return TrustListRefusal.PAST_GOOD_UNTIL
    return trust_list
