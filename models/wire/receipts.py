"""Central's word to a box: receipts for single events, and the head that central holds.

Both are signed with central's Ed25519 key, because the broker must not be able to make one. A receipt is given only
after central's commit; a broker's PUBACK is none. Not here: who sends and stores them.
"""

from datetime import datetime
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.clock import from_unix_ms, to_unix_ms
from models.errors import BadInputError
from models.wire import codec
from models.wire.central_keys import SignatureCheck
from models.wire.event_chain import Count, Digest, Head, Word

RECEIPT_DOMAIN: Final = b"smart-classroom receipt v1\n"
STATEMENT_DOMAIN: Final = b"smart-classroom head statement v1\n"


class CentralSignatureError(BadInputError):
    """A receipt or head statement is not central's. It is ignored; alarm IT when it happens again."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Central holds this event durably since `received_at` (UTC, whole milliseconds)."""

    box_id: Word
    epoch: Count
    seq: Count
    event_hash: Digest
    received_at: datetime


class SignedReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt's deterministic CBOR and central's signature over `RECEIPT_DOMAIN` and these bytes."""

    body: bytes
    signature: bytes


class HeadStatement(msgspec.Struct, frozen=True, kw_only=True):
    """Central's own head of a box's chain (None: it holds nothing), answering the box's session `session`.

    `forked` says that something the box sent does not continue this head. `stated_at` is central's time (UTC, whole
    milliseconds).
    """

    box_id: Word
    session: Word
    head: Head | None
    forked: bool
    stated_at: datetime


class SignedStatement(msgspec.Struct, frozen=True, kw_only=True):
    """The statement's deterministic CBOR and central's signature over `STATEMENT_DOMAIN` and these bytes."""

    body: bytes
    signature: bytes


def sign_receipt(receipt: Receipt, key: Ed25519PrivateKey) -> SignedReceipt:
    """A receipt as central sends it."""
    body = codec.encode(msgspec.structs.replace(receipt, received_at=_whole_ms(receipt.received_at)))
    return SignedReceipt(body=body, signature=key.sign(RECEIPT_DOMAIN + body))


def open_receipt(signed: SignedReceipt, key: SignatureCheck) -> Receipt:
    """The receipt, if central signed it. Raises CentralSignatureError, or CodecError on bytes that are no receipt."""
    _verify(signed.signature, RECEIPT_DOMAIN + signed.body, key)
    return codec.decode(signed.body, Receipt)


def sign_statement(statement: HeadStatement, key: Ed25519PrivateKey) -> SignedStatement:
    """A head statement as central sends it."""
    body = codec.encode(msgspec.structs.replace(statement, stated_at=_whole_ms(statement.stated_at)))
    return SignedStatement(body=body, signature=key.sign(STATEMENT_DOMAIN + body))


def open_statement(signed: SignedStatement, key: SignatureCheck) -> HeadStatement:
    """The statement, if central signed it. Raises CentralSignatureError, or CodecError on bytes that are none."""
    _verify(signed.signature, STATEMENT_DOMAIN + signed.body, key)
    return codec.decode(signed.body, HeadStatement)


def what_a_receipt_prunes(receipt: Receipt, box_id: str, own_hash: bytes | None) -> tuple[int, int] | None:
    """Up to which (epoch, seq), itself included, this receipt frees the box's outbox; None: nothing (rule c).

    `own_hash` is the hash that the box itself holds at the receipt's number, None if it holds none. A receipt for
    another branch frees nothing. One for our own link covers every link before it, because central takes links only in
    order. A receipt for an old event that was sent again (rule d) is one like any other.
    """
    if receipt.box_id != box_id or own_hash is None or own_hash != receipt.event_hash:
        return None
    return receipt.epoch, receipt.seq


def _whole_ms(instant: datetime) -> datetime:
    return from_unix_ms(to_unix_ms(instant))


def _verify(signature: bytes, content: bytes, key: SignatureCheck) -> None:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        raise CentralSignatureError(
            "The signature is not central's. Compare the box's copy of central's key with central's."
        ) from None
