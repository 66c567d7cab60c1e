"""A broker without a network: filters, last wills, refusals, and links that can be cut, all on the caller's thread."""

from collections import deque
from collections.abc import Sequence
from threading import RLock

from models.wire.broker_session import (
    Connected,
    Disconnected,
    LastWill,
    MakeWill,
    OnMessage,
    OnState,
    PublishOutcome,
    PublishRefused,
    Refused,
)


class InMemoryBroker:
    """Delivers at once, or, after `hold`, only when `deliver` is called. Keeps nothing for clients that are away."""

    def __init__(self) -> None:
        self.held: deque[tuple[str, bytes]] = deque()
        self.refused_names: set[str] = set()
        self.forbidden: set[str] = set()
        self.retained: dict[str, bytes] = {}
        self._sessions: list[InMemorySession] = []
        self._holding = False
        self._lock = RLock()

    def session(self, client_id: str, filters: Sequence[str] = ()) -> "InMemorySession":
        return InMemorySession(self, client_id, tuple(filters))

    def hold(self) -> None:
        """Messages wait for `deliver`: the test decides what is lost, doubled or late."""
        self._holding = True

    def deliver(self, count: int | None = None) -> None:
        """Delivers the oldest held messages, all of them unless told how many."""
        for _ in range(len(self.held) if count is None else count):
            self.route(*self.held.popleft())

    def cut(self, client_id: str) -> None:
        """The link of a client breaks; its last will goes out."""
        for session in [one for one in self._sessions if one.client_id == client_id]:
            session.vanish()

    def take(self, session: "InMemorySession") -> None:
        self._sessions.append(session)

    def tell_retained(self, session: "InMemorySession") -> None:
        for topic, payload in list(self.retained.items()):
            if any(_matches(one, topic) for one in session.filters):
                session.hear_retained(topic, payload)

    def retain(self, topic: str, payload: bytes) -> None:
        self.retained.pop(topic, None)
        if payload:
            self.retained[topic] = payload

    def drop(self, session: "InMemorySession") -> bool:
        if session not in self._sessions:
            return False
        self._sessions.remove(session)
        return True

    def accept(self, topic: str, payload: bytes) -> None:
        if self._holding:
            self.held.append((topic, payload))
        else:
            self.route(topic, payload)

    def route(self, topic: str, payload: bytes) -> None:
        with self._lock:
            for session in list(self._sessions):
                if any(_matches(one, topic) for one in session.filters):
                    session.hear(topic, payload)


class InMemorySession:
    """One client of the broker. `reconnect` stands for what a real session does by itself."""

    def __init__(self, broker: InMemoryBroker, client_id: str, filters: tuple[str, ...]) -> None:
        self.client_id = client_id
        self.filters = filters
        self._broker = broker
        self._will: LastWill | None = None
        self._make_will: MakeWill | None = None
        self._on_message: OnMessage | None = None
        self._on_retained: OnMessage | None = None
        self._on_state: OnState | None = None
        self._connected = False
        self.full = False
        """Whether its queue takes no more."""

    def start(
        self,
        on_message: OnMessage,
        on_state: OnState,
        make_will: MakeWill | None = None,
        on_retained: OnMessage | None = None,
    ) -> None:
        self._on_message, self._on_state, self._make_will = on_message, on_state, make_will
        self._on_retained = on_retained or on_message
        self.reconnect()

    def stop(self) -> None:
        self._connected = False
        self._broker.drop(self)

    def reconnect(self) -> None:
        assert self._on_state is not None
        if self.client_id in self._broker.refused_names:
            self._on_state(Refused(reason="not welcome"))
            return
        self._will = self._make_will() if self._make_will else None
        self._connected = True
        self._broker.take(self)
        self._on_state(Connected())
        self._broker.tell_retained(self)

    def publish_retained(self, topic: str, payload: bytes) -> PublishOutcome:
        outcome = self.publish(topic, payload)
        if outcome is PublishOutcome.HANDED_OVER and topic not in self._broker.forbidden:
            self._broker.retain(topic, payload)
        return outcome

    def publish(self, topic: str, payload: bytes) -> PublishOutcome:
        if not self._connected:
            return PublishOutcome.NOT_CONNECTED
        if self.full:
            return PublishOutcome.QUEUE_FULL
        if topic in self._broker.forbidden:
            assert self._on_state is not None
            self._on_state(PublishRefused(topic=topic, reason="Not authorized"))
        else:
            self._broker.accept(topic, payload)
        return PublishOutcome.HANDED_OVER

    def drop_connection(self) -> None:
        self.vanish()
        self.reconnect()

    def vanish(self) -> None:
        self._connected = False
        if self._broker.drop(self):
            if self._will is not None:
                self._broker.accept(self._will.topic, self._will.payload)
                if self._will.retained:
                    self._broker.retain(self._will.topic, self._will.payload)
            assert self._on_state is not None
            self._on_state(Disconnected(reason="cut"))

    def hear(self, topic: str, payload: bytes) -> None:
        if self._on_message is not None:
            self._on_message(topic, payload)

    def hear_retained(self, topic: str, payload: bytes) -> None:
        if self._on_retained is not None:
            self._on_retained(topic, payload)


def _matches(pattern: str, topic: str) -> bool:
    wanted, levels = pattern.split("/"), topic.split("/")
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position >= len(levels) or level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)
