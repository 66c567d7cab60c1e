"""Receipts: only central can make one, and only one that names the box's own hash frees anything (rule c)."""

from datetime import UTC, datetime

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from models.wire.codec import CodecError
from models.wire.event_chain import Head
from models.wire.receipts import (
    RECEIPT_DOMAIN,
    CentralSignatureError,
    HeadStatement,
    Receipt,
    SignedReceipt,
    SignedStatement,
    open_receipt,
    open_statement,
    sign_receipt,
    sign_statement,
    what_a_receipt_prunes,
)
from tests.builders.events import CENTRAL_KEY

PUBLIC = CENTRAL_KEY.public_key()
AT = datetime(2026, 6, 11, 0, 0, 5, 123000, tzinfo=UTC)
RECEIPT = Receipt(box_id="box-101", epoch=1, seq=4, event_hash=bytes(32), received_at=AT)


@given(
    st.integers(min_value=0, max_value=2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
)
def test_a_receipt_survives_its_journey(seq: int, event_hash: bytes, at: datetime) -> None:
    whole_ms = at.replace(microsecond=at.microsecond // 1000 * 1000)
    receipt = Receipt(box_id="box-101", epoch=0, seq=seq, event_hash=event_hash, received_at=at)
    opened = open_receipt(sign_receipt(receipt, CENTRAL_KEY), PUBLIC)
    assert opened == msgspec.structs.replace(receipt, received_at=whole_ms)


def test_a_receipt_of_somebody_else_is_refused() -> None:
    with pytest.raises(CentralSignatureError):
        open_receipt(sign_receipt(RECEIPT, Ed25519PrivateKey.generate()), PUBLIC)


def test_a_statement_cannot_pass_for_a_receipt() -> None:
    statement = HeadStatement(box_id="box-101", session="s", head=None, forked=False, stated_at=AT)
    signed = sign_statement(statement, CENTRAL_KEY)
    assert open_statement(signed, PUBLIC) == statement
    with pytest.raises(CentralSignatureError):
        open_receipt(SignedReceipt(body=signed.body, signature=signed.signature), PUBLIC)


def test_signed_nonsense_is_refused_by_name() -> None:
    with pytest.raises(CodecError):
        open_receipt(SignedReceipt(body=b"x", signature=CENTRAL_KEY.sign(RECEIPT_DOMAIN + b"x")), PUBLIC)


def test_a_changed_head_breaks_the_statement() -> None:
    head = Head(epoch=0, seq=3, hash=bytes(32))
    statement = HeadStatement(box_id="box-101", session="s", head=head, forked=True, stated_at=AT)
    signed = sign_statement(statement, CENTRAL_KEY)
    altered = SignedStatement(body=signed.body.replace(b"\x03", b"\x04", 1), signature=signed.signature)
    with pytest.raises(CentralSignatureError):
        open_statement(altered, PUBLIC)


def test_a_receipt_frees_up_to_our_own_link() -> None:
    assert what_a_receipt_prunes(RECEIPT, "box-101", bytes(32)) == (1, 4)


@pytest.mark.parametrize(
    ("box_id", "own_hash"), [("box-101", b"\x01" * 32), ("box-101", None), ("box-102", bytes(32))],
    ids=["other branch", "unknown number", "other box"],
)  # fmt: skip
def test_a_receipt_for_another_branch_number_or_box_frees_nothing(box_id: str, own_hash: bytes | None) -> None:
    assert what_a_receipt_prunes(RECEIPT, box_id, own_hash) is None
