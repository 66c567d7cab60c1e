"""A device in software on a room's broker: connects with its password over TLS, speaks in its period, hears its orders.

It shares the connection with our programs and none of their words. Not here: what it says (`soft_tablet`,
`soft_plug`, `soft_own_sensor`).
"""

import queue
import time
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from models.wire.broker_session import Connected, LastWill, SessionState
from models.wire.mqtt_session import BrokerAddress, MqttSession, Pace

PACE = Pace(longest_wait_seconds=2.0)


class MqttFault(StrEnum):
    """What is wrong with it."""

    NONE = "none"
    SILENCE = "silence"
    """It is there and says nothing after its greeting."""
    GARBAGE = "garbage"
    """Half of each word, which is no JSON."""
    FLOOD = "flood"
    """Every word a hundred times."""


class Say(msgspec.Struct, frozen=True):
    """Something to be said."""

    topic: str
    payload: bytes
    retained: bool = False


class SoftMqttDevice(Protocol):
    """What it says; `seconds` are since it was switched on."""

    def filters(self) -> Sequence[str]:
        """Where it hears orders."""

    def will(self) -> Say:
        """What the broker says when it is gone."""

    def greeting(self) -> list[Say]:
        """After each connection."""

    def words(self, seconds: float) -> list[Say]:
        """In its period."""

    def take(self, topic: str, payload: bytes) -> list[Say]:
        """An order, and what it says to it."""


class MqttLine:
    """One device on the broker. `user` is its name there; `pulse` is called in its period."""

    def __init__(
        self, device: SoftMqttDevice, address: BrokerAddress, user: str, fault: MqttFault = MqttFault.NONE
    ) -> None:
        self._device = device
        self._fault = fault
        self._began = time.monotonic()
        self._session = MqttSession(address, user, device.filters(), PACE)
        self.inside: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def start(self) -> None:
        """Begins to connect; `inside` tells each time that it is in."""
        self._session.start(self._hear, self._hear_state, self._will)

    def stop(self) -> None:
        """Leaves in good order, so without its last will."""
        will = self._device.will()
        self._session.publish_retained(will.topic, will.payload)
        self._session.stop()

    def pulse(self) -> None:
        """Says what is due."""
        if self._fault is not MqttFault.SILENCE:
            self._say(self._device.words(time.monotonic() - self._began))

    def _say(self, words: Sequence[Say]) -> None:
        for word in words:
            payload = word.payload[: len(word.payload) // 2] if self._fault is MqttFault.GARBAGE else word.payload
            for _ in range(100 if self._fault is MqttFault.FLOOD else 1):
                say = self._session.publish_retained if word.retained else self._session.publish
                say(word.topic, payload)

    def _hear(self, topic: str, payload: bytes) -> None:
        self._say(self._device.take(topic, payload))

    def _hear_state(self, state: SessionState) -> None:
        if isinstance(state, Connected):
            for word in self._device.greeting():
                say = self._session.publish_retained if word.retained else self._session.publish
                say(word.topic, word.payload)
            self.inside.put(True)

    def _will(self) -> LastWill:
        will = self._device.will()
        return LastWill(topic=will.topic, payload=will.payload, retained=will.retained)
