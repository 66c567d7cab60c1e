"""The telemetry lane of the talk with central: rows up in batches, central's mark down (go-back-N).

Nothing travels before central has answered with a mark, so that one who knows no such lane costs a small batch a few
times an hour. After an outage the newest comes first, what lies behind it follows at a bounded rate. One thread at a
time. Not here: the exam's events, which always go first (`central_conversation`), the rows (`telemetry_store`).
"""

from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from edge.telemetry_store import TelemetryStore
from edge.telemetry_tables import StoredRow
from models.clock import Clock
from models.messages import MessageShapeError, TelemetryHead
from models.telemetry import LARGEST_BATCH_BYTES, TelemetryBatch, TelemetryMark, pack_batch
from models.wire.broker_session import PublishOutcome

MOST_ROWS_AT_ONCE: Final = 200
MOST_BYTES_IN_FLIGHT: Final = 256 * 1024
FIRST_STALL_MS: Final = 2_000
LONGEST_STALL_MS: Final = 30_000
STALLS_BEFORE_DOUBT: Final = 5
FIRST_KNOCK_MS: Final = 60_000
LONGEST_KNOCK_MS: Final = 15 * 60_000
KNOCK_ROWS: Final = 50
LONG_OUTAGE_MS: Final = 60_000
HISTORY_ROWS_PER_SECOND: Final = 50.0


class _Batch(msgspec.Struct, frozen=True):
    last: int
    size: int


class TelemetryConversation:
    """The box's side of the lane. `newest` is called after an outage: whoever knows the devices says anew how each is.

    `history_rate` bounds the rows a second of what happened before central came back.
    """

    def __init__(
        self,
        *,
        store: TelemetryStore,
        publish: Callable[[bytes], PublishOutcome],
        clock: Clock,
        newest: Callable[[], None] = lambda: None,
        history_rate: float = HISTORY_ROWS_PER_SECOND,
    ) -> None:
        self._store = store
        self._publish = publish
        self._clock = clock
        self._newest = newest
        self._history_rate = history_rate
        self._session = ""
        self._gone_since_ms: int | None = None
        self._marked: TelemetryMark | None = None
        self._highest: TelemetryMark | None = None
        self._live_after = 0
        self._allowance = 0.0
        self._allowed_at_ms = clock.monotonic_ms()
        self._sent_up_to = 0
        self._in_flight: deque[_Batch] = deque()
        self._moved_at_ms = 0
        self._stalls = 0
        self._knock_due_ms = 0
        self._knock_after_ms = FIRST_KNOCK_MS

    def head(self) -> TelemetryHead | None:
        """What hello says of this lane; None while the store fails."""
        life = self._store.head()
        return None if life is None else TelemetryHead(epoch=life[0], last=life[1])

    def connected(self, session: str) -> None:
        """A new connection: what was in flight may be lost, and central's mark is not known."""
        self._session = session
        self._marked = self._highest = None
        self._rewind()
        self._stalls = 0
        self._knock_due_ms = self._clock.monotonic_ms() + self._knock_after_ms

    def disconnected(self) -> None:
        """The connection is gone; rows wait."""
        self._session = ""
        if self._gone_since_ms is None:
            self._gone_since_ms = self._clock.monotonic_ms()

    def heard(self, mark: TelemetryMark) -> None:
        """Central holds everything up to the mark. One of an earlier connection says nothing."""
        life = self._store.head()
        if mark.session != self._session or not self._session or life is None:
            return
        first, self._marked = self._marked is None, mark
        if self._highest is None or (mark.epoch, mark.held) > (self._highest.epoch, self._highest.held):
            self._highest = mark
        self._knock_after_ms = FIRST_KNOCK_MS
        if first:
            self._meet(mark, life)
            self._greet()
        elif mark.epoch == life[0] and mark.held <= life[1]:
            self._move_to(mark.held)

    def send(self) -> None:
        """Sends one batch if one may travel now, so that an event of an exam never waits for more than that.

        The caller calls it twice a second, after every mark and commit, and only when no event waits to be sent.
        """
        if not self._session:
            return
        now = self._clock.monotonic_ms()
        if self._marked is None:
            self._knock(now)
            return
        if self._in_flight and now - self._moved_at_ms >= self._patience():
            self._stall(now)
        if self._room() > 0:
            rows = self._next_rows(now)
            if rows:
                self._send_batch(rows)

    def _meet(self, mark: TelemetryMark, life: tuple[int, int]) -> None:
        """Where central's record and ours do not meet, numbers begin anew: its first number must follow its mark."""
        epoch, numbered = life
        held = mark.held if mark.epoch == epoch else 0
        lowest = self._store.lowest()
        begins = numbered + 1 if lowest is None else lowest
        if mark.epoch > epoch or held > numbered or begins > held + 1:
            self._store.begin_epoch(mark.epoch)
            held = 0
        else:
            self._store.forget_up_to(held)
        self._rewind()

    def _greet(self) -> None:
        gone = self._gone_since_ms
        self._gone_since_ms = None
        if gone is None or self._clock.monotonic_ms() - gone >= LONG_OUTAGE_MS:
            self._live_after = self._store.last_position()
            self._newest()

    def _move_to(self, held: int) -> None:
        while self._in_flight and self._in_flight[0].last <= held:
            self._in_flight.popleft()
            self._moved_at_ms = self._clock.monotonic_ms()
            self._stalls = 0
        self._store.forget_up_to(held)
        self._sent_up_to = max(self._sent_up_to, held)

    def _stall(self, now: int) -> None:
        """Everything again from the oldest. Where every mark of the last stalls is too low, central has lost rows."""
        self._stalls += 1
        life = self._store.head()
        if self._stalls % STALLS_BEFORE_DOUBT == 0 and self._highest is not None and life is not None:
            self._meet(self._highest, life)
        if self._stalls % STALLS_BEFORE_DOUBT <= 1:
            self._highest = None
        self._rewind()
        self._moved_at_ms = now

    def _patience(self) -> int:
        return int(min(FIRST_STALL_MS * 2**self._stalls, LONGEST_STALL_MS))

    def _rewind(self) -> None:
        self._sent_up_to = 0
        self._in_flight.clear()

    def _room(self) -> int:
        if self._stalls:
            return 0 if self._in_flight else LARGEST_BATCH_BYTES
        return MOST_BYTES_IN_FLIGHT - sum(one.size for one in self._in_flight)

    def _next_rows(self, now: int) -> list[StoredRow]:
        rows = self._store.numbered_after(self._sent_up_to, MOST_ROWS_AT_ONCE)
        if not rows:
            passed, self._allowed_at_ms = now - self._allowed_at_ms, now
            most = max(1.0, self._history_rate)
            self._allowance = min(most, self._allowance + passed / 1000 * self._history_rate)
            history = min(int(self._allowance), MOST_ROWS_AT_ONCE)
            used = self._store.number_next(self._live_after, history, MOST_ROWS_AT_ONCE, LARGEST_BATCH_BYTES)
            self._allowance -= used
            rows = self._store.numbered_after(self._sent_up_to, MOST_ROWS_AT_ONCE)
        return _one_batch(rows)

    def _knock(self, now: int) -> None:
        """Central answered hello but not on this lane: a small batch now and then, ever more rarely."""
        if now < self._knock_due_ms:
            return
        self._knock_after_ms = min(2 * self._knock_after_ms, LONGEST_KNOCK_MS)
        self._knock_due_ms = now + self._knock_after_ms
        rows = self._store.numbered_after(0, KNOCK_ROWS)
        if not rows:
            self._store.number_next(0, KNOCK_ROWS, KNOCK_ROWS, LARGEST_BATCH_BYTES)
            rows = self._store.numbered_after(0, KNOCK_ROWS)
        if rows:
            self._publish_rows(_one_batch(rows))

    def _send_batch(self, rows: list[StoredRow]) -> None:
        if not self._publish_rows(rows):
            return
        if not self._in_flight:
            self._moved_at_ms = self._clock.monotonic_ms()
        self._sent_up_to = rows[-1].seq
        self._in_flight.append(_Batch(rows[-1].seq, sum(len(row.body) for row in rows)))

    def _publish_rows(self, rows: list[StoredRow]) -> bool:
        life = self._store.head()
        if life is None:
            return False
        batch = TelemetryBatch(
            session=self._session, epoch=life[0], base=rows[0].seq, rows=tuple(msgspec.Raw(row.body) for row in rows)
        )
        return self._publish(pack_batch(batch)) is PublishOutcome.HANDED_OVER


def decode_mark(payload: bytes) -> TelemetryMark:
    """Central's mark. Raises MessageShapeError, which repeats no value."""
    try:
        return msgspec.json.decode(payload, type=TelemetryMark)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        where = str(error).partition(" - at ")[2] or "its top"
        raise MessageShapeError(f"Not a TelemetryMark message, at {where}") from None


def _one_batch(rows: list[StoredRow]) -> list[StoredRow]:
    """As many of these as one batch holds; at least one."""
    room = LARGEST_BATCH_BYTES
    for place, row in enumerate(rows):
        room -= len(row.body) + 1
        if room < 0 and place:
            return rows[:place]
    return rows
