"""The port to a broker: what every session with any broker does, and what it tells.

A session connects, subscribes to its filters anew after every connection, and hands messages over. Nothing is kept for
a client that is away, and a broker's acknowledgement is never a receipt. Not here: paho (`mqtt_session`).
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

import msgspec

from models.errors import ClassroomError


class BrokerSessionError(ClassroomError):
    """The session cannot work as asked; the message names the remedy."""


class Connected(msgspec.Struct, frozen=True, kw_only=True):
    """The broker took the session, and every filter is subscribed."""


class Disconnected(msgspec.Struct, frozen=True, kw_only=True):
    """The connection ended or could not be made. The session tries again by itself."""

    reason: str


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The broker does not want this client: an alarm. The session tries again by itself.

    Under TLS 1.3 a refused certificate shows as an end of stream before the answer to CONNECT.
    """

    reason: str


class PublishRefused(msgspec.Struct, frozen=True, kw_only=True):
    """The broker did not accept a message or a filter (no right, too large): an alarm."""

    topic: str
    reason: str


SessionState = Connected | Disconnected | Refused | PublishRefused


class PublishOutcome(StrEnum):
    """What became of a message at once. Whether it arrived, only a receipt says."""

    HANDED_OVER = "handed over"
    NOT_CONNECTED = "not connected"
    QUEUE_FULL = "queue full"


class LastWill(msgspec.Struct, frozen=True, kw_only=True):
    """What the broker says for a client that vanished."""

    topic: str
    payload: bytes
    retained: bool = False
    """Only on a room's broker: the central one retains nothing."""


OnMessage = Callable[[str, bytes], None]
OnState = Callable[[SessionState], None]
MakeWill = Callable[[], LastWill]
"""Asked before every attempt to connect, so that each connection can have a will of its own."""


class BrokerSession(Protocol):
    """A client's session with a broker. Both callbacks run on the session's own thread and must return soon."""

    def start(
        self,
        on_message: OnMessage,
        on_state: OnState,
        make_will: MakeWill | None = None,
        on_retained: OnMessage | None = None,
    ) -> None:
        """Begins to connect, and to stay connected. Called once.

        What the broker had kept from before goes to `on_retained`, where there is one, instead of `on_message`.
        """

    def stop(self) -> None:
        """Ends the session in good order (no last will) and waits until no callback runs any more."""

    def publish(self, topic: str, payload: bytes) -> PublishOutcome:
        """Hands a message to the broker at QoS 1 without waiting. Callable from any thread."""

    def publish_retained(self, topic: str, payload: bytes) -> PublishOutcome:
        """As `publish`; a room's broker keeps it for those who come later (an empty payload: forgets what it kept)."""

    def drop_connection(self) -> None:
        """Ends the present connection, which begins anew after the usual delay: for a peer that no longer answers."""
