"""The room agent: one thread and one inbox in which everything that happens to the box is taken in turn.

It tells the desk, carries out what the desk asks for, and keeps what the banners show. Workers (reader, camera, uplink,
scanner, pages) only put things into the inbox. Not here: decisions (`exam_desk`), devices (`cards`, `faces`), choosing
them (`wiring`).
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol, assert_never

from edge.admission_record import happening_of
from edge.box_condition import (
    BoxCondition,
    CentralSpoke,
    ClockJudged,
    CommandCame,
    DeviceOrderEnded,
    Notice,
    RosterArrived,
    SecondCopiesMade,
    StorageChanged,
    TimeSourceTold,
    note,
)
from edge.clock_watch import ClockWatch
from edge.effects import AwaitSecondCopy, CompareFace, Effect, LookAtCamera, ReadCard, StopComparing, Store
from edge.exam_desk.desk import AT_REST, Desk, advance
from edge.exam_desk.steps import Step
from edge.happenings import Happening
from edge.occurrences import (
    NotStored,
    Occurrence,
    SecondCopyLate,
    SecondCopyMade,
    SessionClosed,
    SessionOpened,
    Stored,
    StoreReopened,
)
from edge.remote_orders import IDENTIFY_SECONDS, RemoteOrders, UnderWay
from edge.stopwatch import Stopwatch
from models.clock import Clock, TimeQuality
from models.errors import ClassroomError, StorageError
from models.exams import RosterBundle
from models.face_profile import FaceProfile
from models.identifiers import CandidateNumber, SessionId
from models.messages import CommandOutcome, CommandResult
from models.wire.commands import Command, CommandName
from models.wire.event_chain import EventKind, SignedEvent, decode_event

log = logging.getLogger(__name__)

_SECOND_COPY_SECONDS = 3.0
_TICK_SECONDS = 0.25
_REOPEN_SECONDS = 2.0
_HANDED_ON = "handed on"
_LAST_WORDS_MS = 1000
"""So long the answer to a restart may travel before the program ends."""
_SHELF_SECONDS = 30.0
"""So often the shelf is asked whether another sitting is due, or the present roster has run out."""


class ChipReading(Protocol):
    """What reads the card that lies on the reader; the outcome comes into the inbox."""

    def read(self, access_number: str, *, allow_bac: bool) -> None:
        """Begin to read with this access number (CAN, six digits); returns at once."""


class FaceComparing(Protocol):
    """What compares the person at the camera with a portrait; the outcome comes into the inbox."""

    def look(self, profile: FaceProfile) -> None:
        """Begin to look at the camera; what is seen serves the comparison that follows. Returns at once."""

    def compare(self, portrait: bytes, profile: FaceProfile) -> None:
        """Begin to compare with this picture file (JPEG or JPEG 2000) by this profile; returns at once."""

    def cancel(self) -> None:
        """Forget the comparison under way; its outcome will not come."""


class Memory(Protocol):
    """The outbox, as far as the agent needs it."""

    def commit(self, happening: Happening) -> SignedEvent:
        """Store durably, or raise StorageError."""

    def seated(self, session: SessionId) -> dict[CandidateNumber, datetime]:
        """Who is seated in this sitting, and since when (UTC)."""


class RosterShelf(Protocol):
    """Where verified rosters are kept."""

    def current(self, now: datetime) -> RosterBundle | None:
        """The roster to work from at this instant (UTC), or None."""

    def forget_before(self, now: datetime) -> int:
        """Delete rosters that no longer count at this instant (UTC); gives how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the agent works with; `wiring` chooses them."""

    memory: Memory
    rosters: RosterShelf
    chips: ChipReading
    faces: FaceComparing
    clock: Clock
    watch: ClockWatch
    orders: RemoteOrders
    answer: Callable[[CommandResult], None]
    restart: Callable[[], None]
    changed: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Awaited:
    """An event whose second copy the desk waits for, until `deadline_ms` of the monotonic clock."""

    ticket: int
    deadline_ms: int


class Agent:
    """Owns the desk and the box's condition; both may be read from any thread, only the agent's thread changes them."""

    def __init__(self, inbox: "queue.Queue[Occurrence | Notice]", parts: Parts, condition: BoxCondition) -> None:
        self._inbox = inbox
        self._parts = parts
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._awaited: _Awaited | None = None
        self.last_uuid = b""
        self._reopen_due_ms: int | None = None
        self._stopwatch = Stopwatch()
        self._shelf_due_ms = 0
        self._roster_due = False
        self._identify_until_ms: int | None = None
        self._restart_due_ms: int | None = None
        self.desk = Desk()
        self.condition = condition

    def open(self) -> None:
        """Write down that the box started; with a stored roster the desk opens at once, also without network."""
        self._record(EventKind.BOX_STARTED)
        self._watch_clock()
        self._open_session()

    def start(self) -> None:
        """Take what happens from the inbox, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="room agent", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being done and end."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                item = self._inbox.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                self._survive(self.tick)
                continue
            self._survive(partial(self.take, item))
            self._survive(self.tick)
            self._inbox.task_done()

    def _survive(self, work: Callable[[], None]) -> None:
        """Whatever goes wrong, the desk stops where everybody sees it, and goes on when the store is proven whole."""
        try:
            work()
        except Exception:
            log.exception("The room agent met a fault; seating stops until the store is proven whole again")
            self.desk = replace(self.desk, step=Step.STOPPED)
            self._storage(working=False)
            self._parts.changed()

    def take(self, item: Occurrence | Notice) -> None:
        """Take one thing that happened. Only the agent's own thread, or a test, calls this."""
        match item:
            case Notice():
                self.condition = note(self.condition, item, self._parts.clock.now())
                self._after_notice(item)
            case _:
                self._tell_desk(item)
        self._parts.changed()

    def _after_notice(self, notice: Notice) -> None:
        match notice:
            case RosterArrived():
                self._roster_due = True
            case CentralSpoke(central_time=central_time):
                self._parts.watch.hear(central_time)
            case TimeSourceTold(nts=True):
                self._parts.watch.hear(self._parts.clock.now())
            case CommandCame(command=command, in_time=in_time):
                self._follow(command, in_time=in_time)
            case DeviceOrderEnded(result=result):
                self._parts.orders.finish(result)
                self._parts.answer(result)
            case SecondCopiesMade(uuids=uuids) if self.last_uuid in uuids:
                self._awaited = None
                self._tell_desk(SecondCopyMade(ticket=self.desk.ticket))

    def _follow(self, command: Command, *, in_time: bool) -> None:
        answered = self._parts.orders.answer(command, self.desk, self._parts.watch.now(), in_time=in_time)
        if isinstance(answered, UnderWay):
            if answered.is_new:
                self._record(EventKind.COMMAND_CARRIED_OUT, decision=_HANDED_ON, reason=command.name)
            return
        self._parts.answer(answered.result)
        if not answered.is_new:
            return
        outcome = answered.result.outcome
        self._record(EventKind.COMMAND_CARRIED_OUT, decision=outcome, reason=command.name)
        if outcome is not CommandOutcome.DONE:
            return
        now = self._parts.clock.monotonic_ms()
        if command.name is CommandName.IDENTIFY:
            self.condition = replace(self.condition, identifying=command.box_id)
            self._identify_until_ms = now + IDENTIFY_SECONDS * 1000
        elif command.name is CommandName.RESTART:
            self._restart_due_ms = now + _LAST_WORDS_MS

    def _tell_desk(self, occurrence: Occurrence) -> None:
        self.desk, effects = advance(self.desk, occurrence)
        self._stopwatch = self._stopwatch.after(occurrence, effects, self._parts.clock.monotonic_ms())
        if isinstance(occurrence, Stored) and self._stopwatch.compared_ms and self.desk.decision == "automatic":
            log.info("%s", self._stopwatch)
        for effect in effects:
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case ReadCard(access_number=number, allow_bac=allow_bac):
                self._parts.chips.read(number, allow_bac=allow_bac)
            case LookAtCamera(profile=profile):
                self._parts.faces.look(profile)
            case CompareFace(portrait=portrait, profile=profile):
                self._parts.faces.compare(portrait, profile)
            case StopComparing():
                self._parts.faces.cancel()
            case Store():
                self._store(effect)
            case AwaitSecondCopy(ticket=ticket):
                deadline = self._parts.clock.monotonic_ms() + int(_SECOND_COPY_SECONDS * 1000)
                self._awaited = _Awaited(ticket=ticket, deadline_ms=deadline)
            case _:
                assert_never(effect)

    def _store(self, store: Store) -> None:
        bundle = self.desk.bundle
        if bundle is None:
            raise AssertionError("a decision without a roster")
        now = self._parts.clock.now()
        try:
            happening = happening_of(store, bundle, now, self._time_quality())
            signed = self._parts.memory.commit(happening)
        except ClassroomError:
            log.exception("An event was not stored; seating stops until the store is reopened and whole")
            self._storage(working=False)
            self._tell_desk(NotStored(ticket=store.ticket))
            return
        self.last_uuid = decode_event(signed.body).uuid
        self._tell_desk(Stored(ticket=store.ticket, at=now))

    def tick(self) -> None:
        """Look at the clock: is a second copy late, is it time to try the store again. Same thread as `take`."""
        now = self._parts.clock.monotonic_ms()
        if self._awaited is not None and now >= self._awaited.deadline_ms:
            ticket, self._awaited = self._awaited.ticket, None
            self.take(SecondCopyLate(ticket=ticket))
        if self._reopen_due_ms is not None and now >= self._reopen_due_ms:
            self._try_to_reopen()
        self._keep_orders(now)
        self._watch_clock()
        if self.desk.step in AT_REST and (self._roster_due or now >= self._shelf_due_ms):
            self._shelf_due_ms = now + int(_SHELF_SECONDS * 1000)
            self._follow_the_shelf()

    def _keep_orders(self, now_ms: int) -> None:
        if self._identify_until_ms is not None and now_ms >= self._identify_until_ms:
            self._identify_until_ms = None
            self.condition = replace(self.condition, identifying=None)
            self._parts.changed()
        if self._restart_due_ms is not None and now_ms >= self._restart_due_ms:
            self._restart_due_ms = None
            self._parts.restart()

    def _watch_clock(self) -> None:
        step = self._parts.watch.look()
        right = self._parts.watch.is_right
        if right is not self.condition.clock_is_right:
            said = "right again" if right else "wrong; no new sitting opens"
            log.log(logging.INFO if right else logging.WARNING, "The clock is %s", said)
            self.condition = note(self.condition, ClockJudged(right=right), self._parts.clock.now())
            self._roster_due = self._roster_due or right
            self._parts.changed()
        if step is not None:
            seconds = int(step.total_seconds())
            log.warning("Somebody set the clock by %d seconds", seconds)
            self._record(EventKind.CLOCK_STEPPED, reason=f"{seconds:+d} s")

    def _try_to_reopen(self) -> None:
        """The outbox reopens and checks itself at its next commit; a fault event that is stored proves it whole."""
        try:
            self._commit_plain(EventKind.STORE_FAULT)
        except StorageError as error:
            log.debug("The store is still not whole: %s", error)
            self._reopen_due_ms = self._parts.clock.monotonic_ms() + int(_REOPEN_SECONDS * 1000)
            return
        log.info("The store was reopened and found whole")
        self._storage(working=True)
        self.take(StoreReopened())

    def _storage(self, *, working: bool) -> None:
        due = self._parts.clock.monotonic_ms() + int(_REOPEN_SECONDS * 1000)
        self._reopen_due_ms = None if working else due
        self.condition = note(self.condition, StorageChanged(working=working), self._parts.clock.now())

    def _follow_the_shelf(self) -> None:
        """Morning gives way to afternoon, and a roster that has run out is put away, with or without network."""
        now = self._parts.watch.now()
        try:
            bundle, known = self._parts.rosters.current(now), self.desk.bundle
        except StorageError as error:
            log.warning("The shelf of rosters cannot be read; the desk goes on with the roster it has: %s", error)
            return
        if bundle is None and known is not None:
            log.warning("The roster has run out; the desk is closed until central sends another")
            self.take(SessionClosed())
        elif bundle is not None and bundle != known:
            self._open_session()
        self._roster_due = False
        self._parts.rosters.forget_before(now)

    def _open_session(self) -> None:
        watch = self._parts.watch
        bundle = self._parts.rosters.current(watch.now())
        if bundle is None:
            return
        if not watch.is_right and not watch.was_opened(bundle.session.session_id):
            return
        known = self.desk.bundle
        seated = self._parts.memory.seated(bundle.session.session_id)
        self._tell_desk(SessionOpened(bundle=bundle, seated=seated))
        if known is None or known.session.session_id != bundle.session.session_id:
            self._record(EventKind.SESSION_OPENED, decision=bundle.profile.name)
            watch.note_opened(bundle.session.session_id)
            log.info("A sitting is open with %d candidates, %d seated", len(bundle.session.candidates), len(seated))
        self._parts.changed()

    def _record(self, kind: EventKind, decision: str = "", reason: str = "") -> None:
        try:
            self._commit_plain(kind, decision, reason)
        except StorageError:
            log.exception("The store does not work; no light will turn green")
            self._storage(working=False)

    def _commit_plain(self, kind: EventKind, decision: str = "", reason: str = "") -> None:
        session = self.desk.bundle.session if self.desk.bundle else None
        self._parts.memory.commit(
            Happening(
                kind=kind,
                time_quality=self._time_quality(),
                exam=session.exam_id if session else "",
                session=session.session_id if session else "",
                room=session.room_id if session else "",
                decision=decision,
                reason=reason,
                actor="automatic",
            )
        )

    def _time_quality(self) -> TimeQuality:
        return self.condition.time_quality
