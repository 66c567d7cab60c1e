"""A client of a real broker that writes down what it hears and what becomes of its connection."""

import queue
import time

from models.wire.broker_session import Connected, SessionState
from models.wire.mqtt_session import BrokerAddress, MqttSession, Pace


class BrokerClient:
    """Connects at once and tries again quickly; stop it."""

    def __init__(self, address: BrokerAddress, name: str, *filters: str) -> None:
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.states: queue.Queue[SessionState] = queue.Queue()
        self.session = MqttSession(address, name, filters, Pace(longest_wait_seconds=0.2))
        self.session.start(lambda topic, payload: self.messages.put((topic, payload)), self.states.put)

    def next_state(self) -> SessionState:
        return self.states.get(timeout=30)

    def wait_until_in(self) -> "BrokerClient":
        while self.next_state() != Connected():
            pass
        return self

    def seconds_until_out(self, most: float = 60.0) -> float:
        """How long until the connection ends."""
        begun = time.monotonic()
        while self.states.get(timeout=most) == Connected():
            pass
        return time.monotonic() - begun

    def heard(self) -> tuple[str, bytes]:
        return self.messages.get(timeout=30)
