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

import msgspec
from sqlalchemy import Connection

from central.authority_office import AuthorityOffice
from central.box_removal import removal_of
from central.database import Database
from central.live_feed import LiveFeed
from central.news_post import NewsPost
from central.registers import audit_log, box_records, box_register, deliveries, quarantine, roster_register
from central.registers.roster_register import Sitting
from models.clock import SCHOOL_ZONE, Clock
from models.enrollment import BoxState, ExamWindow
from models.errors import StorageError
from models.fleet import RESTORED, AuditEntry, AuthorityStatus, BoxRecord, Errand, ExamWindowsRequest, RevocationRequest
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
LONGEST_GAP: Final = timedelta(days=7)
FORGETFUL: Final = (
    "The authority knows less than it told central before: its register was lost or exchanged."
    " Put its backup back with `authority restore`."
)
RESTORED_ERRAND: Final = Errand(actor="central", reason="taken out before the authority's backup was put back")


@dataclass(slots=True)
class AuthorityHealth:
    """How the authority is heard, for the pages. Written by the post's thread only."""

    silent_since: datetime | None = None
    trouble: str = ""
    """What is wrong: why nothing is heard, or what the authority answers and should not. For people, English."""
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
        self._is_sure = False
        self._asked_more_at: datetime | None = None
        self._troubles: dict[str, str] = {}
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
            self._attempt("boxes", self._take_boxes)
            asked_at = self._asked_more_at
            if asked_at is None or self._clock.now() - asked_at >= ASK_MORE_EVERY or self._was_silent():
                self._attempt("deeds", self._take_audit)
                self._attempt("exams", self._tell_exams)
                self._attempt("status", self._take_status)
                self._asked_more_at = self._clock.now()
        except (AuthorityUnreachableError, StorageError) as error:
            self._note_silence(str(error))
            return
        if self._was_silent():
            log.info("The authority answers again")
        self.health.silent_since, self.health.trouble = None, " ".join(filter(None, self._troubles.values()))

    def _attempt(self, name: str, deed: Callable[[], str]) -> None:
        """A refusal is a trouble of this deed, not silence: the others go on."""
        before = self._troubles.get(name, "")
        try:
            self._troubles[name] = deed()
        except RefusedByAuthorityError as error:
            self._troubles[name] = str(error)
        if self._troubles[name] not in ("", before):
            log.error("The authority and central do not agree: %s", self._troubles[name])

    def _was_silent(self) -> bool:
        return self.health.silent_since is not None

    def _note_silence(self, sentence: str) -> None:
        if self.health.silent_since is None:
            log.error("Nothing is heard of the authority: %s", sentence)
            self.health.silent_since = self._clock.now()
        self._is_sure = False
        self.health.trouble = sentence

    def _take_boxes(self) -> str:
        with self._database.reading() as connection:
            known = box_records.mark(connection, box_records.LAST_CHANGE)
        while True:
            heard = self._office.boxes_after(known)
            if heard.last < known:
                return FORGETFUL
            if not heard.boxes:
                return ""
            self._take_out_forgotten(heard.boxes)
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
                return ""

    def _take_out_forgotten(self, heard: Iterable[BoxRecord]) -> None:
        """Nothing comes back to life: of what we know as revoked the authority is told again."""
        with self._database.reading() as connection:
            forgotten = [before for record in heard if (before := _forgotten(connection, record)) is not None]
        self._take_out_again(forgotten)

    def _take_out_again(self, records: Iterable[BoxRecord]) -> None:
        for record in records:
            with self._database.reading() as connection:
                removal = removal_of(connection, record, RESTORED_ERRAND)

            def ask(removal: RevocationRequest = removal) -> str:
                self._office.revoke(removal)
                return ""

            self._attempt(f"{record.box_id} taken out", ask)

    def _enter(self, connection: Connection, record: BoxRecord) -> list[BoxId]:
        """Store one record; the boxes that must hear of it soon."""
        before = box_records.find(connection, record.box_id)
        if before is not None and _forgotten(connection, record) is not None:
            box_records.put(connection, msgspec.structs.replace(before, change=record.change))
            return []
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

    def _take_audit(self) -> str:
        with self._database.reading() as connection:
            known = box_records.mark(connection, box_records.LAST_AUDIT)
        while True:
            heard = self._office.audit_after(known)
            if heard.last < known:
                return FORGETFUL
            if not heard.entries:
                return ""
            if any(entry.action == RESTORED for entry in heard.entries):
                self._is_sure = False
                with self._database.reading() as connection:
                    everything = box_records.list_all(connection, None)
                self._take_out_again(record for record in everything if record.state is BoxState.REVOKED)
            with self._database.writing() as connection:
                for entry in heard.entries:
                    _copy(connection, entry)
                known = heard.entries[-1].number
                box_records.set_mark(connection, box_records.LAST_AUDIT, known)
            if known >= heard.last:
                return ""

    def _take_status(self) -> str:
        self.health.status, self.health.status_at = self._office.status(), self._clock.now()
        return ""

    def _tell_exams(self) -> str:
        """What the roster says of exams, when it is not what the authority was surely told; which of them cannot be.

        After a silence nothing is sure: it may have been restored meanwhile.
        """
        with self._database.reading() as connection:
            wanted = exam_windows(connection, self._clock.now())
        if wanted == self._told and self._is_sure:
            return self._troubles.get("exams", "")
        refused = self._office.set_exam_windows(wanted).refused
        self._is_sure = True
        changed = _rooms_that_differ(self._told, wanted)
        self._told = wanted
        with self._database.reading() as connection:
            self._news.tell(box_records.live_in_rooms(connection, changed), "exam windows")
        return " ".join(f"{exam_id}: {refusal.sentence}" for exam_id, refusal in sorted(refused.items()))


def exam_windows(connection: Connection, now: datetime) -> ExamWindowsRequest:
    """Each run of an exam's sittings that is not over: from the first sitting to the last, and its rooms.

    A sitting more than `LONGEST_GAP` after the one before, or too late for one window, begins a new run. A run's name
    is the exam's with the day of its first sitting, so that it stays the same while other runs come and go.
    """
    by_exam: dict[str, list[Sitting]] = defaultdict(list)
    for sitting in roster_register.list_sittings(connection, now - LONGEST_EXAM, MOST_SITTINGS):
        by_exam[sitting.exam_id].append(sitting)
    windows: list[ExamWindow] = []
    rooms: dict[str, tuple[RoomId, ...]] = {}
    for exam_id, sittings in by_exam.items():
        for run in _runs(sittings):
            starts_at, ends_at = run[0].starts_at, max(sitting.ends_at for sitting in run)
            if ends_at <= now:
                continue
            name = f"{exam_id} {starts_at.astimezone(SCHOOL_ZONE):%Y-%m-%d}"
            windows.append(ExamWindow(exam_id=name, starts_at=starts_at, ends_at=ends_at))
            taking_part = {
                room.room_id for one in run for room in roster_register.list_rooms(connection, one.session_id)
            }
            rooms[name] = tuple(sorted(taking_part))
    return ExamWindowsRequest(
        errand=Errand(actor="central", reason="the exams' sittings as imported"), windows=tuple(windows), rooms=rooms
    )


def _runs(sittings: Iterable[Sitting]) -> list[list[Sitting]]:
    """Sittings in order of their start, cut where nobody sits for long, and where a run would be too long."""
    runs: list[list[Sitting]] = []
    for sitting in sittings:
        run = runs[-1] if runs else []
        near = bool(run) and sitting.starts_at - max(one.ends_at for one in run) <= LONGEST_GAP
        if near and sitting.ends_at - run[0].starts_at <= LONGEST_EXAM:
            run.append(sitting)
        else:
            runs.append([sitting])
    return runs


def _forgotten(connection: Connection, record: BoxRecord) -> BoxRecord | None:
    """What we know of a box that is revoked and of which the authority says that it is not."""
    before = box_records.find(connection, record.box_id)
    revoked = before is not None and before.state is BoxState.REVOKED
    return before if revoked and record.state is not BoxState.REVOKED else None


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
