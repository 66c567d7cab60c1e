"""The edge's ear and mouth on the room's broker, and the one thread that feeds the watch.

Messages, a new plan, orders of people and time come to the watch one after the other; its rows go to the store, its
words to the room. Not here: what anything means (`watch`, dialects), paho (`models.wire.mqtt_session`).
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol, assert_never

import msgspec

from edge.equipment_watch.dialect import Dialect, MakeDialect, as_kept
from edge.equipment_watch.flood_gate import Arrived, FloodGate
from edge.equipment_watch.home_assistant_announce import Announcer
from edge.equipment_watch.orders import DeviceOrder
from edge.equipment_watch.two_brokers import TwoBrokers
from edge.equipment_watch.watch import Turn, Watch
from edge.equipment_watch.words import Heard, Outgoing, SessionEnded, StrangerHeard, Unreadable
from models.clock import Clock
from models.room_messages import DeviceCommand, Online
from models.room_plan import RoomPlan
from models.room_readiness import RoomJudgement
from models.telemetry import Alert, AskedBy, CommandRow, Found, Row
from models.wire.broker_session import (
    BrokerSession,
    Connected,
    Disconnected,
    PublishOutcome,
    PublishRefused,
    Refused,
    SessionState,
)
from models.wire.room_topics import BRIDGE_FOUND, BRIDGE_ONLINE

log = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 0.1
"""The watch takes what has come in so long at once; this bounds its work under a flood."""
IDLE_SECONDS: Final = 0.25
TURN_MS: Final = 100
"""So long a turn takes messages; the rest waits for the next."""
TELL_DROPPED_MS: Final = 60_000
ASK_AGAIN_MS: Final = 10 * 60_000
"""At most so often the guests' broker is asked anew for what is retained there."""
_found_list: Final = msgspec.json.Decoder(list[msgspec.Raw])
_find: Final = msgspec.json.Decoder(Found)


class Shelf(Protocol):
    """Where rows go (`edge.telemetry_store`). None of these raises."""

    def add(self, rows: Sequence[Row]) -> None:
        """Take rows."""

    def time_passed(self) -> None:
        """Commit what has waited long enough."""

    def open_alerts(self) -> list[Alert]:
        """The alerts that had begun and not ended."""


class _Plan(msgspec.Struct, frozen=True):
    plan: RoomPlan


class _Newest(msgspec.Struct, frozen=True):
    pass


class Tongues:
    """All dialects of one plan, as one."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self._dialects = dialects

    def filters(self) -> tuple[str, ...]:
        """What all of them must hear, and the bridge's own words."""
        named = [one for dialect in self._dialects for one in dialect.filters()]
        return tuple(dict.fromkeys([*named, BRIDGE_FOUND, BRIDGE_ONLINE]))

    def hear(self, message: Arrived) -> Iterator[Heard]:
        """What a message says in whichever dialect."""
        if message.topic in (BRIDGE_FOUND, BRIDGE_ONLINE):
            yield from hear_bridge(message)
            return
        for dialect in self._dialects:
            for word in dialect.hear(message.topic, message.payload, message.at):
                known = as_kept(word) if message.kept else word
                if known is not None:
                    yield known

    def say(self, device_id: str, command: DeviceCommand) -> tuple[Outgoing, ...]:
        """The command in the device's dialect."""
        for dialect in self._dialects:
            said = dialect.say(device_id, command)
            if said:
                return said
        return ()

    def answers(self, device_id: str) -> bool:
        """Whether the device answers a command."""
        return any(dialect.answers(device_id) for dialect in self._dialects)


class EquipmentListener:
    """Runs the watch. `follow`, `ask` and `tell_newest` may be called from any thread and return at once.

    `make_session` gives a session with the room's broker for these filters. `ended` hears what came of a person's
    order, on the watch's thread; it must return soon and must not raise.
    """

    def __init__(
        self,
        *,
        make_session: Callable[[Sequence[str]], BrokerSession],
        dialects: Sequence[MakeDialect],
        watch: Watch,
        store: Shelf,
        ended: Callable[[CommandRow], None],
        clock: Clock,
    ) -> None:
        self._make_session = make_session
        self._dialects = dialects
        self._watch = watch
        self._store = store
        self._ended = ended
        self._clock = clock
        self._gate = FloodGate()
        self._inbox: queue.SimpleQueue[_Plan | _Newest | DeviceOrder] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="equipment watch", daemon=True)
        self._tongues: Tongues | None = None
        self._announcer: Announcer | None = None
        self._session: BrokerSession | None = None
        self._is_on = True
        self._tell_dropped_ms = 0
        self._ask_again_ms = 0

    @property
    def readiness(self) -> RoomJudgement | None:
        """How the room stands, as `Watch.readiness`."""
        return self._watch.readiness

    def start(self, plan: RoomPlan | None) -> None:
        """Begins to follow the plan, if there is one yet. The store is started before."""
        self._watch.resume(self._store.open_alerts())
        if plan is not None:
            self.follow(plan)
        self._thread.start()

    def stop(self) -> None:
        """Ends; the minutes under way go to the store."""
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def follow(self, plan: RoomPlan) -> None:
        """A new plan of the room."""
        self._inbox.put(_Plan(plan))
        self._wake.set()

    def ask(self, order: DeviceOrder) -> None:
        """A person's order for a device."""
        self._inbox.put(order)
        self._wake.set()

    def tell_newest(self) -> None:
        """Central was away: how every device is goes out anew."""
        self._inbox.put(_Newest())
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(IDLE_SECONDS)
            self._wake.clear()
            try:
                self.look()
            except Exception:
                log.exception("The equipment watch met something unforeseen; it goes on")
            self._stopping.wait(PAUSE_SECONDS)
        if self._session is not None:
            self._session.stop()
        self._carry(self._watch.finish())

    def look(self) -> None:
        """One turn over everything that waits. Only the watch's thread, or a test, calls this."""
        while not self._inbox.empty():
            item = self._inbox.get()
            match item:
                case _Plan(plan=plan):
                    self._follow(plan)
                case _Newest():
                    self._watch.tell_newest()
                case DeviceOrder():
                    self._carry(self._watch.ask(item))
                case _:
                    assert_never(item)
        if self._tongues is not None and self._announcer is not None:
            now_ms = self._clock.monotonic_ms()
            for message in self._gate.take():
                words = list(self._tongues.hear(message))
                self._announcer.heard(message.topic, message.payload, words, now_ms)
                self._carry(self._watch.heard(words))
                if self._clock.monotonic_ms() - now_ms >= TURN_MS:
                    break
            self._say(self._announcer.due(now_ms))
        self._carry(self._watch.time_passed())
        self._store.time_passed()
        self._tell_dropped()
        if self._gate.waits:
            self._wake.set()

    def _follow(self, plan: RoomPlan) -> None:
        """Everything is subscribed anew, so that what is retained is heard once more in the new plan's words."""
        if self._session is not None:
            self._session.stop()
        self._gate.clear()
        self._tongues = Tongues([make(plan) for make in self._dialects])
        self._carry(self._watch.follow(plan, self._tongues))
        self._announcer = Announcer(plan)
        self._session = self._make_session((*self._tongues.filters(), *self._announcer.filters()))
        self._session.start(self._hear_now, self._hear_state, on_retained=self._hear_kept)

    def _carry(self, turn: Turn) -> None:
        self._store.add(turn.rows)
        self._say(turn.outgoing)
        for row in turn.ended:
            if row.asked is AskedBy.PERSON:
                self._ended(row)

    def _say(self, outgoing: Iterable[Outgoing]) -> None:
        for word in outgoing:
            if self._session is not None:
                say = self._session.publish_retained if word.retained else self._session.publish
                if say(word.topic, word.payload) is not PublishOutcome.HANDED_OVER:
                    log.warning("The room's broker took no word on %s", word.topic)

    def _hear_now(self, topic: str, payload: bytes) -> None:
        self._let_in(topic, payload, kept=False)

    def _hear_kept(self, topic: str, payload: bytes) -> None:
        self._let_in(topic, payload, kept=True)

    def _let_in(self, topic: str, payload: bytes, *, kept: bool) -> None:
        self._gate.put(Arrived(topic, payload, self._clock.now(), kept))
        self._wake.set()

    def _hear_state(self, state: SessionState) -> None:
        match state:
            case Connected():
                if not self._is_on:
                    log.info("The room's broker is back")
                self._is_on = True
            case Disconnected(reason=reason) | Refused(reason=reason):
                if self._is_on:
                    log.warning("The room's broker is gone: %s", reason)
                self._is_on = False
            case PublishRefused(topic=topic, reason=reason):
                log.warning("The room's broker does not let the edge on %s: %s", topic, reason)
            case _:
                assert_never(state)

    def _tell_dropped(self) -> None:
        now_ms = self._clock.monotonic_ms()
        if now_ms >= self._tell_dropped_ms:
            self._tell_dropped_ms = now_ms + TELL_DROPPED_MS
            for sender, count in self._gate.dropped().items():
                log.warning("%s speaks too fast: %d of its messages were dropped", sender, count)
        is_quiet = not self._gate.waits and now_ms >= self._ask_again_ms
        if is_quiet and isinstance(self._session, TwoBrokers) and self._gate.lost_a_guests_topic():
            self._ask_again_ms = now_ms + ASK_AGAIN_MS
            self._session.ask_guests_again()


def hear_bridge(message: Arrived) -> list[Heard]:
    """What the bridge says of itself: devices that no plan names, and the end of its connection."""
    try:
        if message.topic == BRIDGE_FOUND:
            return [_hear_find(one) for one in _found_list.decode(message.payload or b"[]")]
        said = msgspec.json.decode(message.payload, type=Online)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [Unreadable(device_id=None, why="the bridge said something that is none of its words")]
    return [] if said.on else [SessionEnded(session=said.session)]


def _hear_find(one: msgspec.Raw) -> Heard:
    """One that cannot be read hides no other."""
    try:
        return StrangerHeard(found=_find.decode(one))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Unreadable(device_id=None, why="the bridge found something that cannot be described")
