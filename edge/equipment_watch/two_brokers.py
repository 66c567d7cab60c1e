"""The room's broker and, beside it, the guests' broker, as one session: topics that begin with `guests/` are there.

Foreign devices write where they like and as much as they like; they do it on a broker of their own, whose end is not
the room's (provisioning/brokers/README.md). Not here: what is said.
"""

from collections.abc import Callable, Sequence
from typing import Final

from models.wire.broker_session import (
    BrokerSession,
    MakeWill,
    OnMessage,
    OnState,
    PublishOutcome,
)

GUESTS: Final = "guests/"
"""Stands before a topic of the guests' broker within this program, never on a broker."""

MakeSession = Callable[[Sequence[str]], BrokerSession]


class TwoBrokers:
    """A `BrokerSession` over both. How the room's broker is, is how this session is; the guests' is told apart."""

    def __init__(self, room: BrokerSession, guests: BrokerSession, tell_guests: OnState) -> None:
        self._room = room
        self._guests = guests
        self._tell_guests = tell_guests

    def start(
        self,
        on_message: OnMessage,
        on_state: OnState,
        make_will: MakeWill | None = None,
        on_retained: OnMessage | None = None,
    ) -> None:
        """The will is the room's."""
        kept = on_retained or on_message
        self._room.start(on_message, on_state, make_will, on_retained)
        self._guests.start(
            lambda topic, payload: on_message(GUESTS + topic, payload),
            self._tell_guests,
            on_retained=lambda topic, payload: kept(GUESTS + topic, payload),
        )

    def stop(self) -> None:
        """Ends both."""
        self._guests.stop()
        self._room.stop()

    def publish(self, topic: str, payload: bytes) -> PublishOutcome:
        """Where the topic says."""
        if topic.startswith(GUESTS):
            return self._guests.publish(topic.removeprefix(GUESTS), payload)
        return self._room.publish(topic, payload)

    def publish_retained(self, topic: str, payload: bytes) -> PublishOutcome:
        """Where the topic says."""
        if topic.startswith(GUESTS):
            return self._guests.publish_retained(topic.removeprefix(GUESTS), payload)
        return self._room.publish_retained(topic, payload)

    def drop_connection(self) -> None:
        """Of both."""
        self._guests.drop_connection()
        self._room.drop_connection()

    def ask_guests_again(self) -> None:
        """A new connection with the guests' broker, which then says everything that is retained."""
        self._guests.drop_connection()


def join_brokers(filters: Sequence[str], room: MakeSession, guests: MakeSession, tell_guests: OnState) -> BrokerSession:
    """One session for these filters; with the room's broker alone when none of them is the guests'."""
    foreign = [one.removeprefix(GUESTS) for one in filters if one.startswith(GUESTS)]
    own = [one for one in filters if not one.startswith(GUESTS)]
    return TwoBrokers(room(own), guests(foreign), tell_guests) if foreign else room(own)
