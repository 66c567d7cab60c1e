"""The watch over the box's card readers: what comes and goes, and the reading of the card that lies there.

It owns its waiting loop. A reading runs on a worker thread of its own that is abandoned when the reader hangs or the
card goes; a late answer of an abandoned worker is never taken for the next card's.
Not here: PC/SC (`pcsc_card_reader`), the conversation (`read_identity_card`), what to do with it (the exam desk).
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edge.cards.access_key import AccessKey, WrongKeyError
from edge.cards.active_authentication import Challenge
from edge.cards.card_reader import (
    CardReader,
    CardReadError,
    CardReaders,
    CardRemovedError,
    ReaderLostError,
    ReaderState,
)
from edge.cards.read_identity_card import CardReading, ReadPolicy, ReadStep, read_identity_card
from edge.cards.read_sizes import ReadSizes
from edge.cards.trouble import trouble_of
from models.chip.tlv import ParseError
from models.clock import Clock
from models.evidence import CardTrouble

_logger = logging.getLogger(__name__)
_LONGEST_WAIT_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderReady:
    """A reader is attached and may be used."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderGone:
    """A reader was unplugged, or the service behind it stopped."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLaid:
    """A card was laid on a reader. `atr` is empty when the card is mute."""

    reader: str
    atr: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTaken:
    """The card left the reader."""

    reader: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingAdvanced:
    """The reading got further."""

    step: ReadStep


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRead:
    """The card was read to the end."""

    reading: CardReading


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNotRead:
    """The card was not read. `detail` is an English sentence without personal values."""

    trouble: CardTrouble
    detail: str


Notice = ReaderReady | ReaderGone | CardLaid | CardTaken | ReadingAdvanced | CardRead | CardNotRead


class _Job:
    """One reading under way: on which reader, and since when the reader owes an answer."""

    def __init__(self, number: int, reader: str, clock: Clock) -> None:
        self.number = number
        self.reader = reader
        self.owed_since_ms = clock.monotonic_ms()
        self._clock = clock

    def beat(self) -> None:
        """Start counting anew."""
        self.owed_since_ms = self._clock.monotonic_ms()


class _WatchedReader:
    """Tells the job when each exchange begins and ends."""

    def __init__(self, reader: CardReader, job: _Job) -> None:
        self._reader = reader
        self._job = job

    def transmit(self, command: bytes) -> bytes:
        self._job.beat()
        answer = self._reader.transmit(command)
        self._job.beat()
        return answer


class CardWatch:
    """Watches `readers` and says what happens by calling `notice`, from its own threads, one call at a time.

    `challenges` gives those for active authentication (None: the box's own), from any thread.
    `read_sizes` remembers where extended length works (None: short form always).
    `notice` must be quick (put it into a queue). Every `read` is answered by exactly one `CardRead` or `CardNotRead`.
    """

    def __init__(
        self,
        readers: CardReaders,
        policy: ReadPolicy,
        notice: Callable[[Notice], None],
        clock: Clock,
        challenges: Callable[[], Challenge] | None = None,
        read_sizes: ReadSizes | None = None,
    ) -> None:
        self._readers = readers
        self._policy = policy
        self._notice = notice
        self._clock = clock
        self._challenges = challenges
        self._read_sizes = read_sizes
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._states: dict[str, ReaderState] = {}
        self._laid: list[str] = []
        self._job: _Job | None = None
        self._jobs = 0
        self._service_away = False

    def start(self) -> None:
        """Begin to watch. Cards that lie there already are reported as laid."""
        self._thread = threading.Thread(target=self._run, name="card-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; a reading under way is given up without a notice."""
        self._stopping.set()
        with self._lock:
            self._job = None
        self._readers.interrupt()
        if self._thread is not None:
            self._thread.join(timeout=5.0)

    def read(self, key: AccessKey, *, policy: ReadPolicy | None = None) -> None:
        """Read the card that was laid down last, by `policy` or the watch's own; returns at once.

        During a reading another call changes nothing.
        """
        with self._lock:
            if self._job is not None:
                return
            if not self._laid:
                self._notice(CardNotRead(trouble=CardTrouble.REMOVED, detail="No card lies on a reader."))
                return
            self._jobs += 1
            job = self._job = _Job(self._jobs, self._laid[-1], self._clock)
        # A daemon, because a hung reader must not keep the program from ending.
        threading.Thread(
            target=self._work, args=(job, key, policy or self._policy), name=f"card-reading-{job.number}", daemon=True
        ).start()

    def _run(self) -> None:
        wait_seconds = min(_LONGEST_WAIT_SECONDS, self._policy.hung_after_seconds / 4)
        while not self._stopping.is_set():
            try:
                self._see(self._wait(wait_seconds))
                self._give_up_if_hung()
            except Exception:  # the outermost loop: a fault here must not end the watch
                _logger.exception("The card watch met a fault and goes on.")
                self._stopping.wait(_LONGEST_WAIT_SECONDS)

    def _wait(self, seconds: float) -> Sequence[ReaderState]:
        try:
            states = self._readers.wait(seconds)
        except ReaderLostError as error:
            if not self._service_away:
                _logger.warning("%s", error)
            self._service_away = True
            self._stopping.wait(seconds)
            return ()
        if self._service_away:
            _logger.info("The PC/SC service is back.")
        self._service_away = False
        return states

    def _see(self, states: Sequence[ReaderState]) -> None:
        with self._lock:
            if self._stopping.is_set():
                return
            now = {state.name: state for state in states}
            for name in [name for name in self._states if name not in now]:
                self._card_left(name, CardTrouble.READER_LOST, "The card reader went away during the reading.")
                self._notice(ReaderGone(name=name))
            for state in states:
                before = self._states.get(state.name)
                if before is None:
                    self._notice(ReaderReady(name=state.name))
                self._see_card(before, state)
            self._states = now

    def _see_card(self, before: ReaderState | None, now: ReaderState) -> None:
        lay = before is not None and before.atr is not None
        if lay and (now.atr is None or before is None or before.change != now.change):
            self._card_left(now.name, CardTrouble.REMOVED, "The card was taken away during the reading.")
            lay = False
        if not lay and now.atr is not None:
            self._laid.append(now.name)
            self._notice(CardLaid(reader=now.name, atr=now.atr))

    def _card_left(self, name: str, trouble: CardTrouble, detail: str) -> None:
        if self._job is not None and self._job.reader == name:
            self._job = None
            self._notice(CardNotRead(trouble=trouble, detail=detail))
        if name in self._laid:
            self._laid.remove(name)
            self._notice(CardTaken(reader=name))

    def _give_up_if_hung(self) -> None:
        with self._lock:
            job = self._job
            if job is None:
                return
            owed_ms = self._clock.monotonic_ms() - job.owed_since_ms
            if owed_ms < self._policy.hung_after_seconds * 1000:
                return
            self._job = None
            _logger.warning(
                "The reader %s has not answered for %d ms; reading %d is given up.", job.reader, owed_ms, job.number
            )
            detail = "The reader has not answered for too long. Take the card off and lay it down again."
            self._notice(CardNotRead(trouble=CardTrouble.READER_HUNG, detail=detail))

    def _work(self, job: _Job, key: AccessKey, policy: ReadPolicy) -> None:
        outcome: CardRead | CardNotRead
        try:
            outcome = CardRead(reading=self._read_at_size(job, key, policy))
        except (CardReadError, ParseError) as error:
            outcome = CardNotRead(trouble=trouble_of(error), detail=str(error))
        except Exception:  # the outermost frame of this thread: the desk must hear of it
            _logger.exception("A fault in the program ended reading %d.", job.number)
            detail = "A fault in the program ended the reading; the log says which."
            outcome = CardNotRead(trouble=CardTrouble.UNREADABLE, detail=detail)
        with self._lock:
            if self._job is job:
                self._job = None
                self._notice(outcome)

    def _read_at_size(self, job: _Job, key: AccessKey, policy: ReadPolicy) -> CardReading:
        """In extended form where that is known to work or not yet known; once more in short form where it fails."""
        sizes, atr = self._read_sizes, self._atr_on(job.reader)
        size = sizes.begin(job.reader, atr) if sizes is not None and policy.read_size is None and atr else None
        if sizes is None or size is None:
            return self._read(job, key, policy)
        try:
            reading = self._read(job, key, replace(policy, read_size=size))
        except (CardRemovedError, ReaderLostError, WrongKeyError):
            sizes.untold(job.reader, atr)
            raise
        except (CardReadError, ParseError):
            sizes.failed(job.reader, atr)
            _logger.info("Extended length fails on %s with this kind of card; short form is used.", job.reader)
            return self._read(job, key, policy)
        sizes.worked(job.reader, atr, size)
        return reading

    def _atr_on(self, reader: str) -> bytes:
        with self._lock:
            state = self._states.get(reader)
            return (state.atr if state is not None else None) or b""

    def _read(self, job: _Job, key: AccessKey, policy: ReadPolicy) -> CardReading:
        def advance(step: ReadStep) -> None:
            with self._lock:
                if self._job is job:
                    self._notice(ReadingAdvanced(step=step))

        connected = self._readers.connect(job.reader)
        try:
            watched = _WatchedReader(connected, job)
            return read_identity_card(watched, key, policy, advance, clock=self._clock, challenges=self._challenges)
        finally:
            job.beat()
            connected.disconnect()
