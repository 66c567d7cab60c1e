"""A roster as it travels and rests: deterministic CBOR with central's signature, opened only by the box it is for.

Not here: storing it (`edge.roster_store`) and what it holds (`models.exams`).
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.exams import RosterBundle
from models.identifiers import BoxId
from models.wire import codec
from models.wire.central_keys import SignatureCheck

DOMAIN: Final = b"smart-classroom roster bundle v1\n"


class BundleRefusal(StrEnum):
    """Why a box does not work from a bundle."""

    WRONG_SIGNATURE = "wrong signature"
    UNKNOWN_SHAPE = "unknown shape"
    OTHER_BOX = "other box"
    PAST_GOOD_UNTIL = "past good until"
    OLDER_THAN_HELD = "older than held"


class SignedBundle(msgspec.Struct, frozen=True, kw_only=True):
    """The bundle's bytes and central's Ed25519 signature over `DOMAIN` and these bytes."""

    body: bytes
    signature: bytes


def sign_bundle(bundle: RosterBundle, key: Ed25519PrivateKey) -> SignedBundle:
    """A bundle as central sends it."""
    body = codec.encode(bundle)
    return SignedBundle(body=body, signature=key.sign(DOMAIN + body))


def open_bundle(
    signed: SignedBundle,
    public_key: SignatureCheck,
    box_id: BoxId,
    now: datetime,
    held_version: int | None = None,
) -> RosterBundle | BundleRefusal:
    """The roster, or why this box must not work from it.

    `now` is UTC; a bundle counts until, not including, its `good_until`. `held_version` is the version that the box
    already holds for the same sitting, or None; the same version again is welcome.
    """
    try:
        public_key.verify(signed.signature, DOMAIN + signed.body)
        bundle = codec.decode(signed.body, RosterBundle)
    except InvalidSignature:
        return BundleRefusal.WRONG_SIGNATURE
    except codec.CodecError:
        return BundleRefusal.UNKNOWN_SHAPE
    if bundle.box_id != box_id:
        return BundleRefusal.OTHER_BOX
    if now >= bundle.good_until:
        return BundleRefusal.PAST_GOOD_UNTIL
    if held_version is not None and bundle.version < held_version:
        return BundleRefusal.OLDER_THAN_HELD
    return bundle
