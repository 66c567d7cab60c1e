"""The one writer: takes what boxes say from the broker, stores it, and answers after the commit, never before.

A message that cannot be read goes to quarantine and never holds up the next one. When the store fails, nothing is
answered: the boxes keep their events and send them again. Not here: what a message means (`mail_room`).
"""

import logging
import queue
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from central import command_post
from central.database import Database
from central.live_feed import LiveFeed
from central.mail_room import MailRoom, Outcome
from central.registers import room_plans, roster_register
from central.roster_post import Letter
from models.clock import Clock
from models.errors import StorageError
from models.wire.broker_session import (
    BrokerSession,
    Connected,
    Disconnected,
    PublishRefused,
    Refused,
    SessionState,
)

log = logging.getLogger(__name__)

MOST_WAITING: Final = 5_000
"""Messages that may wait for the writer; what comes beyond is dropped unanswered and sent again by its box."""

MOST_IN_ONE_COMMIT: Final = 64
ROSTER_LOOK_SECONDS: Final = 1.0
COMMAND_LOOK_MS: Final = 900
HEARD_LATELY: Final = timedelta(minutes=3)


@dataclass(slots=True)
class IngestHealth:
    """How the writer is, for the pages. Written by its thread only; `since` belongs to the present `trouble`."""

    broker: str = "not connected yet"
    trouble: str | None = None
    since: datetime | None = None
    stored_at: datetime | None = None
    dropped: int = 0


class Ingest:
    """`start` connects and writes until `stop`. `take` and `look_for_rosters` are the writer's two tasks."""

    def __init__(
        self,
        *,
        database: Database,
        session: BrokerSession,
        mail_room: MailRoom,
        live_feed: LiveFeed,
        clock: Clock,
    ) -> None:
        self.health = IngestHealth()
        self._database = database
        self._session = session
        self._mail_room = mail_room
        self._live_feed = live_feed
        self._clock = clock
        self._inbox: queue.Queue[Letter | None] = queue.Queue(MOST_WAITING)
        self._command_mark = 0
        self._looked_for_commands_ms = 0
        self._import_mark: tuple[int, int] | None = None
        self._plan_mark: int | None = None
        self._alone: deque[Letter] = deque()
        self._ended = False
        self._thread = threading.Thread(target=self._write, name="ingest")

    def start(self) -> None:
        """Begin to write, then to listen."""
        self._thread.start()
        self._session.start(self._hear, self._note_state)

    def stop(self) -> None:
        """Finish and answer what waits, then stop listening; what comes in between is sent again by its box."""
        self._inbox.put(None)
        self._thread.join()
        self._session.stop()

    def hear_again(self, topic: str, payload: bytes) -> None:
        """A message that came before its box was known is dealt with now. Any thread may call."""
        self._hear(topic, payload)

    def _hear(self, topic: str, payload: bytes) -> None:
        try:
            self._inbox.put_nowait((topic, payload))
        except queue.Full:
            self.health.dropped += 1

    def _note_state(self, state: SessionState) -> None:
        match state:
            case Connected():
                self.health.broker = "connected"
            case Disconnected(reason=reason):
                self.health.broker = f"not connected: {reason}"
            case Refused(reason=reason):
                self.health.broker = f"refused: {reason}"
                log.error("The broker refuses central: %s", reason)
            case PublishRefused(topic=topic, reason=reason):
                log.error("The broker refused a message on %s: %s", topic, reason)
            case _:
                assert_never(state)

    def _write(self) -> None:
        while not self._ended or self._alone:
            letters = self._next_letters()
            try:
                if letters:
                    self.take(letters)
                else:
                    self.look_for_rosters()
                self._look_for_commands_in_time()
            except Exception:  # the outermost loop of this thread: what is not foreseen must not end it
                log.exception("The writer failed on %d messages", len(letters))
                self._suspect(letters)

    def _next_letters(self) -> list[Letter]:
        """What waits, up to one commit's worth; suspects of a failed commit come again, each alone."""
        if self._alone:
            return [self._alone.popleft()]
        letters: list[Letter] = []
        try:
            letter = self._inbox.get(timeout=ROSTER_LOOK_SECONDS)
            while letter is not None:
                letters.append(letter)
                if len(letters) == MOST_IN_ONE_COMMIT:
                    return letters
                letter = self._inbox.get_nowait()
        except queue.Empty:
            return letters
        self._ended = True
        return letters

    def _suspect(self, letters: list[Letter]) -> None:
        """One message among these cannot be dealt with: find it, keep it, and take the others."""
        if len(letters) != 1:
            self._alone.extend(letters)
            return
        try:
            with self._database.writing() as connection:
                self._mail_room.set_aside(connection, *letters[0])
        except StorageError as error:
            self._trouble(str(error))
        except Exception:  # we stand in an except clause of the thread's outermost loop: nothing may leave
            log.exception("A message could not even be set aside; it is dropped unanswered and its box sends it again")

    def take(self, letters: Iterable[Letter]) -> None:
        """Store these messages in one transaction and answer them."""
        if self.health.trouble is not None and not self._healed():
            return
        outcome = Outcome()
        try:
            with self._database.writing() as connection:
                for topic, payload in letters:
                    outcome.add(self._mail_room.take(connection, topic, payload))
        except StorageError as error:
            self._trouble(str(error))
            return
        self.health.stored_at = self._clock.now()
        self._send(outcome)

    def look_for_rosters(self) -> None:
        """Send what was imported since the last look to the boxes that were heard lately."""
        if self.health.trouble is not None and not self._healed():
            return
        outcome = Outcome()
        now = self._clock.now()
        try:
            with self._database.reading() as connection:
                mark = roster_register.import_mark(connection)
            if mark == self._import_mark:
                return
            with self._database.writing() as connection:
                outcome.letters = self._mail_room.roster_post.letters_for_all(connection, now - HEARD_LATELY, now)
        except StorageError as error:
            self._trouble(str(error))
            return
        self._import_mark = mark
        self._send(outcome)

    def _look_for_commands_in_time(self) -> None:
        """Somebody waits at a page: looked for about once a second, also while boxes talk without a pause."""
        now = self._clock.monotonic_ms()
        if now - self._looked_for_commands_ms >= COMMAND_LOOK_MS:
            self._looked_for_commands_ms = now
            self.look_for_commands()

    def look_for_commands(self) -> None:
        """Send what was ordered or planned since the last look; a box that is away gets it with its next hello."""
        if self.health.trouble is not None:
            return
        try:
            now = self._clock.now()
            with self._database.reading() as connection:
                letters, mark = command_post.letters_after(connection, self._command_mark, now)
                since = room_plans.newest_version(connection) if self._plan_mark is None else self._plan_mark
                plans, changed = self._mail_room.plan_post.letters_after(connection, since, now - HEARD_LATELY, now)
        except StorageError as error:
            self._trouble(str(error))
            return
        self._command_mark, self._plan_mark = mark, changed
        self._send(Outcome(letters=letters + plans))

    def _send(self, outcome: Outcome) -> None:
        for topic, payload in outcome.letters:
            self._session.publish(topic, payload)
        for session_id, room_id in outcome.changed:
            self._live_feed.room_changed(session_id, room_id)

    def _trouble(self, sentence: str) -> None:
        if self.health.trouble is None:
            log.error("Central stores nothing and gives no receipts: %s", sentence)
            self.health.since = self._clock.now()
        self.health.trouble = sentence

    def _healed(self) -> bool:
        """Look at the store again after a failure; only a whole store is written to."""
        try:
            self._database.reopen()
        except StorageError as error:
            self.health.trouble = str(error)
            return False
        log.info("Central stores again")
        self.health.trouble, self.health.since = None, None
        return True
