"""The thread that carries the outbox to central: connection in, notices out.

Everything that happens (broker's state, messages, commits, time) passes one queue, so that the conversation knows only
one thread. Not here: what is said (`central_conversation`), paho (`models.wire.mqtt_session`).
"""

import logging
import queue
import secrets
import threading
from collections.abc import Callable
from typing import Final, assert_never

import msgspec

from edge.central_conversation import BoxHealth, CentralConversation, Identity
from edge.challenge_pool import ChallengePool
from edge.outbox import Outbox
from edge.room_plan_keeper import RoomPlanKeeper
from edge.roster_store import RosterStore
from edge.telemetry_conversation import TelemetryConversation
from edge.telemetry_store import TelemetryStore
from edge.uplink_notices import Notice, UplinkAlarm
from models.clock import Clock
from models.errors import StorageError
from models.messages import CommandResult, Gone, encode
from models.wire.broker_session import (
    BrokerSession,
    Connected,
    Disconnected,
    LastWill,
    PublishRefused,
    Refused,
    SessionState,
)
from models.wire.topics import UpLane, shard_of, up_topic

_log = logging.getLogger(__name__)

TICK_SECONDS: Final = 0.5
AFTER_FAULT_SECONDS: Final = 2.0
_MOST_UNREAD: Final = 2000


class _Up(msgspec.Struct, frozen=True):
    session: str


class _Down(msgspec.Struct, frozen=True):
    reason: str


class _Message(msgspec.Struct, frozen=True):
    topic: str
    payload: bytes


class _Committed(msgspec.Struct, frozen=True):
    pass


class _Answer(msgspec.Struct, frozen=True):
    result: CommandResult


_Item = _Answer | _Up | _Down | _Message | _Committed


class EquipmentLane(msgspec.Struct, frozen=True, kw_only=True):
    """The room's telemetry: where its rows wait, who says anew how every device is, how fast history may follow."""

    store: TelemetryStore
    newest: Callable[[], None]
    history_rate: float


class Uplink:
    """Carries events up, receipts and rosters down.

    `notify` runs on the uplink's or the session's thread, must return soon and must not raise.
    """

    def __init__(
        self,
        *,
        identity: Identity,
        session: BrokerSession,
        outbox: Outbox,
        rosters: RosterStore,
        describe: Callable[[], BoxHealth],
        notify: Callable[[Notice], None],
        clock: Clock,
    ) -> None:
        self._identity = identity
        self._session = session
        self._outbox = outbox
        self._notify = notify
        self._conversation = CentralConversation(
            identity=identity,
            outbox=outbox,
            rosters=rosters,
            publish=session.publish,
            describe=describe,
            notify=notify,
            clock=clock,
        )
        self._clock = clock
        self._lane: EquipmentLane | None = None
        self._inbox: queue.Queue[_Item] = queue.Queue(_MOST_UNREAD)
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)
        self._connection = ""
        self._alarmed: set[str] = set()
        self._stopping = threading.Event()

    def also_fill(self, challenges: ChallengePool) -> None:
        """Before `start`: puts central's challenges for chips there."""
        self._conversation.also_fill(challenges)

    def also_carry(self, plans: RoomPlanKeeper, lane: EquipmentLane | None) -> None:
        """Before `start`: takes the room's plans, and carries the telemetry of a room that has any."""
        self._lane = lane
        telemetry = None
        if lane is not None:
            box_id = self._identity.box_id
            topic = up_topic(shard_of(box_id, self._identity.shards), box_id, UpLane.TELEMETRY)
            telemetry = TelemetryConversation(
                store=lane.store,
                publish=lambda payload: self._session.publish(topic, payload),
                clock=self._clock,
                newest=lane.newest,
                history_rate=lane.history_rate,
            )
        self._conversation.also_carry(plans, telemetry)

    def start(self) -> None:
        """Begins to connect. The outbox and the roster store are started before."""
        self._outbox.when_committed(self._wake)
        if self._lane is not None:
            self._lane.store.when_committed(self._wake)
        self._thread.start()
        self._session.start(self._hear_message, self._hear_state, self._make_will)

    def stop(self) -> None:
        """Leaves the broker in good order and waits for the thread. What was not receipted stays in the outbox."""
        self._session.stop()
        self._stopping.set()
        self._wake()
        if self._thread.ident is not None:
            self._thread.join()

    def answer(self, result: CommandResult) -> None:
        """Sends what came of a command; callable from any thread."""
        self._inbox.put(_Answer(result))

    def _make_will(self) -> LastWill:
        """A new name for the coming connection: a late will of an older one can then be told apart."""
        self._connection = secrets.token_hex(8)
        topic = up_topic(shard_of(self._identity.box_id, self._identity.shards), self._identity.box_id, UpLane.GONE)
        return LastWill(topic=topic, payload=encode(Gone(session=self._connection)))

    def _hear_state(self, state: SessionState) -> None:
        match state:
            case Connected():
                self._alarmed.clear()
                self._inbox.put(_Up(self._connection))
            case Disconnected(reason=reason):
                self._inbox.put(_Down(reason))
            case Refused(reason=reason):
                self._alarm(f"The broker refused this box: {reason}")
                self._inbox.put(_Down(reason))
            case PublishRefused(topic=topic, reason=reason):
                self._alarm(f"The broker did not take {topic}: {reason}")
            case _:
                assert_never(state)

    def _alarm(self, reason: str) -> None:
        """Told once, and again only after a connection in between."""
        if reason not in self._alarmed:
            self._alarmed.add(reason)
            self._notify(UplinkAlarm(reason=reason))

    def _hear_message(self, topic: str, payload: bytes) -> None:
        self._inbox.put(_Message(topic, payload))

    def _wake(self) -> None:
        """Never blocks whoever committed: a full inbox wakes the thread anyway."""
        try:
            self._inbox.put_nowait(_Committed())
        except queue.Full:
            _log.debug("The uplink is busy; it will look at the outbox by itself.")

    def _run(self) -> None:
        healthy = True
        while not self._stopping.is_set():
            try:
                self._take_one()
                healthy = True
            except StorageError as error:
                if healthy:
                    self._notify(UplinkAlarm(reason=str(error)))
                healthy = False
                self._stopping.wait(AFTER_FAULT_SECONDS)
            except Exception:  # noqa: BLE001 - the outermost loop of this thread, which must not die silently
                _log.exception("The uplink met something unforeseen; it goes on with a new connection.")
                self._session.drop_connection()
                self._stopping.wait(AFTER_FAULT_SECONDS)

    def _take_one(self) -> None:
        try:
            item = self._inbox.get(timeout=TICK_SECONDS)
        except queue.Empty:
            self._conversation.time_passed()
            return
        match item:
            case _Up(session=session):
                self._conversation.connected(session)
            case _Down(reason=reason):
                self._conversation.disconnected(reason)
            case _Message(topic=topic, payload=payload):
                self._conversation.heard(topic, payload)
            case _Committed():
                self._conversation.committed()
            case _Answer(result=result):
                self._conversation.answer(result)
            case _:
                assert_never(item)
        self._conversation.time_passed()
