"""What boxes say on their telemetry lane, from a message to what is stored and to the mark that answers it.

Go-back-N: of a batch only what continues the box's mark is taken, repeats are passed over, and the answer says how far
central holds. A box is believed about the devices of its own room, as the registers know them. Runs inside the writer's
transaction. Not here: threads, commits and sending (`writer`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, assert_never

import msgspec
from sqlalchemy import Connection

from central.measuring.believable import UnbelievableRowError, instant_ms, raw_readings, read_row, readings_json
from central.measuring.departed import end_alerts_of_departed
from central.measuring.harvest import Harvest, HourSum
from central.measuring.known_places import KnownPlaces
from central.measuring.marks import Mark, Marks
from central.measuring.put_rows import PutRows
from central.measuring.row_limits import (
    ALERTS_AN_HOUR,
    RAW_AN_HOUR,
    ROWS_AN_HOUR,
    ROWS_AT_ONCE,
    Budget,
    MetricNames,
)
from central.measuring.use_tally import Said, UseTally
from models.clock import Clock, to_unix_ms
from models.errors import BadInputError
from models.identifiers import BoxId
from models.messages import Hello, decode
from models.telemetry import (
    Alert,
    AlertKind,
    CommandRow,
    DeviceWord,
    Found,
    Gap,
    MinuteValues,
    RawValues,
    Row,
    TelemetryBatch,
    TelemetryMark,
    decode_row,
    unpack_batch,
)
from models.wire.topics import TopicError, UpLane, UpTopic, parse_up_topic, shard_of

Letter = tuple[str, bytes]
Answers = dict[BoxId, TelemetryMark]
"""The mark for each box that is to be told; sent after the commit."""

FURTHEST: Final = 1 << 62
"""No box counts so far."""

MOST_TOPICS: Final = 50_000
_MINUTE_MS: Final = 60_000


@dataclass(slots=True)
class IntakeCounts:
    """What was taken and passed over since the start; nobody is answered for `strangers`."""

    rows: int = 0
    repeated: int = 0
    out_of_order: int = 0
    unreadable: int = 0
    foreign: int = 0
    strangers: int = 0


class _Taken(msgspec.Struct, frozen=True):
    """A row that continues its box's mark, read, but for those whose mark is all that moves."""

    box_id: BoxId
    room_id: str
    row: Row
    mark: Mark


class Intake:
    """Takes messages of boxes, inside one transaction each time. Used by the writer's thread alone."""

    def __init__(self, *, places: KnownPlaces, clock: Clock, shards: int) -> None:
        self.counts = IntakeCounts()
        self._places = places
        self._clock = clock
        self._shards = shards
        self._marks = Marks()
        self._tally = UseTally()
        self._put = PutRows()
        self._rows = Budget(clock, an_hour=ROWS_AN_HOUR, most=ROWS_AT_ONCE)
        self._alerts = Budget(clock, an_hour=ALERTS_AN_HOUR, most=ALERTS_AN_HOUR)
        self._raw = Budget(clock, an_hour=RAW_AN_HOUR, most=RAW_AN_HOUR)
        self._names = MetricNames(clock)
        self._topics: dict[str, UpTopic | None] = {}

    def forget(self) -> None:
        """The transaction failed: what is remembered is read from the store again."""
        self._marks.forget()
        self._tally.forget()
        self._rows.undo()
        self._alerts.undo()
        self._raw.undo()

    def take(self, connection: Connection, letters: Iterable[Letter]) -> Answers:
        """Store these messages and say what is to be answered. Raises what the database raises."""
        self._rows.keep()
        self._alerts.keep()
        self._raw.keep()
        answers: Answers = {}
        taken: list[_Taken] = []
        for topic, payload in letters:
            place = self._place_of(topic)
            room_id = None if place is None else self._places.room_of_box(place.box_id)
            if place is None or room_id is None:
                self.counts.strangers += 1
            elif place.lane is UpLane.TELEMETRY:
                self._take_batch(connection, place.box_id, room_id, payload, taken, answers)
            elif place.lane is UpLane.HELLO:
                self._greet(connection, place.box_id, payload, answers)
        self._store(connection, taken)
        return answers

    def pass_over(self, connection: Connection, letter: Letter) -> Answers:
        """One message on which the store or we ourselves fail: its rows count as unreadable and hold up no other."""
        topic, payload = letter
        answers: Answers = {}
        place = self._place_of(topic)
        if place is None or place.lane is not UpLane.TELEMETRY or self._places.room_of_box(place.box_id) is None:
            return answers
        mark = self._marks.of(connection, place.box_id)
        try:
            batch = unpack_batch(payload)
        except BadInputError:
            return answers
        fresh = self._continuation(place.box_id, mark, batch)
        self._unreadable(place.box_id, mark, len(fresh))
        answers[place.box_id] = TelemetryMark(session=batch.session, epoch=mark.epoch, held=mark.held)
        self._marks.store(connection, to_unix_ms(self._clock.now()), self._put)
        return answers

    def _place_of(self, topic: str) -> UpTopic | None:
        """The topic's box and lane; None for what is none of ours or stands in another shard than the box's own."""
        if topic in self._topics:
            return self._topics[topic]
        try:
            place: UpTopic | None = parse_up_topic(topic)
        except TopicError:
            place = None
        if place is not None and place.shard != shard_of(place.box_id, self._shards):
            place = None
        if len(self._topics) < MOST_TOPICS:
            self._topics[topic] = place
        return place

    def _greet(self, connection: Connection, box_id: BoxId, payload: bytes, answers: Answers) -> None:
        try:
            hello = decode(payload, Hello)
        except BadInputError:
            return  # the exam ingest reads the same greeting and keeps what it cannot read
        if hello.telemetry is None:
            return
        mark = self._marks.of(connection, box_id)
        if hello.telemetry.epoch > mark.epoch:
            answers[box_id] = TelemetryMark(session=hello.session, epoch=hello.telemetry.epoch, held=0)
        else:
            answers[box_id] = TelemetryMark(session=hello.session, epoch=mark.epoch, held=mark.held)

    def _take_batch(
        self,
        connection: Connection,
        box_id: BoxId,
        room_id: str,
        payload: bytes,
        taken: list[_Taken],
        answers: Answers,
    ) -> None:
        mark = self._marks.of(connection, box_id)
        try:
            batch = unpack_batch(payload)
        except BadInputError:
            self._unreadable(box_id, mark, 1)
            return
        fresh = self._continuation(box_id, mark, batch)
        allowed = self._rows.spend(box_id, len(fresh))
        if allowed < len(fresh):
            self._unreadable(box_id, mark, len(fresh) - allowed)
        for raw in fresh[:allowed]:
            try:
                row = read_row(raw)
            except BadInputError:
                self._unreadable(box_id, mark, 1)
            else:
                taken.append(_Taken(box_id, room_id, row, mark))
        held = mark.held if mark.epoch >= batch.epoch else 0
        epoch = max(mark.epoch, batch.epoch)
        answers[box_id] = TelemetryMark(session=batch.session, epoch=epoch, held=held)

    def _continuation(self, box_id: BoxId, mark: Mark, batch: TelemetryBatch) -> tuple[msgspec.Raw, ...]:
        """The batch's rows that continue the mark, which moves behind them."""
        rows, last = batch.rows, batch.base + len(batch.rows) - 1
        held = mark.held if batch.epoch == mark.epoch else 0
        if batch.epoch < mark.epoch or last <= held or not 1 <= batch.base <= FURTHEST or not rows:
            self.counts.repeated += len(rows)
            return ()
        if batch.base > held + 1 and batch.base > held + 1 + _told_missing(rows[0]):
            self.counts.out_of_order += len(rows)
            return ()
        mark.epoch, mark.held = batch.epoch, last
        self._marks.touch(box_id)
        fresh = rows[max(0, held + 1 - batch.base) :]
        self.counts.repeated += len(rows) - len(fresh)
        return fresh

    def _store(self, connection: Connection, taken: list[_Taken]) -> None:
        now_ms = to_unix_ms(self._clock.now())
        self._places.look_for({one.row.device for one in taken if not isinstance(one.row, Found | Gap)})
        self._tally.recall(connection, {one.row.device for one in taken if isinstance(one.row, DeviceWord)})
        if self._places.devices_changed:
            end_alerts_of_departed(connection, self._places, self._put, now_ms)
        harvest = Harvest()
        for one in taken:
            try:
                self._reap(harvest, one, now_ms)
            except BadInputError:
                self._unreadable(one.box_id, one.mark, 1)
        self.counts.rows += len(taken)
        harvest.store(connection, self._put)
        self._marks.store(connection, now_ms, self._put)

    def _reap(self, harvest: Harvest, taken: _Taken, now_ms: int) -> None:
        row, box_id, room_id = taken.row, taken.box_id, taken.room_id
        match row:
            case DeviceWord():
                self._reap_word(harvest, taken, row, now_ms)
            case MinuteValues():
                if self._kind_here(taken, row.device) is not None:
                    self._reap_minute(harvest, row, now_ms)
            case RawValues():
                self._reap_raw(harvest, taken, row, now_ms)
            case Alert():
                self._reap_alert(harvest, taken, row, now_ms)
            case CommandRow():
                if self._kind_here(taken, row.device) is not None:
                    harvest.commands.append((
                        row.command_id, row.device, room_id, row.name.value, row.argument, row.asked.value, row.by,
                        instant_ms(row.asked_at, now_ms), row.outcome.value, instant_ms(row.finished_at, now_ms),
                        row.sentence,
                    ))  # fmt: skip
            case Found():
                harvest.found[box_id, row.where] = (
                    box_id, row.where, room_id, row.what, row.confidence, row.maker, row.model, row.serial,
                    row.firmware, row.link, instant_ms(row.at, now_ms),
                )  # fmt: skip
            case Gap():
                self._reap_gap(harvest, taken, row, now_ms)
            case _:
                assert_never(row)

    def _reap_word(self, harvest: Harvest, taken: _Taken, word: DeviceWord, now_ms: int) -> None:
        kind = self._kind_here(taken, word.device)
        if kind is None:
            return
        device_id, room_id, box_id = word.device, taken.room_id, taken.box_id
        at = instant_ms(word.at, now_ms)
        heard = None if word.heard_at is None else instant_ms(word.heard_at, now_ms)
        readings = readings_json(word.values)
        faults = msgspec.json.encode(word.faults).decode() if word.faults else "[]"
        reach = word.reach.value
        harvest.words.append((device_id, at, word.online, reach, word.in_use, faults, readings))
        said = Said(at_ms=at, box_id=box_id, online=word.online, in_use=word.in_use, faults=word.faults)
        if self._tally.count(harvest, device_id, room_id, kind, said):
            harvest.latest[device_id] = (
                device_id, room_id, box_id, at, heard, word.online, reach, word.in_use, faults, word.firmware, readings,
            )  # fmt: skip

    def _reap_alert(self, harvest: Harvest, taken: _Taken, row: Alert, now_ms: int) -> None:
        began = instant_ms(row.began_at, now_ms)
        ended = None if row.ended_at is None else max(began, instant_ms(row.ended_at, now_ms))
        home = self._places.home_of(row.device)
        elsewhere = row.device != taken.box_id and (home is None or home.room_id != taken.room_id)
        if elsewhere and ended is not None:
            harvest.alert_ends.append((ended, row.alert_id, taken.box_id))
        elif row.device == taken.box_id or self._kind_here(taken, row.device) is not None:
            self._allow_alert(taken.box_id, "began" if ended is None else "ended")
            harvest.alerts.append((
                row.alert_id, row.device, taken.room_id, taken.box_id, row.kind.value, began, ended, row.value,
                row.sentence, None, None, None, "",
            ))  # fmt: skip

    def _reap_minute(self, harvest: Harvest, row: MinuteValues, now_ms: int) -> None:
        if not self._names.allows(row.device, row.metric):
            raise UnbelievableRowError("A device says too many names of metrics in a day.")
        minute = instant_ms(row.minute, now_ms) // _MINUTE_MS
        harvest.minutes.append((
            row.device, row.metric, minute, row.count, row.lowest, row.highest, row.mean, row.last, row.doubtful,
            row.unit, row.integrity.value,
        ))  # fmt: skip
        if row.count:
            sums = HourSum(row.count, row.lowest, row.highest, row.mean * row.count, row.unit)
            harvest.add_minute(row.device, row.metric, minute, sums)

    def _reap_raw(self, harvest: Harvest, taken: _Taken, row: RawValues, now_ms: int) -> None:
        if self._kind_here(taken, row.device) is None:
            return
        if not all(self._names.allows(row.device, one.metric) for one in row.values):
            raise UnbelievableRowError("A device says too many names of metrics in a day.")
        newest, readings = raw_readings(row, now_ms)
        if not self._raw.spend(taken.box_id, 1):
            raise UnbelievableRowError("A box tells more raw readings than anybody can ask for.")
        harvest.raw.append((row.device, newest, row.left_out, readings))

    def _reap_gap(self, harvest: Harvest, taken: _Taken, row: Gap, now_ms: int) -> None:
        """Staff see it as an alert of the box that is over: what was lost then does not come again."""
        since = instant_ms(row.since, now_ms)
        until = max(since, instant_ms(row.until, now_ms))
        count = min(row.count, 2**31 - 1)
        self._allow_alert(taken.box_id, "ended")
        harvest.gaps.append((taken.box_id, count, since, until))
        harvest.alerts.append((
            f"gap-{taken.box_id}-{since}", taken.box_id, taken.room_id, taken.box_id, AlertKind.ROWS_LOST.value, since,
            until, float(count), "The box dropped rows because its space ran out.", None, None, None, "",
        ))  # fmt: skip

    def _allow_alert(self, box_id: BoxId, what: str) -> None:
        if not self._alerts.spend((box_id, what), 1):
            raise UnbelievableRowError("A box tells too many alerts in an hour.")

    def _kind_here(self, taken: _Taken, device_id: str) -> str | None:
        """The device's kind if it belongs to the box's room; else the row is counted and not stored."""
        home = self._places.home_of(device_id)
        if home is not None and home.room_id == taken.room_id:
            return home.kind
        taken.mark.foreign += 1
        self.counts.foreign += 1
        return None

    def _unreadable(self, box_id: BoxId, mark: Mark, count: int) -> None:
        mark.unreadable += count
        self.counts.unreadable += count
        self._marks.touch(box_id)


def _told_missing(first: msgspec.Raw) -> int:
    """How many rows before this one the box says it dropped: a batch may then continue the mark behind them."""
    try:
        row = decode_row(first)
    except BadInputError:
        return 0
    return row.count if isinstance(row, Gap) else 0
