"""What the bridge says on the room's broker for its devices, and the commands that it hears there.

Everything waits for `pulse`, which is called a few times a second: the newest `about`, `state` and `online` of each
device (retained, and said again after every new connection), its collected readings, and the answers to commands.
Drivers have no clock: states and answers are dated here. Not here: which commands go through (`command_gate`), the
devices (`supervisor`).
"""

import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from firmware_bridge.drivers.driver import Booted, Done, Said
from firmware_bridge.line_words import LineWord, Lost, Returned
from firmware_bridge.readings_basket import ReadingsBasket, payloads
from models.clock import Clock, to_unix_ms
from models.errors import BadInputError
from models.room_messages import (
    LARGEST_PAYLOAD_BYTES,
    About,
    Batch,
    DeviceCommand,
    DeviceResult,
    Entry,
    Online,
    Reach,
    RoomMessage,
    RoomMessageError,
    State,
    decode_room,
    encode_room,
)
from models.telemetry import Found
from models.wire.broker_session import (
    BrokerSession,
    Connected,
    Disconnected,
    LastWill,
    PublishOutcome,
    PublishRefused,
    Refused,
    SessionState,
)
from models.wire.room_topics import BRIDGE_FOUND, BRIDGE_ONLINE, RoomLane, parse_room_topic, room_topic

log = logging.getLogger(__name__)

COMMANDS: Final = "dev/+/cmd"
"""The broker hands over only those of devices that the bridge may speak for."""

_MOST_ANSWERS: Final = 200
_SENTENCE: Final = 120
_REFUSED_AGAIN_MS: Final = 5_000

TakeCommand = Callable[[str, DeviceCommand], None]


@dataclass(slots=True, kw_only=True)
class _Spoken:
    """What is known of one device."""

    state: State | None = None
    about: About | None = None
    online: bool = False
    basket: ReadingsBasket = field(default_factory=ReadingsBasket)


class RoomVoice:
    """`hear` and `answer` may be called from any thread, `pulse` from one."""

    def __init__(self, session: BrokerSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._lock = threading.Lock()
        self._devices: dict[str, _Spoken] = {}
        self._retained: dict[str, bytes] = {}
        self._waiting: dict[str, bytes] = {}
        self._answers: deque[tuple[str, bytes]] = deque(maxlen=_MOST_ANSWERS)
        self._session_id = uuid.uuid4().hex
        self._in = False
        self._complained: set[str] = set()
        self._refused: set[str] = set()
        self._refused_said_ms = 0

    def start(self, take: TakeCommand) -> None:
        """Begins to connect; `take` is called on the session's thread and must return soon."""
        self._session.start(lambda topic, payload: self._hear_message(topic, payload, take), self._on_state, self._will)

    def stop(self) -> None:
        """Says that the devices are no longer spoken for, and ends the session in good order."""
        with self._lock:
            for device_id, spoken in self._devices.items():
                spoken.online = False
                self._say_online(device_id, spoken)
            self._keep(BRIDGE_ONLINE, Online(on=False, session=self._session_id))
        self.pulse()
        self._session.stop()

    def follow(self, device_ids: Iterable[str]) -> None:
        """The devices of the present plan; words of others are dropped from now on.

        Of a device that left, the broker is asked to forget everything: what stayed would look like a new find. Where
        the bridge's rights went with the device this is refused, and the caretaker has done it (`departed_devices`).
        """
        wanted = set(device_ids)
        with self._lock:
            for gone in set(self._devices) - wanted:
                del self._devices[gone]
                for lane in (RoomLane.ABOUT, RoomLane.STATE, RoomLane.ONLINE):
                    topic = room_topic(gone, lane)
                    if self._retained.pop(topic, None) is not None:
                        self._waiting[topic] = b""
            for new in wanted - set(self._devices):
                self._devices[new] = _Spoken()

    def hear(self, word: LineWord) -> None:
        """Takes up what a line tells."""
        with self._lock:
            match word:
                case Said(device_id=device_id):
                    self._take_said(device_id, word)
                case Booted(device_id=device_id, cause=cause):
                    boot = Batch(bn=device_id, e=(Entry(n="reset_cause", x=cause),))
                    self._take_said(device_id, Said(device_id=device_id, batch=boot))
                case Lost(device_ids=device_ids, sentence=sentence):
                    for device_id in device_ids:
                        self._take_loss(device_id, sentence)
                case Done(device_id=device_id, result=result):
                    self._queue_answer(device_id, result)
                case Returned():
                    pass

    def about_of(self, device_id: str) -> About | None:
        """What the device last said that it is."""
        with self._lock:
            spoken = self._devices.get(device_id)
            return None if spoken is None else spoken.about

    def answer(self, device_id: str, result: DeviceResult) -> None:
        """What came of a command."""
        with self._lock:
            self._queue_answer(device_id, result)

    def tell_found(self, found: Sequence[Found]) -> None:
        """What was seen on ports that no plan names; of more than a message holds, the surest."""
        surest = sorted(found, key=lambda one: one.confidence, reverse=True)
        while len(payload := msgspec.json.encode(surest)) > LARGEST_PAYLOAD_BYTES:
            surest.pop()
        if len(surest) < len(found):
            log.warning(
                "Too much was found to tell all of it: %d of %d are left out", len(found) - len(surest), len(found)
            )
        with self._lock:
            self._retained[BRIDGE_FOUND] = self._waiting[BRIDGE_FOUND] = payload

    def pulse(self) -> None:
        """Says everything that waits. What the broker does not take waits for the next time."""
        with self._lock:
            if not self._in:
                return
            now_ms = self._clock.monotonic_ms()
            self._say_refused_again(now_ms)
            waiting, self._waiting = self._waiting, {}
            answers = list(self._answers)
            self._answers.clear()
            baskets = [(name, spoken.basket.empty()) for name, spoken in self._devices.items() if len(spoken.basket)]
        unsaid = {
            topic: payload
            for topic, payload in waiting.items()
            if self._session.publish_retained(topic, payload) is not PublishOutcome.HANDED_OVER
        }
        unanswered = [(topic, payload) for topic, payload in answers if not self._is_out(topic, payload)]
        unread = {
            device_id: [
                payload
                for payload in payloads(pieces, now_ms)
                if not self._is_out(room_topic(device_id, RoomLane.TELEMETRY), payload)
            ]
            for device_id, pieces in baskets
        }
        with self._lock:
            self._waiting = unsaid | self._waiting
            self._answers = deque([*unanswered, *self._answers], maxlen=_MOST_ANSWERS)
            for device_id, left in unread.items():
                if left and device_id in self._devices:
                    self._devices[device_id].basket.put_back([decode_room(one, Batch) for one in left], now_ms)

    def _is_out(self, topic: str, payload: bytes) -> bool:
        return self._session.publish(topic, payload) is PublishOutcome.HANDED_OVER

    def _say_refused_again(self, now_ms: int) -> None:
        """A new device's words are refused until the caretaker has given the bridge the right to speak for it."""
        if not self._refused or now_ms - self._refused_said_ms < _REFUSED_AGAIN_MS:
            return
        self._refused_said_ms = now_ms
        again = {topic: self._retained[topic] for topic in self._refused if topic in self._retained}
        self._waiting = again | self._waiting
        self._refused.clear()

    def _take_said(self, device_id: str, said: Said) -> None:
        spoken = self._devices.get(device_id)
        if spoken is None:
            return
        if said.about is not None and said.about != spoken.about:
            spoken.about = said.about
            self._keep(room_topic(device_id, RoomLane.ABOUT), said.about)
        if said.state is not None:
            spoken.state = msgspec.structs.replace(said.state, at=to_unix_ms(self._clock.now()))
            self._keep(room_topic(device_id, RoomLane.STATE), spoken.state)
        elif spoken.state is None or not spoken.online:
            spoken.state = State(at=to_unix_ms(self._clock.now()))
            self._keep(room_topic(device_id, RoomLane.STATE), spoken.state)
        if said.batch is not None and said.batch.e:
            spoken.basket.put(said.batch, self._clock.monotonic_ms())
        online = spoken.state is None or spoken.state.reach is not Reach.UNREACHABLE
        if online != spoken.online:
            spoken.online = online
            self._say_online(device_id, spoken)

    def _take_loss(self, device_id: str, sentence: str) -> None:
        spoken = self._devices.get(device_id)
        if spoken is None:
            return
        at = to_unix_ms(self._clock.now())
        spoken.state = State(at=at, reach=Reach.UNREACHABLE, sentence=sentence[:_SENTENCE])
        self._keep(room_topic(device_id, RoomLane.STATE), spoken.state)
        spoken.online = False
        self._say_online(device_id, spoken)

    def _say_online(self, device_id: str, spoken: _Spoken) -> None:
        self._keep(room_topic(device_id, RoomLane.ONLINE), Online(on=spoken.online, session=self._session_id))

    def _keep(self, topic: str, message: RoomMessage) -> None:
        try:
            self._retained[topic] = self._waiting[topic] = encode_room(message)
        except RoomMessageError as error:
            log.warning("%s: %s", topic, error)

    def _queue_answer(self, device_id: str, result: DeviceResult) -> None:
        dated = msgspec.structs.replace(result, at=to_unix_ms(self._clock.now()))
        self._answers.append((room_topic(device_id, RoomLane.RESULT), encode_room(dated)))

    def _will(self) -> LastWill:
        """One will for all devices: each `online` names the same session, which the will ends."""
        with self._lock:
            self._session_id = uuid.uuid4().hex
            will = Online(on=False, session=self._session_id)
        return LastWill(topic=BRIDGE_ONLINE, payload=encode_room(will), retained=True)

    def _on_state(self, state: SessionState) -> None:
        match state:
            case Connected():
                log.info("The bridge is on the room's broker")
                with self._lock:
                    self._in = True
                    self._keep(BRIDGE_ONLINE, Online(on=True, session=self._session_id))
                    for device_id, spoken in self._devices.items():
                        self._say_online(device_id, spoken)
                    self._waiting |= self._retained
                    self._complained.clear()
            case Disconnected(reason=reason) | Refused(reason=reason):
                if self._in or reason not in self._complained:
                    log.warning("The bridge is not on the room's broker: %s", reason)
                self._complained.add(reason)
                self._in = False
            case PublishRefused(topic=topic, reason=reason):
                whose = "/".join(topic.split("/")[:2])
                if whose not in self._complained:
                    log.warning("The room's broker does not take %s: %s", whose, reason)
                with self._lock:
                    self._complained.add(whose)
                    self._refused.add(topic)

    def _hear_message(self, topic: str, payload: bytes, take: TakeCommand) -> None:
        try:
            place, command = parse_room_topic(topic), decode_room(payload, DeviceCommand)
        except BadInputError as error:
            log.warning("A command on %s cannot be read: %s", topic, error)
            return
        if place.lane is RoomLane.COMMAND:
            take(place.device_id, command)
