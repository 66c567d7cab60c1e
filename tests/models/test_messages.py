"""Broker messages: there and back, strict, bounded, and tolerant of fields from tomorrow."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.clock import TimeQuality
from models.messages import (
    LARGEST_UP_BYTES,
    Ack,
    BatchedEvent,
    EventBatch,
    Gone,
    Hello,
    MessageShapeError,
    MessageTooLargeError,
    RosterMessage,
    decode,
    encode,
)
from models.wire.event_chain import Head
from models.wire.receipts import SignedReceipt, SignedStatement
from models.wire.signed_bundle import SignedBundle

HELLO = Hello(
    session="s1",
    software="0.1.0",
    head=Head(epoch=0, seq=3, hash=bytes(32)),
    rosters={"ca-1": 2},
    time_quality=TimeQuality.NTS,
    sent_at=datetime(2026, 6, 11, tzinfo=UTC),
    waiting=7,
    reader="ok",
    camera="absent",
)
batched = st.builds(
    BatchedEvent, body=st.binary(max_size=300), signature=st.binary(max_size=64), evidence=st.none() | st.binary()
)


@given(st.lists(batched, max_size=50).map(tuple))
def test_the_bytes_of_events_travel_unchanged(events: tuple[BatchedEvent, ...]) -> None:
    batch = EventBatch(session="s", epoch=1, base=5, events=events)
    assert decode(encode(batch), EventBatch) == batch


def test_every_other_message_goes_there_and_back() -> None:
    statement = SignedStatement(body=b"b", signature=b"s")
    ack = Ack(receipts=(SignedReceipt(body=b"\x00\xff", signature=b"s"),), statement=statement)
    roster = RosterMessage(bundle=SignedBundle(body=b"b", signature=b"s"))
    assert decode(encode(HELLO), Hello) == HELLO
    assert decode(encode(ack), Ack) == ack
    assert decode(encode(roster), RosterMessage) == roster
    assert decode(encode(Gone(session="s")), Gone) == Gone(session="s")


def test_unknown_fields_are_ignored() -> None:
    plain = {**msgspec.to_builtins(HELLO), "from_tomorrow": [1, 2]}
    assert decode(msgspec.json.encode(plain), Hello) == HELLO


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_by_name(payload: bytes) -> None:
    with pytest.raises(MessageShapeError):
        decode(payload, EventBatch)
    with pytest.raises(MessageShapeError):
        decode(payload, Ack)


@pytest.mark.parametrize(
    "change",
    [{"waiting": -1}, {"waiting": "7"}, {"head": {"epoch": 0, "seq": 0, "hash": "AA=="}}, {"time_quality": "guess"},
     {"session": None}, {"sent_at": "yesterday"}],
)  # fmt: skip
def test_a_wrong_type_or_bound_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MessageShapeError):
        decode(msgspec.json.encode({**msgspec.to_builtins(HELLO), **change}), Hello)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(MessageShapeError):
        decode(b'{"session":' + b"[" * 100_000, Hello)


def test_a_batch_of_more_than_fifty_events_is_refused() -> None:
    event = BatchedEvent(body=b"", signature=b"", evidence=None)
    with pytest.raises(MessageShapeError):
        decode(msgspec.json.encode(EventBatch(session="s", epoch=0, base=0, events=(event,) * 51)), EventBatch)


def test_a_message_beyond_its_size_is_neither_sent_nor_read() -> None:
    event = BatchedEvent(body=bytes(LARGEST_UP_BYTES), signature=b"", evidence=None)
    batch = EventBatch(session="s", epoch=0, base=0, events=(event,))
    with pytest.raises(MessageTooLargeError):
        encode(batch)
    with pytest.raises(MessageTooLargeError):
        decode(msgspec.json.encode(batch), EventBatch)
