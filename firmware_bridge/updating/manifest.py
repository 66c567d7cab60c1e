"""What the province's release people sign for a firmware image, and an administrator for a step back.

Both are deterministic CBOR with an Ed25519 signature over a domain and these bytes. The private key is never on a box.
Not here: where the files lie (`shelf`), whether a board may get the image (`update`).
"""

from datetime import datetime
from typing import Annotated, Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.updating.flash_refusals import FlashRefusal
from models.wire import codec
from models.wire.central_keys import SignatureCheck

MANIFEST_DOMAIN: Final = b"smart-classroom board firmware v1\n"
APPROVAL_DOMAIN: Final = b"smart-classroom board firmware step back v1\n"

BoardId = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,39}\Z")]
VersionText = Annotated[str, msgspec.Meta(pattern=r"\A(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\Z")]
Sha256 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One image. `sha256` is of the HEX file as it is; `built_at` UTC."""

    board: BoardId
    version: VersionText
    sha256: Sha256
    min_version: VersionText
    """The oldest installed version from which this image may be written."""
    built_at: datetime


class StepBack(msgspec.Struct, frozen=True, kw_only=True):
    """An administrator's approval to replace a newer version by this image, until `expires_at` (UTC)."""

    board: BoardId
    version: VersionText
    sha256: Sha256
    approved_by: Sentence
    """The administrator's account."""
    reason: Sentence
    approved_at: datetime
    expires_at: datetime


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds: the signed bytes and the signature."""

    body: bytes
    signature: bytes


T = TypeVar("T", Manifest, StepBack)
_DOMAINS: Final[dict[type, bytes]] = {Manifest: MANIFEST_DOMAIN, StepBack: APPROVAL_DOMAIN}


def sign(word: Manifest | StepBack, key: Ed25519PrivateKey) -> bytes:
    """The file's content."""
    body = codec.encode(word)
    return codec.encode(Signed(body=body, signature=key.sign(_DOMAINS[type(word)] + body)))


def open_signed(content: bytes, kind: type[T], key: SignatureCheck) -> T | FlashRefusal:
    """What was signed, or why it does not count."""
    try:
        signed = codec.decode(content, Signed)
        key.verify(signed.signature, _DOMAINS[kind] + signed.body)
        return codec.decode(signed.body, kind)
    except InvalidSignature:
        return FlashRefusal.WRONG_SIGNATURE
    except codec.CodecError:
        return FlashRefusal.UNKNOWN_SHAPE


def version_key(text: str) -> tuple[int, ...] | None:
    """What versions are compared by; None when the text is not three numbers with dots."""
    try:
        return tuple(int(number) for number in msgspec.convert(text, VersionText).split("."))
    except msgspec.ValidationError:
        return None
