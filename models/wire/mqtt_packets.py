"""The part of MQTT 5 (OASIS, 2019) that a listening program needs, as bytes: pure, no sockets.

What a broker sends comes out of `PacketReader` in whatever pieces the network makes of it; anything it may not send
ends in `MalformedPacketError`. QoS 0 and 1, no topic alias, no authentication exchange. Not here: connecting
(`mqtt_reader`), and the sessions of boxes (`mqtt_session`).
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from models.errors import ClassroomError

PING: Final = b"\xc0\x00"
END: Final = b"\xe0\x00"
_CONNECT: Final = 0x10
_SUBSCRIBE: Final = 0x82
_PUBLISH: Final = 3
_RETAIN: Final = 0x01
_QUALITY_ONE: Final = 0x02
_NEEDS_ID_MASK: Final = 0x06
_DUPLICATE: Final = 0x08
_CLEAN_START: Final = 0x02
_WILL: Final = 0x0C
_WILL_RETAIN: Final = 0x20
_MOST_TOPICS: Final = 20_000
_TOPIC_ALIAS: Final = 0x23
_MOST_LENGTH_BYTES: Final = 4
_NUMBERS: Final = {
    0x01: 1, 0x02: 4, 0x11: 4, 0x13: 2, 0x17: 1, 0x18: 4, 0x19: 1, 0x21: 2, 0x22: 2, 0x23: 2, 0x24: 1, 0x25: 1,
    0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1,
}  # fmt: skip
_TEXTS: Final = frozenset({0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F})
_USER_PROPERTY: Final = 0x26
_SUBSCRIPTION_ID: Final = 0x0B
_RECEIVE_MAXIMUM: Final = 0x21
_LARGEST_PACKET: Final = 0x27
_KEEPALIVE: Final = 0x13


_REASONS: Final = {
    0x00: "Normal disconnection", 0x04: "Disconnect with will message", 0x80: "Unspecified error",
    0x81: "Malformed packet", 0x82: "Protocol error", 0x83: "Implementation specific error",
    0x84: "Unsupported protocol version", 0x85: "Client identifier not valid", 0x86: "Bad user name or password",
    0x87: "Not authorized", 0x88: "Server unavailable", 0x89: "Server busy", 0x8A: "Banned",
    0x8B: "Server shutting down", 0x8D: "Keep alive timeout", 0x8E: "Session taken over", 0x8F: "Topic filter invalid",
    0x90: "Topic name invalid", 0x91: "Packet identifier in use", 0x93: "Receive maximum exceeded",
    0x95: "Packet too large", 0x96: "Message rate too high", 0x97: "Quota exceeded", 0x98: "Administrative action",
    0x99: "Payload format invalid", 0x9A: "Retain not supported", 0x9B: "QoS not supported",
    0x9C: "Use another server", 0x9D: "Server moved", 0x9F: "Connection rate exceeded", 0xA0: "Maximum connect time",
}  # fmt: skip


class MalformedPacketError(ClassroomError):
    """The broker sent what MQTT 5 does not allow here. The connection ends; look at the broker's version and log."""


class Accepted(msgspec.Struct, frozen=True):
    """CONNACK: `code` is 0, or why not. `window`: messages of ours that may be unacknowledged."""

    code: int
    window: int = 65535
    largest_packet: int = 268_435_455
    keepalive_seconds: int | None = None


class Heard(msgspec.Struct, frozen=True):
    """PUBLISH. `packet_id` is 0 at QoS 0."""

    topic: str
    payload: bytes
    packet_id: int
    retained: bool


class Acknowledged(msgspec.Struct, frozen=True):
    """PUBACK of a message of ours; a `code` from 0x80 on says that it was refused."""

    packet_id: int
    code: int


class Subscribed(msgspec.Struct, frozen=True):
    """SUBACK: a code for each filter, in their order."""

    packet_id: int
    codes: bytes


class Pong(msgspec.Struct, frozen=True):
    """PINGRESP."""


class Ended(msgspec.Struct, frozen=True):
    """DISCONNECT by the broker, with its reason."""

    code: int


Packet = Accepted | Heard | Acknowledged | Subscribed | Pong | Ended


def reason(code: int) -> str:
    """A reason code in words, as the specification calls it."""
    return _REASONS.get(code, f"reason {code}")


def connect_packet(
    client_id: str, keepalive_seconds: int, largest_packet: int, will: tuple[str, bytes, bool] | None = None
) -> bytes:
    """CONNECT with a clean start and no session afterwards. `will`: topic, payload, retained; sent at QoS 1."""
    flags = _CLEAN_START
    body = _text(client_id)
    if will is not None:
        topic, payload, retained = will
        flags |= _WILL | (_WILL_RETAIN if retained else 0)
        body += b"\x00" + _text(topic) + len(payload).to_bytes(2, "big") + payload
    properties = bytes([_LARGEST_PACKET]) + largest_packet.to_bytes(4, "big")
    head = _text("MQTT") + bytes([5, flags]) + keepalive_seconds.to_bytes(2, "big")
    return _packet(_CONNECT, head + _length(len(properties)) + properties + body)


def subscribe_packet(packet_id: int, filters: Sequence[str], quality: int) -> bytes:
    """SUBSCRIBE to all filters at once."""
    wanted = b"".join(_text(one) + bytes([quality]) for one in filters)
    return _packet(_SUBSCRIBE, packet_id.to_bytes(2, "big") + b"\x00" + wanted)


def publish_packet(packet_id: int, topic: str, payload: bytes, *, retain: bool) -> bytes:
    """PUBLISH at QoS 1."""
    head = _PUBLISH << 4 | _QUALITY_ONE | (_RETAIN if retain else 0)
    return _packet(head, _text(topic) + packet_id.to_bytes(2, "big") + b"\x00" + payload)


def puback_packet(packet_id: int) -> bytes:
    """PUBACK: taken."""
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


class PacketReader:
    """Turns a stream of bytes into packets. After an error it is of no use."""

    def __init__(self, largest_packet: int) -> None:
        self._largest = largest_packet
        self._kept = b""
        self._topics: dict[bytes, str] = {}

    def feed(self, piece: bytes) -> list[Packet]:
        """The packets that this piece completes, in their order. Raises MalformedPacketError."""
        stream = self._kept + piece if self._kept else piece
        packets: list[Packet] = []
        at, end = 0, len(stream)
        while end - at >= 2:
            length, body = stream[at + 1], at + 2
            if length & 0x80:
                found = _read_length(stream, at + 1, end)
                if found is None:
                    break
                length, body = found
            if body + length - at > self._largest:
                raise MalformedPacketError(f"A packet is longer than {self._largest} bytes.")
            if body + length > end:
                break
            head = stream[at]
            at = body + length
            if head >> 4 == _PUBLISH:
                packets.append(self._heard(head, stream, body, at))
            else:
                packets.append(_other(head, stream[body:at]))
        self._kept = stream[at:]
        return packets

    def _heard(self, head: int, stream: bytes, at: int, end: int) -> Heard:
        start = at + 2
        stop = start + int.from_bytes(stream[at:start], "big")
        numbered = head & _NEEDS_ID_MASK
        after = stop + 2 if numbered else stop
        if numbered > _QUALITY_ONE or (head & _DUPLICATE and not numbered) or after >= end:
            raise MalformedPacketError("A PUBLISH has a wrong quality of service, or is cut short.")
        packet_id = int.from_bytes(stream[stop:after], "big")
        if numbered and not packet_id:
            raise MalformedPacketError("A PUBLISH has the number 0.")
        size = stream[after]
        payload = after + 1
        if size:
            properties, payload = _properties(stream, after, end)
            if _TOPIC_ALIAS in properties:
                raise MalformedPacketError("A PUBLISH has a topic alias, which was not allowed.")
        raw = stream[start:stop]
        topic = self._topics.get(raw)
        if topic is None:
            topic = _topic(raw)
            if len(self._topics) < _MOST_TOPICS:
                self._topics[raw] = topic
        return Heard(topic, stream[payload:end], packet_id, bool(head & _RETAIN))


def _other(head: int, body: bytes) -> Packet:
    if head & 0x0F:
        raise MalformedPacketError(f"A packet of kind {head >> 4} has flags that it may not have.")
    match head >> 4:
        case 2:
            return _accepted(body)
        case 4:
            return _acknowledged(body)
        case 9:
            _, codes = _properties(body, 2, len(body))
            return Subscribed(int.from_bytes(body[:2], "big"), body[codes:])
        case 13 if not body:
            return Pong()
        case 14:
            if len(body) > 1:
                _properties(body, 1, len(body))
            return Ended(body[0] if body else 0)
        case kind:
            raise MalformedPacketError(f"A broker may not send a packet of kind {kind} with {len(body)} bytes here.")


def _accepted(body: bytes) -> Accepted:
    properties, end = _properties(body, 2, len(body))
    if end != len(body) or body[0] > 1:
        raise MalformedPacketError("A CONNACK has a wrong length or flag.")
    window = properties.get(_RECEIVE_MAXIMUM, 65535)
    largest = properties.get(_LARGEST_PACKET, 268_435_455)
    if not window or not largest:
        raise MalformedPacketError("A CONNACK allows nothing to be sent.")
    return Accepted(body[1], window, largest, properties.get(_KEEPALIVE))


def _acknowledged(body: bytes) -> Acknowledged:
    if len(body) < 2:
        raise MalformedPacketError("A PUBACK is cut short.")
    if len(body) > 3:
        _, end = _properties(body, 3, len(body))
        if end != len(body):
            raise MalformedPacketError("A PUBACK is too long.")
    return Acknowledged(int.from_bytes(body[:2], "big"), body[2] if len(body) > 2 else 0)


def _properties(body: bytes, at: int, end: int) -> tuple[dict[int, int], int]:
    """The properties that are numbers, and where they end; texts are only checked. Every one but 0x26, 0x0B once."""
    found = _read_length(body, at, end)
    if found is None or found[1] + found[0] > end:
        raise MalformedPacketError("Properties are cut short.")
    at, stop = found[1], found[1] + found[0]
    seen: dict[int, int] = {}
    while at < stop:
        name, value = body[at], 0
        at += 1
        if name in _NUMBERS:
            value = int.from_bytes(body[at : at + _NUMBERS[name]], "big")
            at += _NUMBERS[name]
        elif name == _SUBSCRIPTION_ID:
            number = _read_length(body, at, stop)
            if number is None:
                raise MalformedPacketError("A property is cut short.")
            value, at = number
        elif name in _TEXTS or name == _USER_PROPERTY:
            for _ in range(1 + (name == _USER_PROPERTY)):
                at += 2 + int.from_bytes(body[at : at + 2], "big")
        else:
            raise MalformedPacketError(f"No property has the number {name}.")
        if name in seen and name not in {_USER_PROPERTY, _SUBSCRIPTION_ID}:
            raise MalformedPacketError(f"The property {name} comes twice.")
        seen[name] = value
    if at != stop:
        raise MalformedPacketError("A property is cut short.")
    return seen, stop


def _read_length(body: bytes, at: int, end: int) -> tuple[int, int] | None:
    """A number of up to four bytes, and where it ends; None when it is not whole yet."""
    value = 0
    for place in range(_MOST_LENGTH_BYTES):
        if at + place >= end:
            return None
        value |= (body[at + place] & 0x7F) << 7 * place
        if body[at + place] < 0x80:
            return value, at + place + 1
    raise MalformedPacketError("A length has more than four bytes.")


def _topic(raw: bytes) -> str:
    try:
        topic = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedPacketError("A topic is no UTF-8.") from None
    if not topic or "\x00" in topic or "+" in topic or "#" in topic:
        raise MalformedPacketError("A topic is empty or holds a wildcard or U+0000.")
    return topic


def _text(words: str) -> bytes:
    raw = words.encode("utf-8")
    return len(raw).to_bytes(2, "big") + raw


def _length(value: int) -> bytes:
    digits = bytearray()
    while True:
        value, digit = divmod(value, 0x80)
        digits.append(digit | 0x80 if value else digit)
        if not value:
            return bytes(digits)


def _packet(head: int, body: bytes) -> bytes:
    return bytes([head]) + _length(len(body)) + body
