"""Ends a revoked box's open session on any broker: connects in its name and stays on that name for a while.

MQTT 5 section 3.1.4: a broker ends the older session of a client id that connects again. Whoever is thrown off the
name while holding it knows that the box came back. Not here: the certificate (the authority issues it for two minutes).
"""

import queue
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from models.durable_files import write_whole
from models.identifiers import BoxId
from models.wire.broker_session import Connected, SessionState
from models.wire.mqtt_session import BrokerAddress, MqttSession, Pace

MOST_HELD: Final = 50
"""Names held at once; each costs two threads. When more boxes are revoked at once, the longest held is let go."""

_CONNECT_SECONDS: Final = 8.0


class NameTaker(Protocol):
    """What throws a box off the broker and watches that it stays off."""

    def take(self, box_id: BoxId, certificate: bytes, key: bytes) -> bool:
        """Connects in the box's name (PEM); whether the broker took the session, so that the box's own has ended."""

    def came_back(self) -> tuple[BoxId, ...]:
        """The boxes whose name was taken from us since the last call: the broker lets them in, or it was restarted."""

    def release_due(self) -> None:
        """Lets go of names that were held long enough."""

    def release_all(self) -> None:
        """Lets go of all names."""


@dataclass(slots=True, kw_only=True)
class _Held:
    session: MqttSession
    until: float
    folder: Path
    states: "queue.Queue[SessionState]" = field(default_factory=queue.Queue)


class NameHolder:
    """A `NameTaker` on a real broker. `folder` holds the short-lived keys (0600) while they are needed."""

    def __init__(
        self,
        make_address: Callable[[Path, Path], BrokerAddress],
        folder: Path,
        hold_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make_address = make_address
        self._folder = folder
        self._hold_seconds = hold_seconds
        self._monotonic = monotonic
        self._held: dict[BoxId, _Held] = {}

    def take(self, box_id: BoxId, certificate: bytes, key: bytes) -> bool:
        """Connects in the box's name; whether the broker took the session."""
        self._release(box_id)
        while len(self._held) >= MOST_HELD:
            self._release(next(iter(self._held)))
        folder = self._folder / box_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(folder / "certificate.pem", certificate)
        write_whole(folder / "key.pem", key, 0o600)
        address = self._make_address(folder / "certificate.pem", folder / "key.pem")
        session = MqttSession(address, box_id, pace=Pace(longest_wait_seconds=0.5))
        held = _Held(session=session, until=self._monotonic() + self._hold_seconds, folder=folder)
        self._held[box_id] = held
        session.start(_hear_nothing, held.states.put)
        if self._is_in(held):
            return True
        self._release(box_id)
        return False

    def came_back(self) -> tuple[BoxId, ...]:
        """The boxes whose name was taken from us since the last call."""
        return tuple(box_id for box_id, held in self._held.items() if _was_thrown_off(held))

    def release_due(self) -> None:
        """Lets go of names that were held long enough."""
        for box_id in [box_id for box_id, held in self._held.items() if self._monotonic() >= held.until]:
            self._release(box_id)

    def release_all(self) -> None:
        """Lets go of all names."""
        for box_id in list(self._held):
            self._release(box_id)

    def _is_in(self, held: _Held) -> bool:
        end = time.monotonic() + _CONNECT_SECONDS
        while (left := end - time.monotonic()) > 0:
            try:
                if held.states.get(timeout=left) == Connected():
                    return True
            except queue.Empty:
                break
        return False

    def _release(self, box_id: BoxId) -> None:
        held = self._held.pop(box_id, None)
        if held is not None:
            held.session.stop()
            shutil.rmtree(held.folder, ignore_errors=True)


def _was_thrown_off(held: _Held) -> bool:
    """Mosquitto closes before its reason (8E, session taken over) can be read: being let in anew is the sign."""
    let_in = 0
    while not held.states.empty():
        let_in += held.states.get_nowait() == Connected()
    return let_in > 0


def _hear_nothing(_topic: str, _payload: bytes) -> None:
    """A holder of a name subscribes to nothing."""
