"""One connection of `mqtt_reader`: what was agreed with the broker, what is under way, and what is due.

Ends by an exception that names the reason; the session tells it and connects anew. Not here: threads and reconnecting.
"""

import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, assert_never

from models.wire.broker_session import Connected, Disconnected, LastWill, PublishRefused, Refused, SessionState
from models.wire.mqtt_packets import (
    END,
    PING,
    Accepted,
    Acknowledged,
    Ended,
    Heard,
    MalformedPacketError,
    Packet,
    PacketReader,
    Pong,
    Subscribed,
    connect_packet,
    puback_packet,
    publish_packet,
    reason,
    subscribe_packet,
)
from models.wire.mqtt_session import CONNECT_SECONDS, Pace
from models.wire.tls_line import TlsLine

LARGEST_PACKET_BYTES: Final = 1024 * 1024
MOST_IN_A_TURN: Final = 2_000
_LOOK_SECONDS: Final = 1.0
_FAREWELL_SECONDS: Final = 2.0
_FAILURE: Final = 0x80
_LAST_ID: Final = 65_534
_SUBSCRIBE_ID: Final = 65_535


class ConnectionEndedError(OSError):
    """This connection is over; the text is the reason that is told."""


class ConnectionRefusedByBrokerError(ConnectionEndedError):
    """The broker's CONNACK says no."""


class MqttConnection:
    """`queue`, `ring`, `drop`, `end_politely` and `ready` are for any thread, the rest for the session's.

    `queue` holds messages to send: topic, payload, retained.
    """

    def __init__(self, line: TlsLine, filters: Sequence[str], pace: Pace) -> None:
        self.ready = False
        self.ended = False
        self.queue: deque[tuple[str, bytes, bool]] = deque()
        self._line = line
        self._filters = filters
        self._pace = pace
        self._reader = PacketReader(LARGEST_PACKET_BYTES)
        self._bell, self._ear = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._rung = False
        self._dropped = False
        self._leaving = False
        self._answer: Accepted | None = None
        self._in_flight: dict[int, str] = {}
        self._last_id = 0
        self._acks = b""
        self._all_sent = True
        self._keepalive: float = pace.keepalive_seconds
        self._began = self._spoke = self._heard = self._pinged = time.monotonic()

    def ring(self) -> None:
        """There is something to do besides reading."""
        if not self._rung:
            self._rung = True
            with suppress(OSError):  # the connection was closed meanwhile
                self._bell.send(b"!")

    def drop(self) -> None:
        """Cut it without a word."""
        self._dropped = True
        self.ring()

    def end_politely(self) -> None:
        """Send what may be sent, then DISCONNECT."""
        self._leaving = True
        self.ring()

    def greet(self, client_id: str, will: LastWill | None) -> None:
        """CONNECT. Raises OSError."""
        self._selector.register(self._line.link, selectors.EVENT_READ)
        self._selector.register(self._ear, selectors.EVENT_READ)
        said = None if will is None else (will.topic, will.payload, will.retained)
        self._send(connect_packet(client_id, self._pace.keepalive_seconds, LARGEST_PACKET_BYTES, said))

    def receive(self) -> list[Packet]:
        """Wait for something to do, and read what has come. Raises OSError, MalformedPacketError."""
        for key, _ in self._selector.select(_LOOK_SECONDS):
            if key.fileobj is self._ear:
                self._rung = False
                self._ear.recv(64)
        if self._dropped:
            raise ConnectionEndedError("dropped by this side")
        packets: list[Packet] = []
        more = True
        while more and len(packets) < MOST_IN_A_TURN:
            piece, more = self._line.receive()
            if piece:
                self._heard = time.monotonic()
                packets += self._reader.feed(piece)
        if packets and self._answer is None and not isinstance(packets[0], Accepted):
            raise MalformedPacketError("The broker did not begin with a CONNACK.")
        return packets

    def take(self, packet: Packet) -> Sequence[SessionState]:
        """What a packet that is no message changes. Raises ConnectionEndedError, MalformedPacketError."""
        match packet:
            case Accepted():
                return self._begin(packet)
            case Subscribed(packet_id=number, codes=codes):
                if number != _SUBSCRIBE_ID or len(codes) != len(self._filters) or self.ready:
                    raise MalformedPacketError("A SUBACK does not answer our SUBSCRIBE.")
                self.ready = True
                told = zip(self._filters, codes, strict=True)
                refused = [PublishRefused(topic=one, reason=reason(code)) for one, code in told if code >= _FAILURE]
                return [*refused, Connected()]
            case Acknowledged(packet_id=number, code=code):
                topic = self._in_flight.pop(number, None)
                if topic is None:
                    raise MalformedPacketError("A PUBACK answers no message of ours.")
                return [PublishRefused(topic=topic, reason=reason(code))] if code >= _FAILURE else []
            case Ended(code=code):
                raise ConnectionEndedError(reason(code))
            case Pong() | Heard():
                return []
            case _:
                assert_never(packet)

    def acknowledge(self, packet_id: int) -> None:
        """The message was handled; `settle` says so to the broker."""
        self._acks += puback_packet(packet_id)

    def settle(self) -> Sequence[SessionState]:
        """Send what is due: acknowledgements, messages as far as the broker allows, a sign of life, the farewell.

        Raises OSError (ConnectionEndedError when the broker is silent).
        """
        now = time.monotonic()
        refused: list[SessionState] = []
        due, self._acks = [self._acks], b""
        while self._answer is not None and self.queue and self._all_sent and len(self._in_flight) < self._answer.window:
            topic, payload, retained = self.queue.popleft()
            packet = publish_packet(self._next_id(), topic, payload, retain=retained)
            if len(packet) > self._answer.largest_packet:
                refused.append(PublishRefused(topic=topic, reason="Packet too large"))
            else:
                self._in_flight[self._last_id] = topic
                due.append(packet)
        quiet = 0.75 * self._keepalive
        if now - min(self._spoke, self._heard) >= quiet and now - self._pinged >= quiet:
            self._pinged = now
            due.append(PING)
        if now - self._heard > 1.5 * self._keepalive or (self._answer is None and now - self._began > CONNECT_SECONDS):
            raise ConnectionEndedError("the broker is silent")
        self._send(b"".join(due))
        if self._leaving:
            self._line.link.settimeout(_FAREWELL_SECONDS)
            self._send(END)
            self.ended = True
        return refused

    def why_ended(self, error: Exception) -> SessionState:
        """What is told of a connection that this error ended."""
        if isinstance(error, ConnectionRefusedByBrokerError):
            return Refused(reason=str(error))
        words = str(error) if isinstance(error, ConnectionEndedError) else f"{type(error).__name__}: {error}"
        if self._answer is None and not isinstance(error, MalformedPacketError):
            return Refused(reason=f"closed before an answer ({words}); the broker may not accept the certificate")
        return Disconnected(reason=words)

    def close(self) -> None:
        """At once, without a word."""
        self.ready = False
        self._selector.close()
        self._line.close()
        self._bell.close()
        self._ear.close()

    def _begin(self, answer: Accepted) -> Sequence[SessionState]:
        if self._answer is not None:
            raise MalformedPacketError("The broker sent a second CONNACK.")
        self._answer = answer
        if answer.code:
            raise ConnectionRefusedByBrokerError(reason(answer.code))
        self._keepalive = answer.keepalive_seconds or self._keepalive
        if self._filters:
            self._send(subscribe_packet(_SUBSCRIBE_ID, self._filters, self._pace.heard_quality))
            return []
        self.ready = True
        return [Connected()]

    def _next_id(self) -> int:
        self._last_id = self._last_id % _LAST_ID + 1
        while self._last_id in self._in_flight:
            self._last_id = self._last_id % _LAST_ID + 1
        return self._last_id

    def _send(self, words: bytes) -> None:
        if words:
            self._spoke = time.monotonic()
        elif self._all_sent:
            return
        before, self._all_sent = self._all_sent, self._line.send(words)
        if before is not self._all_sent:
            wanted = selectors.EVENT_READ if self._all_sent else selectors.EVENT_READ | selectors.EVENT_WRITE
            self._selector.modify(self._line.link, wanted)
