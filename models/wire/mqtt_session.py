"""A session with a real broker over MQTT 5 and mutual TLS 1.3: the only place that knows paho.

Clean start, session expiry 0, QoS 1, no Nagle, keepalive at most 60 s, back-off with jitter. Every connection is a new
paho client, so that nothing of an old one is sent again behind our back. Not here: what is said (`models.messages`).
"""

import logging
import queue
import random
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from paho.mqtt.client import (
    MQTT_ERR_QUEUE_SIZE,
    MQTT_ERR_SUCCESS,
    Client,
    ConnectFlags,
    DisconnectFlags,
    MQTTMessage,
    MQTTMessageInfo,
)
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from models.enrollment import CertificateRole
from models.wire.broker_session import (
    BrokerSessionError,
    Connected,
    Disconnected,
    MakeWill,
    OnMessage,
    OnState,
    PublishOutcome,
    PublishRefused,
    Refused,
    SessionState,
)
from models.wire.server_trust import server_context

_log = logging.getLogger(__name__)

CONNECT_SECONDS: Final = 5.0
LAST_WORD_SECONDS: Final = 1.0
LARGEST_PACKET_BYTES: Final = 8 * 1024 * 1024
_QUALITY: Final = 1
_THIS_MACHINE: Final = ("127.0.0.1", "::1")


class BrokerAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a broker is, and with which PEM files both sides prove who they are.

    The files are read at every connection, so that a renewed certificate is used without a restart. On a room's broker
    a client may show `user_name` and the first line of `password_file` instead of a certificate; `authority` None is
    a connection without TLS, for 127.0.0.1 and ::1 only. `role` is what the broker's certificate must say it is, `name`
    the name in it where that is not `host`.
    """

    host: str
    port: int
    authority: Path | None
    certificate: Path | None = None
    key: Path | None = None
    user_name: str | None = None
    password_file: Path | None = None
    role: CertificateRole = CertificateRole.SERVER
    name: str = ""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How patient a session is. `longest_wait_seconds` bounds the random wait before the next attempt to connect.

    `heard_quality` 0 is for a listener of many devices on this machine: no acknowledgement holds up the next message.
    """

    heard_quality: Annotated[int, msgspec.Meta(ge=0, le=1)] = 1
    keepalive_seconds: Annotated[int, msgspec.Meta(ge=5, le=60)] = 30
    longest_wait_seconds: float = 30.0
    most_queued: int = 1000


class MqttSession:
    """A `BrokerSession` that paho carries. `client_id` is the certificate's name."""

    def __init__(
        self,
        address: BrokerAddress,
        client_id: str,
        filters: Sequence[str] = (),
        pace: Pace | None = None,
    ) -> None:
        self._address = address
        self._client_id = client_id
        self._filters = tuple(filters)
        self._make_will: MakeWill | None = None
        self._pace = pace or Pace()
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._stay_connected, name=f"mqtt-{client_id}", daemon=True)
        self._client: Client | None = None
        self._changing = threading.RLock()
        self._ready = False
        self._answered = False
        self._topics: dict[int, str] = {}
        self._last: MQTTMessageInfo | None = None
        self._on_message: OnMessage | None = None
        self._on_retained: OnMessage | None = None
        self._on_state: OnState | None = None

    def start(
        self,
        on_message: OnMessage,
        on_state: OnState,
        make_will: MakeWill | None = None,
        on_retained: OnMessage | None = None,
    ) -> None:
        """Begins to connect, and to stay connected. Raises BrokerSessionError when called twice."""
        if self._on_message is not None:
            raise BrokerSessionError("This session was already started. Make a new one.")
        self._on_message, self._on_state, self._make_will = on_message, on_state, make_will
        self._on_retained = on_retained or on_message
        self._thread.start()

    def stop(self) -> None:
        """Says DISCONNECT, so that no last will is sent, and waits for the threads.

        Before that the broker's acknowledgement of the last message is waited for. A broker whose acknowledgements meet
        a closed socket reads no further: messages are lost, the will is sent, and Mosquitto 2.0 logs the error as "out
        of memory".
        """
        self._stopping.set()
        with self._changing:
            last = self._last if self._ready else None
        if last is not None:
            with suppress(RuntimeError):  # it did not get out: then nothing is to be waited for
                last.wait_for_publish(LAST_WORD_SECONDS)
        with self._changing:
            if self._client is not None:
                self._client.disconnect()
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def publish(self, topic: str, payload: bytes) -> PublishOutcome:
        """Hands a message over at QoS 1. Nothing is queued while there is no connection."""
        return self._hand_over(topic, payload, retain=False)

    def publish_retained(self, topic: str, payload: bytes) -> PublishOutcome:
        """As `publish`, and the broker keeps it for those who come later."""
        return self._hand_over(topic, payload, retain=True)

    def _hand_over(self, topic: str, payload: bytes, *, retain: bool) -> PublishOutcome:
        with self._changing:
            if self._client is None or not self._ready:
                return PublishOutcome.NOT_CONNECTED
            sent = self._client.publish(topic, payload, qos=_QUALITY, retain=retain)
        if sent.rc == MQTT_ERR_QUEUE_SIZE:
            return PublishOutcome.QUEUE_FULL
        if sent.rc != MQTT_ERR_SUCCESS:
            return PublishOutcome.NOT_CONNECTED
        self._topics[sent.mid] = topic
        self._last = sent
        return PublishOutcome.HANDED_OVER

    def drop_connection(self) -> None:
        """Cuts the present connection without a word; the next one begins after the usual wait."""
        self._ended.set()

    def _stay_connected(self) -> None:
        while not self._stopping.is_set():
            self._ended.clear()
            try:
                client = self._new_client()
            except (OSError, ValueError) as error:
                self._tell(Disconnected(reason=f"{type(error).__name__}: {error}"))
            else:
                self._connect_once(client)
                with self._changing:
                    self._ready, self._client = False, None
                    client.reinitialise()  # closes the sockets that paho opens for itself
            self._stopping.wait(random.uniform(0, self._pace.longest_wait_seconds))

    def _connect_once(self, client: Client) -> None:
        self._client = client
        try:
            client.connect(
                self._address.host,
                self._address.port,
                keepalive=self._pace.keepalive_seconds,
                clean_start=True,
                properties=_connect_properties(),
            )
        except (OSError, ValueError) as error:
            self._tell(Disconnected(reason=f"{type(error).__name__}: {error}"))
        else:
            client.loop_start()
            if not self._stopping.is_set():
                self._ended.wait()
            self._close(client)

    def _close(self, client: Client) -> None:
        if self._stopping.is_set():
            client.disconnect()
        else:
            link = client.socket()
            if isinstance(link, socket.socket):
                try:
                    link.shutdown(socket.SHUT_RDWR)
                except OSError as error:
                    _log.debug("The connection was already gone (%s).", error)
        client.loop_stop()

    def _new_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_SECONDS
        client.max_queued_messages_set(self._pace.most_queued)
        _prove_ourselves(client, self._address)
        if self._make_will is not None:
            will = self._make_will()
            client.will_set(will.topic, will.payload, qos=_QUALITY, retain=will.retained)
        self._topics, self._last = {}, None
        self._answered = False
        client.on_socket_open = _without_nagle
        client.on_connect = self._hear_connack
        client.on_subscribe = self._hear_suback
        client.on_publish = self._hear_puback
        client.on_disconnect = self._hear_end
        client.on_message = self._deliver
        return client

    def _hear_connack(
        self, client: Client, _userdata: Any, _flags: ConnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._answered = True
        if code.is_failure:
            self._tell(Refused(reason=str(code)))
        elif self._filters:
            client.subscribe([(one, SubscribeOptions(qos=self._pace.heard_quality)) for one in self._filters])
        else:
            self._announce()

    def _hear_suback(
        self, _client: Client, _userdata: Any, _mid: int, codes: list[ReasonCode], _properties: Properties | None
    ) -> None:
        for one, code in zip(self._filters, codes, strict=False):
            if code.is_failure:
                self._tell(PublishRefused(topic=one, reason=str(code)))
        self._announce()

    def _hear_puback(
        self, _client: Client, _userdata: Any, mid: int, code: ReasonCode, _properties: Properties | None
    ) -> None:
        topic = self._topics.pop(mid, "")
        if code.is_failure:
            self._tell(PublishRefused(topic=topic, reason=str(code)))

    def _hear_end(
        self, _client: Client, _userdata: Any, _flags: DisconnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._ready = False
        if not self._stopping.is_set():
            if self._answered:
                self._tell(Disconnected(reason=str(code)))
            else:
                self._tell(
                    Refused(reason=f"closed before an answer ({code}); the broker may not accept the certificate")
                )
        self._ended.set()

    def _announce(self) -> None:
        self._ready = True
        self._tell(Connected())

    def _deliver(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        try:
            hear = self._on_retained if message.retain else self._on_message
            if hear is not None:
                hear(message.topic, bytes(message.payload))
        except Exception:  # noqa: BLE001 - the outermost frame of ours on paho's thread, which must not die silently
            _log.exception("A message could not be handled; the connection is made anew.")
            self._ended.set()

    def _tell(self, state: SessionState) -> None:
        try:
            if self._on_state is not None:
                self._on_state(state)
        except Exception:  # noqa: BLE001 - the outermost frame of ours on paho's thread, which must not die silently
            _log.exception("A change of the session could not be handled; the connection is made anew.")
            self._ended.set()


def forget_retained(address: BrokerAddress, client_id: str, topics: Sequence[str], seconds: float = 10.0) -> bool:
    """In one short connection asks the broker to forget what it retains on `topics`; whether it agreed to each.

    `seconds` bounds the whole. Raises OSError when nobody listens there or the password file cannot be read.
    """
    end = time.monotonic() + seconds
    answered: queue.Queue[ReasonCode] = queue.Queue()
    client = Client(
        CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5, reconnect_on_failure=False
    )
    client.connect_timeout = CONNECT_SECONDS
    _prove_ourselves(client, address)
    client.on_connect = lambda _client, _userdata, _flags, code, _properties: answered.put(code)
    client.on_publish = lambda _client, _userdata, _mid, code, _properties: answered.put(code)
    client.connect(address.host, address.port, clean_start=True, properties=_connect_properties())
    client.loop_start()
    try:
        agreed = not answered.get(timeout=seconds).is_failure
        for topic in topics if agreed else ():
            client.publish(topic, b"", qos=_QUALITY, retain=True)
        codes = [answered.get(timeout=max(0.0, end - time.monotonic())) for _ in topics] if agreed else []
    except queue.Empty:
        return False
    finally:
        client.disconnect()
        client.loop_stop()
        client.reinitialise()  # closes the sockets that paho opens for itself
    return agreed and not any(code.is_failure for code in codes)


def _prove_ourselves(client: Client, address: BrokerAddress) -> None:
    if address.authority is not None:
        client.tls_set_context(_tls(address, address.authority))
    elif address.host not in _THIS_MACHINE:
        raise ValueError("without TLS only to this machine")
    if address.user_name is not None and address.password_file is not None:
        client.username_pw_set(address.user_name, address.password_file.read_text("ascii").partition("\n")[0])


def _tls(address: BrokerAddress, authority: Path) -> ssl.SSLContext:
    context = server_context(authority, address.role, address.name)
    if address.certificate is not None:
        context.load_cert_chain(address.certificate, address.key)
    return context


def _without_nagle(_client: Client, _userdata: Any, link: Any) -> None:
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _connect_properties() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
    properties.SessionExpiryInterval = 0
    properties.MaximumPacketSize = LARGEST_PACKET_BYTES
    return properties
