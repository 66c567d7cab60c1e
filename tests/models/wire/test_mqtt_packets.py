"""MQTT 5 packets in any pieces: what was packed is read again, and no bytes raise anything but the named error."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from models.wire.mqtt_packets import (
    Acknowledged,
    Heard,
    MalformedPacketError,
    Packet,
    PacketReader,
    Pong,
    Subscribed,
    publish_packet,
)

LARGEST = 4096
topics = st.text(min_size=1, max_size=40).filter(lambda words: not set(words) & set("+#\x00"))
topics = topics.filter(lambda words: words.isprintable())


@st.composite
def publish_properties(draw: st.DrawFn) -> bytes:
    """As paho packs them."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho leaves it untyped
    if draw(st.booleans()):
        properties.MessageExpiryInterval = draw(st.integers(0, 2**32 - 1))
    if draw(st.booleans()):
        properties.ContentType = draw(topics)
        properties.CorrelationData = draw(st.binary(max_size=20))
    if draw(st.booleans()):
        properties.UserProperty = draw(st.lists(st.tuples(topics, topics), min_size=1, max_size=3))
    if draw(st.booleans()):
        properties.SubscriptionIdentifier = draw(st.integers(1, 268_435_455))
    return bytes(properties.pack())  # type: ignore[no-untyped-call] # as above


@st.composite
def heard(draw: st.DrawFn) -> tuple[bytes, Packet]:
    topic, payload = draw(topics), draw(st.binary(max_size=300))
    packet_id, retained = draw(st.integers(0, 65535)), draw(st.booleans())
    raw = topic.encode()
    body = len(raw).to_bytes(2, "big") + raw + (packet_id.to_bytes(2, "big") if packet_id else b"")
    body += draw(publish_properties()) + payload
    head = 0x30 | (2 if packet_id else 0) | retained
    length = bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 0x7F | 0x80, len(body) >> 7])
    return bytes([head]) + length + body, Heard(topic, payload, packet_id, retained)


others = st.sampled_from(
    [
        (b"\x40\x02\x00\x07", Acknowledged(7, 0)),
        (b"\x40\x03\x00\x07\x87", Acknowledged(7, 0x87)),
        (b"\x40\x04\x01\x00\x10\x00", Acknowledged(256, 0x10)),
        (b"\x90\x05\xff\xff\x00\x00\x87", Subscribed(65535, b"\x00\x87")),
        (b"\xd0\x00", Pong()),
    ]
)


def fed(stream: bytes, cuts: Sequence[int]) -> list[Packet]:
    reader, found, at = PacketReader(LARGEST), [], 0
    for cut in [*sorted(min(cut, len(stream)) for cut in cuts), len(stream)]:
        found += reader.feed(stream[at:cut])
        at = cut
    return found


@given(st.lists(st.one_of(heard(), others), max_size=8), st.lists(st.integers(0, 3000), max_size=10))
@settings(max_examples=150, deadline=None)
def test_packets_come_out_whole_in_whatever_pieces_they_come(told: list[tuple[bytes, Packet]], cuts: list[int]) -> None:
    assert fed(b"".join(raw for raw, _ in told), cuts) == [packet for _, packet in told]


@given(topics, st.binary(max_size=400), st.integers(1, 65535), st.booleans())
@settings(max_examples=80, deadline=None)
def test_what_we_publish_can_be_read(topic: str, payload: bytes, packet_id: int, retain: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    raw = publish_packet(packet_id, topic, payload, retain=retain)
    assert fed(raw, []) == [Heard(topic, payload, packet_id, retain)]


def outcome(stream: bytes, cuts: Sequence[int]) -> list[Packet] | str:
    try:
        return fed(stream, cuts)
    except MalformedPacketError as error:
        return str(error)


heads = st.sampled_from([bytes([head]) for head in range(0x10, 0x100, 0x10)] + [b"\x32", b"\x31", b"\x34"])
near = st.tuples(heads, st.integers(0, 60).map(lambda n: bytes([n])), st.binary(max_size=60)).map(b"".join)


@given(st.one_of(st.binary(max_size=300), st.lists(near, max_size=5).map(b"".join)), st.lists(st.integers(0, 300)))
@settings(max_examples=600, deadline=None)
def test_any_bytes_in_any_pieces_end_in_packets_or_the_named_error_alike(stream: bytes, cuts: list[int]) -> None:
    whole, cut = outcome(stream, []), outcome(stream, cuts)
    assert whole == cut


@given(heard(), st.integers(0, 500), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_a_changed_byte_raises_nothing_but_the_named_error(told: tuple[bytes, Packet], at: int, value: int) -> None:
    raw = bytearray(told[0])
    raw[at % len(raw)] = value
    outcome(bytes(raw), [at])


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (b"\x30\xff\xff\xff\xff\x01", "more than four bytes"),
        (b"\x30\xff\xff\xff\x7f", "longer than"),
        (b"\x36\x06\x00\x01a\x00\x01\x00", "quality of service"),
        (b"\x38\x04\x00\x01a\x00", "quality of service"),
        (b"\x32\x06\x00\x01a\x00\x00\x00", "number 0"),
        (b"\x30\x03\x00\x01a", "cut short"),
        (b"\x30\x04\x00\x09a\x00", "cut short"),
        (b"\x30\x04\x00\x01+\x00", "wildcard"),
        (b"\x30\x03\x00\x00\x00", "empty"),
        (b"\x30\x04\x00\x01\xff\x00", "UTF-8"),
        (b"\x30\x07\x00\x01a\x03\x23\x00\x01", "alias"),
        (b"\x30\x08\x00\x01a\x04\x01\x00\x01\x00", "twice"),
        (b"\x30\x05\x00\x01a\x01\x7f", "No property"),
        (b"\x30\x06\x00\x01a\x02\x02\x00", "cut short"),
        (b"\x10\x00", "may not send"),
        (b"\xd0\x01\x00", "may not send"),
        (b"\x41\x02\x00\x01", "flags"),
        (b"\x20\x01\x00", "cut short"),
        (b"\x20\x06\x00\x00\x03\x21\x00\x00", "allows nothing"),
    ],
)
def test_what_a_broker_may_not_send_is_named(stream: bytes, why: str) -> None:
    with pytest.raises(MalformedPacketError, match=why):
        PacketReader(LARGEST).feed(stream)
