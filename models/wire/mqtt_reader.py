"""A session with a broker for one program that hears many devices: MQTT 5 over mutual TLS 1.3, a few us a message.

The same port as `mqtt_session`, whose paho takes 30 us a message. One thread reads, writes and calls back; after a turn
that brought messages it rests for a moment, so that many come at once. Not here: packets (`mqtt_packets`), what one
connection remembers (`mqtt_connection`), room brokers with passwords, and boxes (`mqtt_session`).
"""

import logging
import random
import threading
import time
from collections.abc import Sequence
from typing import Final

from models.wire.broker_session import (
    BrokerSessionError,
    Disconnected,
    MakeWill,
    OnMessage,
    OnState,
    PublishOutcome,
    SessionState,
)
from models.wire.mqtt_connection import MqttConnection
from models.wire.mqtt_packets import Heard, MalformedPacketError
from models.wire.mqtt_session import CONNECT_SECONDS, BrokerAddress, Pace
from models.wire.server_trust import server_context
from models.wire.tls_line import TlsLine, open_line

_log = logging.getLogger(__name__)

REST_SECONDS: Final = 0.004


class MqttReader:
    """A `BrokerSession`. `client_id` is the certificate's name."""

    def __init__(
        self, address: BrokerAddress, client_id: str, filters: Sequence[str] = (), pace: Pace | None = None
    ) -> None:
        self._address = address
        self._client_id = client_id
        self._filters = tuple(filters)
        self._pace = pace or Pace()
        self._thread = threading.Thread(target=self._stay_connected, name=f"mqtt-{client_id}", daemon=True)
        self._stopping = threading.Event()
        self._connection: MqttConnection | None = None
        self._on_message: OnMessage | None = None
        self._on_retained: OnMessage | None = None
        self._on_state: OnState | None = None
        self._make_will: MakeWill | None = None

    def start(
        self,
        on_message: OnMessage,
        on_state: OnState,
        make_will: MakeWill | None = None,
        on_retained: OnMessage | None = None,
    ) -> None:
        """Begins to connect, and to stay connected. Raises BrokerSessionError (called twice, no authority named)."""
        if self._on_message is not None:
            raise BrokerSessionError("This session was already started. Make a new one.")
        if self._address.authority is None or self._address.user_name is not None:
            raise BrokerSessionError("This session speaks TLS with certificates only. Use MqttSession.")
        self._on_message, self._on_state, self._make_will = on_message, on_state, make_will
        self._on_retained = on_retained or on_message
        self._thread.start()

    def stop(self) -> None:
        """Says DISCONNECT, so that no last will is sent, and waits for the thread."""
        self._stopping.set()
        if self._connection is not None:
            self._connection.end_politely()
        if self._thread.ident is not None:
            self._thread.join()

    def publish(self, topic: str, payload: bytes) -> PublishOutcome:
        """Hands a message over at QoS 1. Nothing is queued while there is no connection."""
        return self._hand_over(topic, payload, retain=False)

    def publish_retained(self, topic: str, payload: bytes) -> PublishOutcome:
        """As `publish`, and the broker keeps it for those who come later."""
        return self._hand_over(topic, payload, retain=True)

    def drop_connection(self) -> None:
        """Cuts the present connection without a word; the next one begins after the usual wait."""
        if self._connection is not None:
            self._connection.drop()

    def _hand_over(self, topic: str, payload: bytes, *, retain: bool) -> PublishOutcome:
        connection = self._connection
        if connection is None or not connection.ready:
            return PublishOutcome.NOT_CONNECTED
        if len(connection.queue) >= self._pace.most_queued:
            return PublishOutcome.QUEUE_FULL
        connection.queue.append((topic, payload, retain))
        connection.ring()
        return PublishOutcome.HANDED_OVER

    def _stay_connected(self) -> None:
        while not self._stopping.is_set():
            try:
                line = self._open()
            except (OSError, ValueError) as error:
                self._tell(Disconnected(reason=f"{type(error).__name__}: {error}"))
            else:
                self._live(line)
            self._stopping.wait(random.uniform(0, self._pace.longest_wait_seconds))

    def _open(self) -> TlsLine:
        address = self._address
        if address.authority is None:
            raise ValueError("no authority is named")
        context = server_context(address.authority, address.role, address.name)
        if address.certificate is not None:
            context.load_cert_chain(address.certificate, address.key)
        return open_line(address.host, address.port, context, CONNECT_SECONDS)

    def _live(self, line: TlsLine) -> None:
        """One connection, from CONNECT to its end."""
        connection = MqttConnection(line, self._filters, self._pace)
        self._connection = connection
        try:
            if self._stopping.is_set():
                connection.end_politely()
            connection.greet(self._client_id, None if self._make_will is None else self._make_will())
            while not connection.ended:
                if self._turn(connection):
                    time.sleep(REST_SECONDS)
        except (OSError, MalformedPacketError) as error:
            if not self._stopping.is_set():
                self._tell(connection.why_ended(error))
        except Exception:  # noqa: BLE001 - the outermost frame of ours on this thread, which must not die silently
            _log.exception("A message could not be handled; the connection is made anew.")
            self._tell(Disconnected(reason="a message could not be handled"))
        finally:
            self._connection = None
            connection.close()

    def _turn(self, connection: MqttConnection) -> bool:
        """Hand on what came and send what is due; whether there were messages."""
        on_message, on_retained = self._on_message, self._on_retained
        if on_message is None or on_retained is None:
            raise AssertionError("a session has its callbacks before its thread")
        heard = False
        for packet in connection.receive():
            if isinstance(packet, Heard):
                (on_retained if packet.retained else on_message)(packet.topic, packet.payload)
                if packet.packet_id:
                    connection.acknowledge(packet.packet_id)
                heard = True
            else:
                self._tell_all(connection.take(packet))
        self._tell_all(connection.settle())
        return heard

    def _tell_all(self, states: Sequence[SessionState]) -> None:
        for one in states:
            self._tell(one)

    def _tell(self, state: SessionState) -> None:
        try:
            if self._on_state is not None:
                self._on_state(state)
        except Exception:  # noqa: BLE001 - as above
            _log.exception("A change of the session could not be handled; the connection is made anew.")
            self.drop_connection()
