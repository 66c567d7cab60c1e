"""What box and central say to each other: hello, events, receipts, heads, rosters, plans. One thread at a time.

Every input is a method and every instant comes from the clock, so that days of trouble can be played without a network.
Not here: threads and the connection (`uplink`), the rules of the chain (`chain_keeper`), the lane of the room's
equipment (`telemetry_conversation`), which travels when no event waits.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from edge.chain_keeper import Meeting
from edge.challenge_pool import ChallengePool
from edge.outbox import Outbox
from edge.outbox_tables import StoredEvent
from edge.room_plan_keeper import RoomPlanKeeper
from edge.roster_store import RosterStore
from edge.sending_window import SendingWindow, batches
from edge.telemetry_conversation import TelemetryConversation, decode_mark
from edge.uplink_notices import (
    CentralTime,
    CentralWentBack,
    CommandArrived,
    ConnectionChanged,
    EventsReceipted,
    ForkHealed,
    NewsArrived,
    Notice,
    RosterArrived,
    RosterRefused,
    UplinkAlarm,
)
from models.clock import Clock, TimeQuality
from models.errors import BadInputError
from models.identifiers import BoxId
from models.messages import (
    LARGEST_BATCH_EVENTS,
    Ack,
    BatchedEvent,
    ChallengeMessage,
    CommandMessage,
    CommandResult,
    EventBatch,
    Hello,
    News,
    PlanMessage,
    RosterMessage,
    Vitals,
    decode,
    encode,
)
from models.room_plan import PlanRefusal, SignedPlan
from models.wire import codec
from models.wire.broker_session import PublishOutcome
from models.wire.central_keys import SignatureCheck
from models.wire.commands import Command, CommandRefusal, SignedCommand, open_command
from models.wire.receipts import HeadStatement, Receipt, open_receipt, open_statement
from models.wire.signed_bundle import BundleRefusal
from models.wire.topics import DownLane, UpLane, parse_down_topic, shard_of, up_topic

_log = logging.getLogger(__name__)

HELLO_EVERY_MS: Final = 60_000
HELLO_AGAIN_MS: Final = 5_000
"""Until central answers, and whenever events stall."""
SILENT_AFTER_MS: Final = 15_000
STALLS_BEFORE_ALARM: Final = 15


class BoxHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What a hello says about the box besides its chain: words of `models.messages.Hello`."""

    software: str
    time_quality: TimeQuality
    reader: str
    camera: str
    rehearsal: bool
    vitals: Vitals | None = None


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who we are and whom we believe. `shards` is the number of shards of central's ingest."""

    box_id: BoxId
    central_key: SignatureCheck
    shards: int = 1


class CentralConversation:
    """The box's side of the talk with central."""

    def __init__(
        self,
        *,
        identity: Identity,
        outbox: Outbox,
        rosters: RosterStore,
        publish: Callable[[str, bytes], PublishOutcome],
        describe: Callable[[], BoxHealth],
        notify: Callable[[Notice], None],
        clock: Clock,
    ) -> None:
        self._telemetry: TelemetryConversation | None = None
        self._plans: RoomPlanKeeper | None = None
        self._challenges: ChallengePool | None = None
        self._identity = identity
        self._outbox = outbox
        self._rosters = rosters
        self._publish = publish
        self._describe = describe
        self._notify = notify
        self._clock = clock
        self._shard = shard_of(identity.box_id, identity.shards)
        self._told: tuple[datetime, int] | None = None
        self._session = ""
        self._window = SendingWindow()
        self._answered = False
        self._online = False
        self._said_hello_at_ms = 0
        self._unanswered_since_ms: int | None = None

    def also_carry(self, plans: RoomPlanKeeper, telemetry: TelemetryConversation | None) -> None:
        """Before the first connection: takes the room's plans, and carries the telemetry of a room that has any."""
        self._plans = plans
        self._telemetry = telemetry

    def also_fill(self, challenges: ChallengePool) -> None:
        """Before the first connection: asks central for challenges and puts them here."""
        self._challenges = challenges

    def connected(self, session: str) -> None:
        """The broker took us; `session` names this connection. Hello goes at once, events follow central's answer."""
        self._session = session
        self._answered = False
        self._unanswered_since_ms = None
        self._window.rewind()
        if self._telemetry is not None:
            self._telemetry.connected(session)
        self._say_hello()

    def disconnected(self, reason: str) -> None:
        """The broker is gone. What was in flight will travel again."""
        self._session = ""
        self._window.rewind()
        if self._telemetry is not None:
            self._telemetry.disconnected()
        self._become(ConnectionChanged(online=False, reason=reason))

    def committed(self) -> None:
        """Something new waits in the outbox."""
        self._send()

    def time_passed(self) -> None:
        """Called at least twice a second: says hello again, sends again what stalled, notices central's silence."""
        if not self._session:
            return
        now = self._clock.monotonic_ms()
        if self._window.rewind_if_stalled(now):
            self._expect_answer()
            if self._window.stalls == STALLS_BEFORE_ALARM:
                self._notify(
                    UplinkAlarm(reason="Central takes none of our events. Compare this box's keys at central.")
                )
            self._send()
        self._send_telemetry()
        waits = self._unanswered_since_ms is not None or not self._answered
        if now - self._said_hello_at_ms >= (HELLO_AGAIN_MS if waits else HELLO_EVERY_MS):
            self._say_hello()
        if self._unanswered_since_ms is not None and now - self._unanswered_since_ms >= SILENT_AFTER_MS:
            self._become(ConnectionChanged(online=False, reason="central does not answer"))

    def heard(self, topic: str, payload: bytes) -> None:
        """A message below `down/<box>/`. What is malformed or not central's is told as an alarm and changes nothing."""
        try:
            box_id, lane = parse_down_topic(topic)
            if box_id != self._identity.box_id:
                return
            if lane is DownLane.ACK:
                self._hear_ack(decode(payload, Ack))
            elif lane is DownLane.ROSTER:
                self._hear_roster(decode(payload, RosterMessage))
            elif lane is DownLane.COMMAND:
                self._hear_command(decode(payload, CommandMessage).command)
            elif lane is DownLane.MARK:
                self._hear_mark(payload)
            elif lane is DownLane.PLAN:
                self._hear_plan(decode(payload, PlanMessage).plan)
            elif lane is DownLane.CHALLENGES:
                self._hear_challenges(decode(payload, ChallengeMessage))
            else:
                decode(payload, News)
                self._notify(NewsArrived())
        except BadInputError as error:
            _log.warning("A message from central's side was not taken: %s", error)
            self._notify(UplinkAlarm(reason=str(error)))

    def _hear_ack(self, ack: Ack) -> None:
        key = self._identity.central_key
        receipts = [open_receipt(signed, key) for signed in ack.receipts]
        statement = open_statement(ack.statement, key)
        self._take_receipts(receipts)
        if statement.box_id == self._identity.box_id and statement.session == self._session:
            self._take_statement(statement)
        self._send()

    def _take_receipts(self, receipts: list[Receipt]) -> None:
        freed = self._outbox.apply_receipts(receipts) if receipts else []
        if freed:
            self._window.receipted(freed[-1].position, self._clock.monotonic_ms())
            self._notify(EventsReceipted(uuids=tuple(event.uuid for event in freed)))

    def _take_statement(self, statement: HeadStatement) -> None:
        meeting = self._outbox.meet(statement.head)
        if meeting is not Meeting.IN_STEP:
            self._window.rewind()
        if meeting is Meeting.NEW_EPOCH:
            head = self._outbox.head()
            self._notify(ForkHealed(epoch=head.epoch if head else 0))
        elif meeting is Meeting.SENDING_AGAIN:
            if self._challenges is not None:
                self._challenges.clear()  # it may have forgotten them too
            self._notify(CentralWentBack())
        self._answered = True
        self._unanswered_since_ms = None
        self._become(ConnectionChanged(online=True))
        now = self._clock.monotonic_ms()
        self._told = (statement.stated_at, now)
        self._notify(CentralTime(stated_at=statement.stated_at, heard_monotonic_ms=now))

    def _hear_roster(self, message: RosterMessage) -> None:
        kept = self._rosters.keep(message.bundle, self._clock.now())
        if isinstance(kept, BundleRefusal):
            _log.warning("A roster was refused: %s.", kept)
            self._notify(RosterRefused(refusal=kept))
        else:
            self._notify(RosterArrived(bundle=kept))
            self._say_hello()

    def _hear_mark(self, payload: bytes) -> None:
        if self._telemetry is not None:
            self._telemetry.heard(decode_mark(payload))
            self._send_telemetry()

    def _hear_plan(self, signed: SignedPlan) -> None:
        if self._plans is None:
            return
        taken = self._plans.take(signed)
        if isinstance(taken, PlanRefusal):
            self._notify(UplinkAlarm(reason=f"A plan of the room was refused: {taken}"))
        else:
            self._say_hello()

    def _hear_challenges(self, message: ChallengeMessage) -> None:
        if self._challenges is not None:
            self._challenges.take_in(message.challenges)

    def _hear_command(self, signed: SignedCommand) -> None:
        opened = open_command(signed, self._identity.central_key, self._identity.box_id, self._centrals_now())
        match opened:
            case Command():
                self._notify(CommandArrived(command=opened, in_time=True))
            case CommandRefusal.EXPIRED:
                self._notify(CommandArrived(command=codec.decode(signed.body, Command), in_time=False))
            case _:
                self._notify(UplinkAlarm(reason=f"A command was refused: {opened}"))

    def _centrals_now(self) -> datetime:
        """What central's clock shows, if it told this program; else our own, which may be wrong by hours."""
        if self._told is None:
            return self._clock.now()
        stated_at, heard_ms = self._told
        return stated_at + timedelta(milliseconds=self._clock.monotonic_ms() - heard_ms)

    def answer(self, result: CommandResult) -> None:
        """What came of a command. When it is lost, central sends the command again and gets it again."""
        if self._session:
            self._publish(self._topic(UpLane.RESULT), encode(result))

    def _say_hello(self) -> None:
        health = self._describe()
        hello = Hello(
            session=self._session,
            software=health.software,
            head=self._outbox.head(),
            rosters=self._rosters.versions(self._clock.now()),
            time_quality=health.time_quality,
            sent_at=self._clock.now(),
            waiting=self._outbox.counts().waiting,
            reader=health.reader,
            camera=health.camera,
            rehearsal=health.rehearsal,
            vitals=health.vitals,
            room_plan=self._plans.version if self._plans is not None else None,
            telemetry=self._telemetry.head() if self._telemetry is not None else None,
            challenges=self._challenges.count if self._challenges is not None else None,
        )
        self._said_hello_at_ms = self._clock.monotonic_ms()
        self._expect_answer()
        self._publish(self._topic(UpLane.HELLO), encode(hello))

    def _send(self) -> None:
        if not (self._session and self._answered):
            return
        while self._window.is_open:
            waiting = self._outbox.pending(LARGEST_BATCH_EVENTS, after=self._window.sent_up_to)
            batch = next(batches(waiting), None)
            if batch is None or not self._send_batch(batch):
                return
            self._window.sent(batch, self._clock.monotonic_ms())

    def _send_telemetry(self) -> None:
        """The events of an exam go first, unless central has taken none of them for long."""
        if self._telemetry is None or not (self._session and self._answered):
            return
        unsent = self._outbox.pending(1, after=self._window.sent_up_to)
        if not unsent or self._window.stalls >= STALLS_BEFORE_ALARM:
            self._telemetry.send()

    def _send_batch(self, batch: list[StoredEvent]) -> bool:
        message = EventBatch(
            session=self._session,
            epoch=batch[0].epoch,
            base=batch[0].seq,
            events=tuple(BatchedEvent(body=one.body, signature=one.signature, evidence=one.evidence) for one in batch),
        )
        return self._publish(self._topic(UpLane.EVENTS), encode(message)) is PublishOutcome.HANDED_OVER

    def _expect_answer(self) -> None:
        if self._unanswered_since_ms is None:
            self._unanswered_since_ms = self._clock.monotonic_ms()

    def _become(self, change: ConnectionChanged) -> None:
        if change.online != self._online:
            self._online = change.online
            self._notify(change)

    def _topic(self, lane: UpLane) -> str:
        return up_topic(self._shard, self._identity.box_id, lane)
