"""Listens to the authority: which boxes there are, what it did, how it is; and tells it the exams' days.

One thread of its own. When the authority does not answer, the pages say since when and nothing else suffers: boxes are
heard, exams go on. Not here: what people ask of the authority (`central.http`).
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from central.authority_office import AuthorityOffice
from central.database import Database
from central.live_feed import LiveFeed
from central.news_post import NewsPost
from central.registers import audit_log, box_records, box_register, deliveries, quarantine, roster_register
from models.clock import Clock
from models.enrollment import BoxState, ExamWindow
from models.errors import StorageError
from models.fleet import AuditEntry, AuthorityStatus, BoxRecord, Errand, ExamWindowsRequest
from models.identifiers import BoxId, RoomId
from models.wire.authority_line import AuthorityUnreachableError, RefusedByAuthorityError
from models.wire.topics import UpLane

log = logging.getLogger(__name__)

HearAgain = Callable[[str, bytes], None]
"""Takes a topic and a payload as if they came over the broker now."""

LOOK_SECONDS: Final = 1.0
WAIT_AFTER_FAILURE_SECONDS: Final = 5.0
ASK_MORE_EVERY: Final = timedelta(seconds=10)
MOST_SITTINGS: Final = 2000
TOO_EARLY: Final = timedelta(minutes=1)
LONGEST_EXAM: Final = timedelta(days=30)


@dataclass(slots=True)
class AuthorityHealth:
    """How the authority is heard, for the pages. Written by the post's thread only."""

    silent_since: datetime | None = None
    trouble: str = ""
    status: AuthorityStatus | None = None
    status_at: datetime | None = None


class AuthorityPost:
    """`start` listens until `stop`. `look` is one round of it."""

    def __init__(
        self,
        *,
        office: AuthorityOffice,
        database: Database,
        live_feed: LiveFeed,
        news: NewsPost,
        clock: Clock,
        hear_again: HearAgain,
        health: AuthorityHealth | None = None,
    ) -> None:
        self.health = health or AuthorityHealth()
        self._office = office
        self._database = database
        self._live_feed = live_feed
        self._news = news
        self._clock = clock
        self._hear_again = hear_again
        self._told: ExamWindowsRequest | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="authority")

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Finish this round."""
        self._ended.set()
        self._thread.join()

    def _listen(self) -> None:
        wait = 0.0
        while not self._ended.wait(wait):
            wait = LOOK_SECONDS
            try:
                self.look()
            except Exception:  # the outermost loop of this thread: what is not foreseen must not end it
                log.exception("Listening to the authority failed")
                self._note_silence("Central failed while listening to the authority; see its log.")
            if self.health.silent_since is not None:
                wait = WAIT_AFTER_FAILURE_SECONDS

    def look(self) -> None:
        """Ask once and store what is new. A failure is noted in `health`."""
        try:
            self._take_boxes()
            asked_at = self.health.status_at
            if asked_at is None or self._clock.now() - asked_at >= ASK_MORE_EVERY or self._was_silent():
                self._take_audit()
                self._tell_exams()
                self.health.status, self.health.status_at = self._office.status(), self._clock.now()
        except (AuthorityUnreachableError, RefusedByAuthorityError, StorageError) as error:
            self._note_silence(str(error))
            return
        if self._was_silent():
            log.info("The authority answers again")
        self.health.silent_since, self.health.trouble = None, ""

    def _was_silent(self) -> bool:
        return self.health.silent_since is not None

    def _note_silence(self, sentence: str) -> None:
        if self.health.silent_since is None:
            log.error("Nothing is heard of the authority: %s", sentence)
            self.health.silent_since = self._clock.now()
        self.health.trouble = sentence

    def _take_boxes(self) -> None:
        with self._database.reading() as connection:
            known = box_records.mark(connection, box_records.LAST_CHANGE)
        while True:
            heard = self._office.boxes_after(known)
            if not heard.boxes:
                return
            with self._database.writing() as connection:
                neighbours = [one for record in heard.boxes for one in self._enter(connection, record)]
                early = [one for record in heard.boxes if (one := self._said_too_early(connection, record)) is not None]
                known = heard.boxes[-1].change
                box_records.set_mark(connection, box_records.LAST_CHANGE, known)
            for topic, payload in early:
                self._hear_again(topic, payload)
            self._news.tell(dict.fromkeys(neighbours), "revocation")
            for room_id in {record.room_id for record in heard.boxes}:
                self._live_feed.room_changed(None, room_id)
            if known >= heard.last:
                return

    def _enter(self, connection: Connection, record: BoxRecord) -> list[BoxId]:
        """Store one record; the boxes that must hear of it soon."""
        before = box_records.find(connection, record.box_id)
        box_records.put(connection, record)
        now = self._clock.now()
        if record.chain_key is not None and (before is None or _place(before) != _place(record)):
            box_register.register_box(connection, record.box_id, record.room_id, record.chain_key, now)
        if box_records.is_live(record):
            deliveries.note_certified(connection, record.room_id, record.box_id, record.certified_at or now)
        if record.state is not BoxState.REVOKED or (before is not None and before.state is BoxState.REVOKED):
            return []
        box_register.note_revoked(connection, record.box_id, record.revoked_at or now)
        return box_records.live_in_school(connection, record.school_id)

    def _said_too_early(self, connection: Connection, record: BoxRecord) -> tuple[str, bytes] | None:
        """The greeting of a box that was quicker than our round; else its row would stay grey for a minute."""
        certified_at = record.certified_at
        if not box_records.is_live(record) or certified_at is None or self._clock.now() - certified_at > TOO_EARLY:
            return None
        box = box_register.find_box(connection, record.box_id)
        if box is None or box.last_word_at is not None:
            return None
        end = f"/{record.box_id}/{UpLane.HELLO}"
        return quarantine.said_too_early(connection, end, self._clock.now() - TOO_EARLY)

    def _take_audit(self) -> None:
        with self._database.reading() as connection:
            known = box_records.mark(connection, box_records.LAST_AUDIT)
        while True:
            heard = self._office.audit_after(known)
            if not heard.entries:
                return
            with self._database.writing() as connection:
                for entry in heard.entries:
                    _copy(connection, entry)
                known = heard.entries[-1].number
                box_records.set_mark(connection, box_records.LAST_AUDIT, known)
            if known >= heard.last:
                return

    def _tell_exams(self) -> None:
        """What the roster says of exams, when it is not what the authority was told since our start."""
        with self._database.reading() as connection:
            wanted = exam_windows(connection, self._clock.now())
        if wanted == self._told:
            return
        self._office.set_exam_windows(wanted)
        changed = _rooms_that_differ(self._told, wanted)
        self._told = wanted
        with self._database.reading() as connection:
            self._news.tell(box_records.live_in_rooms(connection, changed), "exam windows")


def exam_windows(connection: Connection, now: datetime) -> ExamWindowsRequest:
    """Each exam that has a sitting to come or running: from its first sitting to its last, and its rooms."""
    times: dict[str, list[datetime]] = defaultdict(list)
    rooms: dict[str, set[RoomId]] = defaultdict(set)
    sittings = roster_register.list_sittings(connection, now - LONGEST_EXAM, MOST_SITTINGS)
    not_over = {sitting.exam_id for sitting in sittings if sitting.ends_at > now}
    for sitting in sittings:
        if sitting.exam_id not in not_over:
            continue
        times[sitting.exam_id] += (sitting.starts_at, sitting.ends_at)
        rooms[sitting.exam_id] |= {room.room_id for room in roster_register.list_rooms(connection, sitting.session_id)}
    return ExamWindowsRequest(
        errand=Errand(actor="central", reason="the exams' sittings as imported"),
        windows=tuple(
            ExamWindow(exam_id=exam_id, starts_at=min(both), ends_at=max(both)) for exam_id, both in times.items()
        ),
        rooms={exam_id: tuple(sorted(found)) for exam_id, found in rooms.items()},
    )


def _rooms_that_differ(before: ExamWindowsRequest | None, after: ExamWindowsRequest) -> list[RoomId]:
    """The rooms of every exam that is new, over, or otherwise than before."""
    one, other = _by_exam(before), _by_exam(after)
    differing = [exam for exam in {*one, *other} if one.get(exam) != other.get(exam)]
    return sorted({room for exam in differing for side in (one, other) if exam in side for room in side[exam][1]})


def _by_exam(request: ExamWindowsRequest | None) -> dict[str, tuple[ExamWindow, tuple[RoomId, ...]]]:
    windows: Iterable[ExamWindow] = () if request is None else request.windows
    return {one.exam_id: (one, request.rooms.get(one.exam_id, ()) if request else ()) for one in windows}


def _place(record: BoxRecord) -> tuple[RoomId, bytes | None]:
    return record.room_id, record.chain_key


def _copy(connection: Connection, entry: AuditEntry) -> None:
    """The authority's row in our log, with its own number and time."""
    audit_log.write(
        connection,
        at=entry.at,
        actor=entry.actor,
        action=f"authority: {entry.action}",
        subject=entry.subject,
        reason=entry.reason,
        authority_number=entry.number,
        said=entry.details,
    )
