"""Chain events of one box, and evidence, with whatever a test varies."""

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st

from edge.happenings import Happening
from models.clock import TimeQuality
from models.wire.event_chain import ChainEvent, EventKind, Head, encode_event, event_hash, first_prev

BOX_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CENTRAL_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))

_words = st.text(st.characters(codec="utf-8", exclude_characters=[*map(chr, range(0x20)), "\x7f"]), max_size=30)
_digests = st.binary(min_size=32, max_size=32)
_counts = st.integers(min_value=0, max_value=2**63 - 1)


def build_event(**changes: object) -> ChainEvent:
    event = ChainEvent(
        box_id="box-101",
        epoch=0,
        seq=0,
        prev=first_prev(0, None),
        uuid=bytes(range(16)),
        exam="exam-1",
        session="ca-1",
        room="P101",
        kind=EventKind.ADMITTED,
        decision="automatic",
        wall_time_ms=1_781_136_000_000,
        boot=1,
        monotonic_ms=5,
        time_quality=TimeQuality.NTS,
        commitment=None,
        evidence_hash=None,
        actor="",
        reason="",
        utc_offset_minutes=420,
    )
    return msgspec.structs.replace(event, **changes)


def head_of(event: ChainEvent) -> Head:
    return Head(epoch=event.epoch, seq=event.seq, hash=event_hash(encode_event(event)))


def happening(number: int = 0, **changes: object) -> Happening:
    """A happening whose UUID is a number."""
    built = Happening(kind=EventKind.ADMITTED, time_quality=TimeQuality.NTS, uuid=number.to_bytes(16), session="ca-1")
    return msgspec.structs.replace(built, **changes)


events = st.builds(
    ChainEvent,
    box_id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True),
    epoch=_counts,
    seq=_counts,
    prev=_digests,
    uuid=st.binary(min_size=16, max_size=16),
    exam=_words,
    session=_words,
    room=_words,
    kind=st.sampled_from(EventKind),
    decision=_words,
    wall_time_ms=_counts,
    boot=_counts,
    monotonic_ms=_counts,
    time_quality=st.sampled_from(TimeQuality),
    commitment=st.none() | _digests,
    evidence_hash=st.none() | _digests,
    actor=_words,
    reason=_words,
    utc_offset_minutes=st.integers(min_value=-720, max_value=840),
)
