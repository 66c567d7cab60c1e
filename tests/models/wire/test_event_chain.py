"""The chain's words: one encoding, strict reading, signatures, and the rule whether a link continues a head."""

from contextlib import suppress

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st

from models.wire import codec, event_chain
from models.wire.event_chain import (
    GENESIS,
    ChainEvent,
    ChainEventError,
    Head,
    Link,
    SignedEvent,
    decode_event,
    encode_event,
    event_hash,
    first_prev,
    judge_link,
    sign_event,
    verify_signed_event,
)
from tests.builders.events import BOX_KEY, build_event, events, head_of

BODY = encode_event(build_event())


@given(events)
def test_an_event_survives_its_encoding(event: ChainEvent) -> None:
    body = encode_event(event)
    assert decode_event(body) == event
    assert encode_event(decode_event(body)) == body


def test_the_bytes_of_an_event_never_change() -> None:
    """Signed events are kept for years: this is the encoding of version 1."""
    assert event_hash(BODY).hex() == "4a73234607ea9caee6229a4441971a0c8cb33e4f948eef520c1b9ff222f2b6ee"


@given(st.data())
def test_one_altered_byte_is_no_longer_the_same_event(data: st.DataObject) -> None:
    place = data.draw(st.integers(min_value=0, max_value=len(BODY) - 1))
    altered = bytearray(BODY)
    altered[place] ^= data.draw(st.integers(min_value=1, max_value=255))
    with suppress(ChainEventError):
        assert decode_event(bytes(altered)) != build_event()
    assert not verify_signed_event(
        SignedEvent(body=bytes(altered), signature=sign_event(BODY, BOX_KEY).signature), BOX_KEY.public_key()
    )


@pytest.mark.parametrize("text", ["a\x00b", "a\n", "\x7f", "\x1b[2J"])
def test_a_text_with_a_control_character_is_never_signed_and_never_read(text: str) -> None:
    with pytest.raises(ChainEventError):
        encode_event(build_event(actor=text))
    with pytest.raises(ChainEventError):
        decode_event(codec.encode(build_event(reason=text)))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_by_name(content: bytes) -> None:
    assume(content != BODY)
    with pytest.raises(ChainEventError):
        decode_event(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        BODY + b"\x00",
        BODY[:-1],
        BODY.replace(b"\x94", b"\x9f", 1) + b"\xff",
        cbor2.dumps(cbor2.CBORTag(35, "(")),
        cbor2.dumps([1, 2]),
        b"\x81" * 5000,
        bytes.fromhex("9b7fffffffffffffff"),
        BODY.replace(b"\x01", b"\x18\x01", 1),
    ],
    ids=["empty", "tail", "cut", "indefinite", "tag", "short", "deep", "huge length", "longer number"],
)
def test_other_encodings_are_refused(content: bytes) -> None:
    with pytest.raises(ChainEventError):
        decode_event(content)


@pytest.mark.parametrize(
    "changes",
    [{"prev": b"short"}, {"uuid": bytes(17)}, {"seq": -1}, {"box_id": "a/b"}, {"room": "x" * 201}, {"v": 2}],
)
def test_an_event_out_of_its_bounds_is_never_encoded(changes: dict[str, object]) -> None:
    with pytest.raises(ChainEventError):
        encode_event(build_event(**changes))


def test_the_error_repeats_no_value() -> None:
    plain = cbor2.loads(BODY)
    plain[9] = "Nguyễn Văn An"
    with pytest.raises(ChainEventError) as caught:
        decode_event(cbor2.dumps(plain, canonical=True))
    assert "Nguyễn" not in str(caught.value)


def test_only_the_holder_of_the_key_can_sign() -> None:
    signed = sign_event(BODY, BOX_KEY)
    assert verify_signed_event(signed, BOX_KEY.public_key())
    assert not verify_signed_event(signed, Ed25519PrivateKey.generate().public_key())


def test_a_signature_over_the_bytes_alone_is_not_enough() -> None:
    bare = SignedEvent(body=BODY, signature=BOX_KEY.sign(BODY))
    assert not verify_signed_event(bare, BOX_KEY.public_key())


def test_the_first_prev_of_a_later_epoch_names_number_and_head() -> None:
    head = Head(epoch=0, seq=5, hash=bytes(32))
    other = Head(epoch=0, seq=6, hash=bytes(32))
    assert first_prev(0, None) == GENESIS
    assert len({first_prev(1, head), first_prev(2, head), first_prev(1, other), first_prev(1, None)}) == 4


def judge(head: Head | None, event: ChainEvent, held: bytes | None = None) -> Link:
    return judge_link(head, event, event_hash(encode_event(event)), held)


FIRST = build_event()
HEAD = head_of(FIRST)
SECOND = build_event(seq=1, prev=HEAD.hash)


@pytest.mark.parametrize(
    ("head", "event", "expected"),
    [
        (None, FIRST, Link.CONTINUES),
        (None, SECOND, Link.GAP),
        (None, build_event(prev=bytes([1]) * 32), Link.FORK),
        (HEAD, SECOND, Link.CONTINUES),
        (HEAD, build_event(seq=2, prev=HEAD.hash), Link.GAP),
        (HEAD, build_event(seq=1, prev=bytes(32)), Link.FORK),
        (HEAD, FIRST, Link.FORK),
        (HEAD, build_event(epoch=1, prev=first_prev(1, HEAD)), Link.NEW_EPOCH),
        (HEAD, build_event(epoch=1, prev=first_prev(1, None)), Link.FORK),
        (HEAD, build_event(epoch=1, seq=1, prev=HEAD.hash), Link.GAP),
        (Head(epoch=2, seq=0, hash=bytes(32)), SECOND, Link.STALE_EPOCH),
    ],
)
def test_what_continues_a_head(head: Head | None, event: ChainEvent, expected: Link) -> None:
    assert judge(head, event) is expected


def test_a_link_that_is_held_already_is_recognised_and_another_in_its_place_is_a_fork() -> None:
    assert judge(HEAD, FIRST, held=HEAD.hash) is Link.ALREADY_HELD
    assert judge(HEAD, FIRST, held=bytes(32)) is Link.FORK


@given(events)
def test_only_the_right_number_and_hash_continue(event: ChainEvent) -> None:
    verdict = judge(HEAD, event)
    fits = event.epoch == 0 and event.seq == 1 and event.prev == HEAD.hash
    assert (verdict is Link.CONTINUES) == fits


def test_a_commitment_needs_a_whole_salt_and_hides_without_it() -> None:
    fields = {"citizen_id": "001208012345"}
    assert event_chain.commitment(bytes(32), fields) != event_chain.commitment(b"\x01" * 32, fields)
    with pytest.raises(ChainEventError):
        event_chain.commitment(b"short", fields)
