"""The one writer of measurements: takes what boxes say from the broker, stores it, and answers after the commit.

Reader thread (the session's) -> bounded inbox -> one writer. While the store fails nothing is answered: the boxes keep
their rows and send them again. Old rows go in small bites while nothing waits. Not here: what a message means
(`intake`), which rows are old (`retention`).
"""

import logging
import queue
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Final, assert_never

import msgspec
from sqlalchemy.exc import IntegrityError

from central.database import Database
from central.measuring.intake import Answers, Intake, Letter
from central.measuring.known_places import KnownPlaces
from central.measuring.marks import OtherWriterError
from central.measuring.retention import Retention
from models.clock import Clock
from models.errors import StorageError
from models.identifiers import BoxId
from models.telemetry import TelemetryMark
from models.wire.broker_session import (
    BrokerSession,
    Connected,
    Disconnected,
    PublishOutcome,
    PublishRefused,
    Refused,
    SessionState,
)
from models.wire.topics import DownLane, down_topic

log = logging.getLogger(__name__)

MOST_WAITING: Final = 5_000
"""Messages that may wait for the writer; then the session's thread waits, and the broker keeps what comes."""

LONGEST_HOLD_SECONDS: Final = 10.0
"""So long the session's thread waits; then it drops the message, which its box sends again."""

MOST_IN_ONE_COMMIT: Final = 1_000
GATHER_SECONDS: Final = 0.020
"""Commits begin so far apart while fewer wait; what comes after a silence is not held up."""

IDLE_SECONDS: Final = 0.25
MANY_WAITING: Final = 200
ANSWER_EVERY_MS: Final = 100
"""While many messages wait, a box is told no more often: one mark stands for all before it."""


@dataclass(slots=True)
class WriterHealth:
    """How the writer is. Written by its thread only, but for `broker` and `dropped`."""

    broker: str = "not connected yet"
    trouble: str | None = None
    dropped: int = 0
    commits: int = 0


class MeasurementWriter:
    """`start` connects and writes until `stop`. `take` is the writer's task, also for tests without threads."""

    def __init__(
        self,
        *,
        database: Database,
        session: BrokerSession,
        intake: Intake,
        places: KnownPlaces,
        retention: Retention,
        clock: Clock,
    ) -> None:
        self.health = WriterHealth()
        self._database = database
        self._session = session
        self._intake = intake
        self._places = places
        self._retention = retention
        self._clock = clock
        self._inbox: queue.SimpleQueue[Letter | None] = queue.SimpleQueue()
        self._alone: deque[list[Letter]] = deque()
        self._unsent: dict[BoxId, TelemetryMark] = {}
        self._sent_ms = 0
        self._gathered = 0.0
        self._stopping = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._write, name="measurements")

    def start(self) -> None:
        """Begin to write, then to listen."""
        self._thread.start()
        self._session.start(self._hear, self._note_state)

    def stop(self) -> None:
        """Finish and answer what waits, then stop listening; what comes in between is sent again by its box."""
        self._stopping.set()
        self._inbox.put(None)
        self._thread.join()
        self._session.stop()

    def _hear(self, topic: str, payload: bytes) -> None:
        if self._inbox.qsize() >= MOST_WAITING and not self._wait_for_room():
            self.health.dropped += 1
            return
        self._inbox.put((topic, payload))

    def _wait_for_room(self) -> bool:
        end = time.monotonic() + LONGEST_HOLD_SECONDS
        while self._inbox.qsize() >= MOST_WAITING:
            if time.monotonic() > end or self._stopping.wait(0.005):
                return False
        return True

    def _note_state(self, state: SessionState) -> None:
        match state:
            case Connected():
                self.health.broker = "connected"
                log.info("Listening to the boxes' telemetry")
            case Disconnected(reason=reason):
                self.health.broker = f"not connected: {reason}"
                log.warning("Not connected to the broker: %s", reason)
            case Refused(reason=reason):
                self.health.broker = f"refused: {reason}"
                log.error("The broker refuses the measuring program: %s", reason)
            case PublishRefused(topic=topic, reason=reason):
                log.error("The broker refused a message or filter on %s: %s", topic, reason)
            case _:
                assert_never(state)

    def _write(self) -> None:
        while not self._ended or self._alone:
            letters = self._gather()
            try:
                self._places.look_in_time()
                if letters or self._places.devices_changed:
                    self.take(letters)
                self._answer_in_time()
                self._tidy()
            except Exception:  # the outermost loop of this thread: what is not foreseen must not end it
                log.exception("The writer of measurements failed on %d messages", len(letters))
                self._suspect(letters)

    def _tidy(self) -> None:
        if self.health.trouble is None and not self._alone and self._inbox.qsize() < MANY_WAITING:
            try:
                self._retention.bite(self._database)
            except StorageError as error:
                self._trouble(str(error))

    def _gather(self) -> list[Letter]:
        """One commit's worth of what comes within its time; suspects of a failed commit come again, in halves."""
        if self._alone:
            return self._alone.popleft()
        letters: list[Letter] = []
        try:
            letter = self._inbox.get(timeout=IDLE_SECONDS if not self._unsent else ANSWER_EVERY_MS / 1000)
            rest = self._gathered + GATHER_SECONDS - time.monotonic()
            if rest > 0 and self._inbox.qsize() < MOST_IN_ONE_COMMIT:
                self._stopping.wait(rest)  # without a look at each message: that would wake both threads
            self._gathered = time.monotonic()
            while letter is not None:
                letters.append(letter)
                if len(letters) == MOST_IN_ONE_COMMIT:
                    return letters
                letter = self._inbox.get_nowait()
            self._ended = True
        except queue.Empty:
            pass
        return letters

    def take(self, letters: list[Letter]) -> None:
        """Store these messages in one transaction and remember the answers that are due."""
        if self.health.trouble is not None and not self._healed():
            return
        try:
            with self._database.writing() as connection:
                answers = self._intake.take(connection, letters)
        except (OtherWriterError, IntegrityError) as error:
            self._intake.forget()
            self._trouble(f"another program writes the same store ({type(error).__name__})")
            return
        except StorageError as error:
            self._intake.forget()
            self._trouble(str(error))
            return
        self._note(answers)

    def _note(self, answers: Answers) -> None:
        self.health.commits += 1
        self._unsent.update(answers)

    def answer(self) -> None:
        """Send every mark that is due; what the session does not take now is tried again."""
        for box_id, mark in list(self._unsent.items()):
            outcome = self._session.publish(down_topic(box_id, DownLane.MARK), msgspec.json.encode(mark))
            if outcome is PublishOutcome.QUEUE_FULL:
                return
            del self._unsent[box_id]

    def _answer_in_time(self) -> None:
        now = self._clock.monotonic_ms()
        if self._unsent and (
            self._ended or self._inbox.qsize() < MANY_WAITING or now - self._sent_ms >= ANSWER_EVERY_MS
        ):
            self._sent_ms = now
            self.answer()

    def _suspect(self, letters: list[Letter]) -> None:
        """One message among these cannot be dealt with: find it, pass over its rows, and take the others."""
        self._intake.forget()
        if len(letters) != 1:
            half = (len(letters) + 1) // 2
            self._alone.extendleft(one for one in (letters[half:], letters[:half]) if one)
            return
        try:
            with self._database.writing() as connection:
                self._note(self._intake.pass_over(connection, letters[0]))
        except StorageError as error:
            self._intake.forget()
            self._trouble(str(error))
        except Exception:  # we stand in an except clause of the thread's outermost loop: nothing may leave
            self._intake.forget()
            log.exception("A message could not even be passed over; it is dropped unanswered and comes again")

    def _trouble(self, sentence: str) -> None:
        if self.health.trouble is None:
            log.error("No measurements are stored or answered: %s", sentence)
        self.health.trouble = sentence

    def _healed(self) -> bool:
        """Look at the store again after a failure; only a whole store is written to."""
        try:
            self._database.reopen()
        except StorageError as error:
            self.health.trouble = str(error)
            return False
        log.info("Measurements are stored again")
        self.health.trouble = None
        return True
